import type { JsonValue } from '../../shared/validation/json-value.ts';
import type { SuiteMatch } from '../../shared/validation/suite.ts';
import { didYouMean } from '../config/near-name.ts';
import type { Path } from '../config/problem.ts';
import { HTTP_FIELDS } from './assertion-problems.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';
import { runVariables, sideVariables, whereVariable } from './run-variables.ts';
import { stepId, writtenSteps } from './suite-of.ts';
import type { PlacedCheck } from './suite-of.ts';

/** A text of a check in which `${...}` stands for something, and what may stand there. */
type Template = {
  readonly path: Path;
  readonly text: string;
  /** Of what is sent: it may hold secrets. */
  readonly isSent?: boolean;
  /** Of what is asked about both versions: `${side.version}` is that of either. */
  readonly hasSides?: boolean;
  /** Steps whose answers are there by then, of all the steps of the check. */
  readonly steps?: { readonly before: readonly string[]; readonly all: readonly string[] };
};

/** Variables that are not there, and secrets where others would see them. */
export const templateProblems = (linted: LintedSuite): readonly LintProblem[] => {
  const secrets = linted.config === undefined ? undefined : Object.keys(linted.config.validation?.secrets ?? {});
  const known = { vars: Object.keys(linted.suite.vars), secrets, match: linted.suite.match };
  return [
    ...ownNames(linted),
    ...linted.checks.flatMap((check) => [
      ...stepNames(check, known.vars),
      ...templatesOf(check).flatMap((template) =>
        problemsOf(template, known).map((says) => ({
          path: template.path,
          says,
          dependsOn: [['match'], ['vars'], ...(template.steps === undefined ? [] : [['checks', check.index, 'http']])],
        })),
      ),
    ]),
  ];
};

type Known = {
  readonly vars: readonly string[];
  readonly secrets: readonly string[] | undefined;
  readonly match: SuiteMatch;
};

const REFERENCE = /\$\{([^{}]*)\}/g;

/** The names that a template uses. */
export const namesIn = (text: string): readonly string[] => [...text.matchAll(REFERENCE)].map(([, name = '']) => name);

const problemsOf = (template: Template, known: Known): readonly string[] => [
  ...new Set([
    ...(template.text.replaceAll(REFERENCE, '').includes('${') ? ['has a ${ that is not closed'] : []),
    ...namesIn(template.text).flatMap((name) => problemOf(name, template, known) ?? []),
  ]),
];

const problemOf = (
  name: string,
  { isSent, hasSides, steps }: Template,
  { vars, secrets, match }: Known,
): string | undefined => {
  if (name.startsWith('secret:')) {
    return secretProblem(name.slice('secret:'.length), isSent === true, secrets);
  }
  if (vars.includes(name)) {
    return undefined;
  }
  if (runVariables().includes(name)) {
    return whereVariable(name, match);
  }
  if (hasSides === true && sideVariables().includes(name)) {
    return whereVariable(name.replace('side', 'old'), match) ?? whereVariable(name.replace('side', 'new'), match);
  }
  const [step = '', field, ...rest] = name.split('.');
  if (steps?.all.includes(step) === true) {
    return steps.before.includes(step)
      ? answerProblem(name, step, field, rest)
      : `\${${name}} is not there yet: "${step}" is no earlier step`;
  }
  const near = didYouMean(name, [
    ...vars,
    ...runVariables(match.platform),
    ...(hasSides === true ? sideVariables() : []),
  ]);
  return `there is no \${${name}}${near}`;
};

/** Of an answer keys and places in lists are named, with dots between them. */
const answerProblem = (name: string, step: string, field = '', rest: readonly string[]): string | undefined => {
  if (!HTTP_FIELDS.includes(field)) {
    return `\${${name}} is no part of an answer, which has ${HTTP_FIELDS.join(', ')}${didYouMean(field, HTTP_FIELDS)}`;
  }
  return rest.includes('') ? `\${${name}} has a dot too many: \${${step}.body.items.0.id}` : undefined;
};

const secretProblem = (name: string, isSent: boolean, secrets: readonly string[] | undefined): string | undefined => {
  if (!isSent) {
    return `\${secret:${name}} has no place here: secrets go into headers, bodies, payloads and inputs`;
  }
  return secrets === undefined || secrets.includes(name)
    ? undefined
    : `\${secret:${name}} is not named under validation.secrets of gatehouse.yml${didYouMean(name, secrets)}`;
};

