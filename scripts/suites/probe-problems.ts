import type { HttpPolicy } from '../../shared/config/config.ts';
import { judgeUrl } from '../../shared/probe/url-policy.ts';
import { matchesGlob } from '../../shared/routing/glob.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { backwardTimes } from '../config/calendar-yml.ts';
import type { Path } from '../config/problem.ts';
import { compareProblems } from './compare-problems.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';
import { runVariables, whereVariable } from './run-variables.ts';
import { writtenSteps } from './suite-of.ts';
import type { PlacedCheck, WrittenStep } from './suite-of.ts';
import { namesIn } from './template-problems.ts';
import { lastSampleAt, spell } from './time-problems.ts';

/** What a check must not do, or could not. */
export const probeProblems = ({ suite, checks, config }: LintedSuite): readonly LintProblem[] =>
  checks.flatMap((check) => {
    const path = ['checks', check.index];
    switch (check.check.probe.kind) {
      case 'invoke':
        return invokeProblems(check, suite, [...path, 'invoke']);
      case 'http':
        return httpProblems(check, suite.vars, config && (config.validation?.http ?? NOWHERE), [...path, 'http']);
      case 'metric':
        return metricProblems(check, suite, [...path, 'metric']);
      case 'compare':
        return compareProblems(check, suite, [...path, 'compare']);
      case 'logs':
        return logsProblems(check, suite, [...path, 'logs']);
      case 'calendar':
        return calendarProblems(check, [...path, 'calendar']);
      case 'targetHealth':
      case 'alarms':
      case 'lambda':
      case 'approval':
        return [];
    }
  });

/** Without a word in `gatehouse.yml` nothing is reached. */
const NOWHERE: HttpPolicy = { hosts: [], privateHosts: [], ports: [] };

type Vars = Readonly<Record<string, string>>;

/** The text with the suite's own variables in it; what only a run knows stays. */
export const withVars = (text: string, vars: Vars): string =>
  text.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) =>
    Object.hasOwn(vars, name) ? (vars[name] ?? whole) : whole,
  );

const VERSIONS: readonly string[] = ['${new.version}', '${old.version}'];

const invokeProblems = (
  { written: { invoke }, check }: PlacedCheck,
  { vars, match }: Suite,
  path: Path,
): readonly LintProblem[] => {
  const qualifiers = invoke?.qualifier ?? [];
  const noVersion = qualifiers.length > 0 ? undefined : whereVariable('new.version', match);
  return [
    ...(noVersion === undefined ? [] : [{ path, says: noVersion, dependsOn: [['match']] }]),
    ...(invoke?.payload !== undefined && invoke.payloadFrom !== undefined
      ? [{ path: [...path, 'payloadFrom'], says: 'stands beside "payload": one of them' }]
      : []),
    ...qualifiers.flatMap((written, place): readonly LintProblem[] => {
      const says = qualifierProblem(withVars(written, vars));
      return says === undefined ? [] : [{ path: [...path, 'qualifier', place], says, dependsOn: [['vars']] }];
    }),
    ...(qualifiers.length > 1 && new Set(qualifiers).size === 1
      ? [{ path: [...path, 'qualifier'], says: 'compares a version with itself' }]
      : []),
    ...(invoke?.ignore !== undefined && qualifiers.length < 2
      ? [{ path: [...path, 'ignore'], says: 'has no meaning: one version is compared with none' }]
      : []),
    ...(check.probe.kind === 'invoke' && check.probe.function.includes('*') && /^[*?]+$/.test(check.probe.function)
      ? [
          {
            path: [...path, 'function'],
            says: 'would let suites invoke every function of the account: name the functions, such as orders-*',
          },
        ]
      : []),
  ];
};

/** An alias leads to the old version, the new one or both, as traffic moves. */
const qualifierProblem = (qualifier: string): string | undefined => {
  if (VERSIONS.includes(qualifier) || /^[1-9]\d{0,17}$/.test(qualifier)) {
    return undefined;
  }
  return qualifier === '$LATEST'
    ? '$LATEST is no version, and nobody deploys it: ${new.version}'
    : /^[\w-]+$/.test(qualifier)
      ? 'is an alias, which may lead to the old version: ${new.version} or ${old.version}'
      : 'is no version: ${new.version}, ${old.version} or a number';
};

const httpProblems = (
  { written: { http = {} } }: PlacedCheck,
  vars: Vars,
  policy: HttpPolicy | undefined,
  path: Path,
): readonly LintProblem[] => {
  const { steps, ...only } = http;
  if (steps === undefined && only.url === undefined) {
    return [{ path, says: 'goes nowhere: add url, or steps' }];
  }
  return [
    ...(steps === undefined
      ? []
      : Object.keys(only).map((key) => ({
          path: [...path, key],
          says: 'stands beside "steps": it belongs into a step',
        }))),
    ...writtenSteps(http).flatMap((step, place) => {
      const under = steps === undefined ? path : [...path, 'steps', place];
      return [...bodyProblems(step, under), ...urlProblems(step.url, vars, policy, [...under, 'url'])];
    }),
  ];
};

const bodyProblems = ({ method = 'GET', json, text }: WrittenStep, path: Path): readonly LintProblem[] => {
  const key = json === undefined ? 'text' : 'json';
  return [
    ...(json !== undefined && text !== undefined
      ? [{ path: [...path, 'text'], says: 'stands beside "json": a request has one body' }]
      : []),
    ...((json !== undefined || text !== undefined) && ['GET', 'HEAD'].includes(method)
      ? [
          {
            path: [...path, key],
            says: `is not sent with ${method}: say which method`,
            dependsOn: [[...path, 'method']],
          },
        ]
      : []),
  ];
};

