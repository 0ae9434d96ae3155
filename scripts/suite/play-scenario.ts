import { beginRun } from '../../shared/validation/begin.ts';
import type { Conclusion, Effect, Input, Run, Sample } from '../../shared/validation/run.ts';
import type { Check, Suite } from '../../shared/validation/suite.ts';
import { tick } from '../../shared/validation/tick.ts';
import type { Finding, Scenario } from './scenario.ts';

/** What happened when: `at` is milliseconds from the begin. */
export type Moment = { readonly at: number; readonly says: string };

export type Played = { readonly run: Run; readonly timeline: readonly Moment[] };

type Probe = Extract<Effect, { readonly kind: 'probe' }>;

const PASSES: Finding = { outcome: 'pass', takesMs: 100 };

/** Nothing is left to chance: reports are told in the middle of the time they may be. */
const EVEN = 0.5;

/** Plays a scenario against a suite in virtual time, with the same engine that runs where it is deployed. */
export const playScenario = (suite: Suite, scenario: Scenario): Played => {
  const timeline: Moment[] = [];
  const told = new Set<string>();
  const tell = (at: number, says: string): void => {
    timeline.push({ at, says });
  };
  const tellOnce = (at: number, says: string): void => {
    if (!told.has(says)) {
      told.add(says);
      tell(at, says);
    }
  };

  let run = beginRun({
    platform: suite.match.platform ?? 'codedeploy-lambda',
    rollout: {
      source: 'codedeploy',
      partition: 'aws',
      account: '111122223333',
      region: 'eu-west-1',
      application: 'simulated',
      group: 'simulated',
      executionId: 'd-SIMULATED',
    },
    call: { kind: 'codedeploy-hook', hookExecutionId: 'simulated' },
    ...(scenario.hook !== undefined && { hook: scenario.hook }),
    suite,
    allowances: Object.fromEntries(scenario.allow.map((allowance) => [allowance, allowance])),
    variables: {},
    isRollback: scenario.isRollback,
    waitsUntil: suite.budget.totalMs + suite.budget.reserveMs,
    now: 0,
  });
  tell(0, `${suite.name} begins; it is decided by ${clockOf(run.deadline)} at the latest`);

  const crashes = [...scenario.crashes].sort((a, b) => a.at - b.at);
  /** Samples that will come back, and when. */
  const underWay = new Map<string, { readonly at: number; readonly input: Input }>();
  const taken = suite.checks.map(() => 0);
  const asked = new Set<number | undefined>();
  let worker = 1;
  let now = 0;
  let inputs: readonly Input[] = [];

  for (;;) {
    const [crash] = crashes;
    if (crash !== undefined && crash.at <= now) {
      crashes.shift();
      underWay.clear();
      worker += 1;
      tell(crash.at, `the worker is gone, with what it had under way; the next comes after ${clockOf(crash.lastsMs)}`);
      now = Math.max(now, crash.at + crash.lastsMs);
      inputs = [];
      continue;
    }
    const before = run;
    const ticked = tick(run, { now, by: `worker-${worker}`, random: () => EVEN }, inputs);
    run = ticked.run;
    changesOf(suite, before, run).forEach((says) => {
      tell(now, says);
    });
    const next: Input[] = [];
    for (const effect of ticked.effects) {
      switch (effect.kind) {
        case 'probe': {
          if (!underWay.has(effect.id)) {
            const finding = findingAt(suite, scenario, effect.check, now, taken[effect.check] ?? 0);
            taken[effect.check] = (taken[effect.check] ?? 0) + 1;
            underWay.set(effect.id, comingBack(effect, finding, now));
          }
          break;
        }
        case 'ask':
          asked.add(effect.check);
          tellOnce(now, `people are asked, until ${clockOf(effect.until)}: ${effect.says}`);
          next.push(...answersTo(suite, scenario, effect.check, now, run));
          break;
        case 'report':
          tell(now, toldIn(run.platform, effect.action));
          next.push({ kind: 'reported', as: 'done' });
          break;
      }
    }
    if (ticked.wakeAt === undefined) {
      return { run, timeline };
    }
    if (next.length > 0) {
      inputs = next;
      continue;
    }
    const moments = [
      ticked.wakeAt,
      ...[...underWay.values()].map(({ at }) => at),
      ...scenario.answers.filter(({ at, check }) => at > now && asked.has(placeOf(suite, check))).map(({ at }) => at),
      ...crashes.slice(0, 1).map(({ at }) => at),
    ];
    now = Math.max(now, Math.min(...moments));
    const back = [...underWay].filter(([, { at }]) => at <= now);
    back.forEach(([id]) => underWay.delete(id));
    inputs = back.map(([, { input }]) => input);
  }
};