/** Variables of the suite's own that would hide others, or that are templates themselves. */
const ownNames = ({ suite }: LintedSuite): readonly LintProblem[] =>
  Object.entries(suite.vars).flatMap(([name, value]): readonly LintProblem[] => [
    ...(runVariables().includes(name)
      ? [{ path: ['vars', name], says: 'is there in every run: take another name' }]
      : []),
    ...(value.includes('${') ? [{ path: ['vars', name], says: 'holds ${, and is no template' }] : []),
  ]);

const headsOf = (names: readonly string[]): readonly string[] => names.map((name) => name.split('.', 1)[0] ?? '');

const stepNames = ({ index, written }: PlacedCheck, vars: readonly string[]): readonly LintProblem[] => {
  const ids = writtenSteps(written.http ?? {}).map(stepId);
  const taken = headsOf([...vars, ...runVariables()]);
  return ids.flatMap((id, place): readonly LintProblem[] => {
    const path = ['checks', index, 'http', 'steps', place, 'id'];
    const first = ids.indexOf(id);
    return [
      ...(first === place ? [] : [{ path, says: `is already what steps[${first}] is called` }]),
      ...(taken.includes(id) ? [{ path, says: `\${${id}...} is something else already: take another name` }] : []),
    ];
  });
};

const templatesOf = ({ index, written, check }: PlacedCheck): readonly Template[] => {
  const path = ['checks', index];
  const { invoke, alarms, metric, compare, logs, targetHealth, lambda, approval, http } = written;
  const steps = writtenSteps(http ?? {});
  const all = steps.map(stepId);
  const texts = (value: JsonValue | undefined, place: Path): readonly Template[] =>
    stringsIn(value, [...path, ...place]);
  const ofSides = (value: JsonValue | undefined, place: Path): readonly Template[] =>
    texts(value, place).map((one) => ({ ...one, hasSides: true }));
  const sent = (value: JsonValue | undefined, place: Path): readonly Template[] =>
    texts(value, place).map((one) => ({ ...one, isSent: true }));
  return [
    ...texts(invoke?.qualifier, ['invoke', 'qualifier']),
    ...sent(invoke?.payload, ['invoke', 'payload']),
    ...(invoke?.payloadFrom !== undefined && check.probe.kind === 'invoke'
      ? sent(check.probe.payload, []).map((one) => ({ ...one, path: [...path, 'invoke', 'payloadFrom'] }))
      : []),
    ...texts(alarms?.names, ['alarms', 'names']),
    ...texts(metric?.namespace, ['metric', 'namespace']),
    ...texts(metric?.metric, ['metric', 'metric']),
    ...texts(metric?.dimensions, ['metric', 'dimensions']),
    ...(['bad', 'all', 'series'] as const).flatMap((key) =>
      (['namespace', 'metric'] as const).flatMap((part) => ofSides(compare?.[key]?.[part], ['compare', key, part])),
    ),
    ...ofSides(compare?.dimensions, ['compare', 'dimensions']),
    ...texts(logs?.group, ['logs', 'group']),
    ...texts(logs?.streamPrefix, ['logs', 'streamPrefix']),
    ...texts(targetHealth?.targetGroup, ['targetHealth', 'targetGroup']),
    ...sent(lambda?.input, ['lambda', 'input']),
    ...texts(approval?.says, ['approval', 'says']),
    ...steps.flatMap((step, place) => {
      const under = http?.steps === undefined ? ['http'] : ['http', 'steps', place];
      return [
        ...texts(step.url, [...under, 'url']),
        ...sent(step.headers, [...under, 'headers']),
        ...sent(step.json, [...under, 'json']),
        ...sent(step.text, [...under, 'text']),
      ].map((one) => ({ ...one, steps: { before: all.slice(0, place), all } }));
    }),
    ...(written.expect ?? []).flatMap(({ op, value }, place) =>
      // What a regular expression may hold is told with it.
      op === 'matches'
        ? []
        : texts(value, ['expect', place, 'value']).map((one) => ({ ...one, steps: { before: all, all } })),
    ),
  ];
};

const stringsIn = (value: JsonValue | undefined, path: Path): readonly Template[] => {
  if (typeof value === 'string') {
    return [{ path, text: value }];
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, one]: [string, JsonValue]) =>
        stringsIn(one, [...path, Array.isArray(value) ? Number(key) : key]),
      )
    : [];
};