/** Scheme, what names the host, and the rest, of which templates may be a part. */
const URL_PARTS = /^(https?):\/\/((?:\$\{[^}]*\}|[^/?#\\])*)((?:[/?#].*)?)$/s;

const urlProblems = (url: string, vars: Vars, policy: HttpPolicy | undefined, path: Path): readonly LintProblem[] => {
  const says = urlProblem(withVars(url, vars), policy);
  return says === undefined ? [] : [{ path, says, dependsOn: [['vars']] }];
};

const urlProblem = (url: string, policy: HttpPolicy | undefined): string | undefined => {
  const [, scheme, authority = ''] = URL_PARTS.exec(url) ?? [];
  if (scheme === undefined) {
    return 'is no address of the web: it begins with http:// or https://, and then a host';
  }
  if (/\s|\p{Cc}/u.test(url.replaceAll(/\$\{[^}]*\}/g, ''))) {
    return 'holds a space or a control character: write %20';
  }
  if (authority.includes('@')) {
    return 'names a user: send what a header needs, as ${secret:name}';
  }
  const names = namesIn(authority);
  const foreign = names.find((name) => !runVariables().includes(name));
  if (foreign !== undefined) {
    return `goes to a host that \${${foreign}} says: a suite says where it goes, in letters or by a variable`;
  }
  return names.length > 0 ? undefined : (hostProblem(scheme, authority, policy) ?? refusalAtRun(url, policy));
};

/** What would be refused when the suite runs, whatever its templates come to: by the very rules that count then. */
const refusalAtRun = (url: string, policy: HttpPolicy | undefined): string | undefined => {
  const judged = policy && judgeUrl(url.replaceAll(/\$\{[^}]*\}/g, 'x'), { policy });
  return judged?.kind === 'refused' ? judged.says : undefined;
};

const hostProblem = (scheme: string, authority: string, policy: HttpPolicy | undefined): string | undefined => {
  const url = URL.parse(`${scheme}://${authority}/`);
  if (url === null) {
    return 'names no host';
  }
  const written = authority.replace(/:\d*$/, '').toLowerCase();
  if (written !== url.hostname) {
    return `names a host that would be read as ${url.hostname}: write that`;
  }
  if (url.hostname.endsWith('.')) {
    return 'names a host that ends with a dot: write it without';
  }
  if (policy === undefined) {
    return undefined;
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (!policy.hosts.some((glob) => matchesGlob(glob, host))) {
    return `goes to ${host}, which no entry of validation.http.hosts of gatehouse.yml allows`;
  }
  return ['', '80', '443'].includes(url.port) || policy.ports.includes(Number(url.port))
    ? undefined
    : `goes to port ${url.port}, which validation.http.ports of gatehouse.yml does not name`;
};

const logsProblems = ({ check: { probe } }: PlacedCheck, { vars }: Suite, path: Path): readonly LintProblem[] =>
  probe.kind !== 'logs'
    ? []
    : [
        ...(/^\/?[\w.#-]/.test(withVars(probe.group, vars))
          ? []
          : [
              {
                path: [...path, 'group'],
                says: 'begins with what only a run knows: it would let suites read every log of the account',
                dependsOn: [['vars']],
              },
            ]),
        ...(probe.pattern.includes('${')
          ? [{ path: [...path, 'pattern'], says: 'may hold no variable: it would be read as a part of the pattern' }]
          : []),
      ];

const calendarProblems = ({ check: { probe } }: PlacedCheck, path: Path): readonly LintProblem[] => {
  if (probe.kind !== 'calendar') {
    return [];
  }
  return [
    ...(probe.hours.length + probe.freeze.length + probe.ssm.length === 0
      ? [{ path, says: 'would always be open: add hours, freeze or ssm' }]
      : []),
    ...backwardTimes(probe, path),
  ];
};

const metricProblems = ({ check, index }: PlacedCheck, suite: Suite, path: Path): readonly LintProblem[] => {
  const { probe } = check;
  if (probe.kind !== 'metric') {
    return [];
  }
  const periodMs = probe.periodSeconds * 1_000;
  const most = Math.floor(probe.windowMs / periodMs);
  const dependsOn = [
    [...path, 'window'],
    [...path, 'period'],
  ];
  if (most === 0) {
    return [{ path: [...path, 'window'], says: 'is shorter than the period: it would hold no data point', dependsOn }];
  }
  if (probe.minDataPoints > most) {
    return [{ path: [...path, 'minDataPoints'], says: `could never be reached: the window holds ${most}`, dependsOn }];
  }
  // What lies before the hook is no fault of the deployment, and CloudWatch is asked for whole periods only.
  const last = lastSampleAt(suite, check);
  return Math.floor(last / periodMs) < probe.minDataPoints
    ? [
        {
          path,
          says: `could never have data: its last sample is taken ${spell(last)} after the hook has begun, and needs ${spell(periodMs * probe.minDataPoints)} of it: give it sample.warmup`,
          dependsOn: [
            ...dependsOn,
            [...path, 'minDataPoints'],
            ['checks', index, 'sample'],
            ['checks', index, 'needs'],
          ],
        },
      ]
    : [];
};