/** What the platform of a suite hears. */
const toldIn = (platform: Run['platform'], action: Conclusion['action']): string => {
  const isGoing = action === 'continue';
  switch (platform) {
    case 'ecs-native':
      return `ECS is answered: ${isGoing ? 'SUCCEEDED' : 'FAILED'}`;
    case 'codepipeline':
      return `CodePipeline is told: ${isGoing ? 'success' : 'failure'}`;
    case 'codedeploy-lambda':
    case 'codedeploy-ecs':
    case 'unknown':
      return `CodeDeploy is told: ${isGoing ? 'Succeeded' : 'Failed'}`;
  }
};

const placeOf = (suite: Suite, name: string | undefined): number | undefined =>
  name === undefined ? undefined : suite.checks.findIndex((check) => check.name === name);

/** What a check finds now: what holds from a time on that has come, otherwise the next of the others, the last for ever. */
const findingAt = (suite: Suite, { checks }: Scenario, place: number, now: number, taken: number): Finding => {
  const findings = checks[suite.checks[place]?.name ?? ''] ?? [];
  const timed = findings.filter(({ at }) => at !== undefined && at <= now).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  const others = findings.filter(({ at }) => at === undefined);
  return timed.at(-1) ?? others[taken] ?? others.at(-1) ?? PASSES;
};

const comingBack = ({ check, id, timeoutMs }: Probe, finding: Finding, now: number) => {
  const sample = sampleOf(finding, timeoutMs, now);
  const redNow = sample.outcome === 'error' ? undefined : [];
  return {
    at: now + sample.tookMs,
    input: { kind: 'sampled', check, id, sample, ...(redNow !== undefined && { redNow }) } as const,
  };
};

/** What takes too long is broken off. */
const sampleOf = ({ outcome, takesMs, at, ...found }: Finding, timeoutMs: number, now: number): Sample =>
  outcome === 'hang' || takesMs >= timeoutMs
    ? { at: now, tookMs: timeoutMs, outcome: 'error', says: `nothing came back within ${timeoutMs / 1000} s` }
    : { at: now, tookMs: takesMs, outcome, ...found, says: found.says ?? saysOf(outcome, found) };

const saysOf = (outcome: string, { value, expected }: Pick<Finding, 'value' | 'expected'>): string =>
  [value ?? outcome, ...(expected === undefined ? [] : [`expected ${expected}`])].join(', ');

/** What has been said by now and is not on record yet. */
const answersTo = (
  suite: Suite,
  { answers }: Scenario,
  place: number | undefined,
  now: number,
  run: Run,
): readonly Input[] => {
  const isKnown = (place === undefined ? run.answer : run.checks[place]?.answer) !== undefined;
  const answer = answers.find(({ at, check }) => at <= now && placeOf(suite, check) === place);
  if (answer === undefined || isKnown) {
    return [];
  }
  const { at, by, verdict } = answer;
  const says = `${by}: ${verdict}`;
  return [{ kind: 'answered', ...(place !== undefined && { check: place }), answer: { verdict, says, at } }];
};

/** What is new since the look before, in the order in which it came about. */
const changesOf = (suite: Suite, before: Run, { checks, state }: Run): readonly string[] => [
  ...suite.checks.flatMap((check, place) => [
    ...newSamples(check, before.checks[place]?.samples ?? [], checks[place]?.samples ?? []),
    ...(before.checks[place]?.end?.as === checks[place]?.end?.as
      ? []
      : [`${check.name} ${WORDS[checks[place]?.end?.as ?? 'canceled']}`]),
  ]),
  ...('conclusion' in before.state || !('conclusion' in state) ? [] : [decisionOf(state.conclusion)]),
];

const newSamples = ({ name, sample: { count } }: Check, before: readonly Sample[], after: readonly Sample[]) =>
  after.slice(before.length).map((sample, index) => {
    const number = after.slice(0, before.length + index + 1).filter(({ outcome }) => outcome !== 'error').length;
    const place = number > count ? 'watched' : `${number} of ${count}`;
    const which = sample.outcome === 'error' ? 'error' : `${place}, ${sample.outcome}`;
    return `${name}: ${which}: ${sample.says}`;
  });

const WORDS = {
  pass: 'has passed',
  fail: 'has failed',
  inconclusive: 'could not be judged',
  error: 'could not be run',
  skipped: 'is skipped',
  canceled: 'is canceled',
} as const;

const decisionOf = ({ action, says }: Conclusion): string =>
  `decided to ${action === 'continue' ? 'go on' : 'roll back'}: ${says}`;

/** Milliseconds as minutes and seconds: `09:30`. */
export const clockOf = (ms: number): string => {
  const seconds = Math.floor(ms / 1000);
  return [Math.floor(seconds / 60), seconds % 60].map((part) => String(part).padStart(2, '0')).join(':');
};
