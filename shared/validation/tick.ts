import { conclude } from './conclude.ts';
import { heldTo } from './held-to.ts';
import { comesAgain } from './run-call.ts';
import type { CheckState, Effect, Input, Look, Run, RunState, Sample, SuiteVerdict, Ticked, Why } from './run.ts';
import type { Check, Suite } from './suite.ts';
import { counts, judge, suiteVerdict } from './verdict.ts';

/** An error is tried again so soon, whatever the interval. */
const AGAIN_MS = 10_000;

/** Whoever takes a sample is waited for so long beyond its timeout. */
const GRACE_MS = 5_000;

/** With less left than this nobody is asked. */
const LEAST_TO_ASK_MS = 5 * 60_000;

/** Opening an approval may be lost with whoever was to do it: so often it is said again. */
const ASK_AGAIN_MS = 60_000;

/** With less left than this no sample is begun. */
const LEAST_TO_SAMPLE_MS = 1_000;

const FIRST_REPORT_MS = 1_000;
const LONGEST_REPORT_MS = 30_000;

/** It may have been told, and its answer lost: so long after it has given up the platform still says that it was. */
const AFTERWARDS_MS = 5 * 60_000;

/** A check as it counts here, with where it stands. */
type Pair = { readonly check: Check; readonly state: CheckState; readonly index: number };

/**
 * Looks at a run: takes in what has happened, judges, and says what is to be done and when it is to be looked at again.
 * A run that is as it was before is returned itself. What has happened may be told again and in any order, and any number
 * may look at one run at once.
 */
export const tick = (run: Run, look: Look, inputs: readonly Input[]): Ticked => {
  const told = inputs.reduce((before, input) => absorb(before, input, look.now), run);
  const judged = progress(expire(told, look.now), look.now);
  switch (judged.state.kind) {
    case 'running':
    case 'asking':
      return sampling(judged, look);
    case 'decided':
      return reporting(judged, judged.state, look);
    case 'reported':
    case 'moot':
    case 'overtaken':
      return { run: judged, effects: [] };
  }
};

type Decided = Extract<RunState, { readonly kind: 'decided' }>;

const absorb = (run: Run, input: Input, now: number): Run => {
  const { state } = run;
  switch (input.kind) {
    case 'sampled':
      return isUndecided(run) ? sampled(run, input, now) : run;
    case 'answered':
      return isUndecided(run) && input.answer.at < run.deadline ? answered(run, input) : run;
    case 'reported':
      return state.kind === 'decided'
        ? { ...run, state: { kind: 'reported', conclusion: state.conclusion, at: now } }
        : run;
    case 'refused':
      return ended(run, 'moot', input.says, now);
    case 'overtaken':
      return isUndecided(run) ? ended(run, 'overtaken', input.says, now) : run;
    case 'report-failed':
      return run;
  }
};

const isUndecided = ({ state }: Run): boolean => state.kind === 'running' || state.kind === 'asking';

const sampled = (run: Run, input: Extract<Input, { readonly kind: 'sampled' }>, now: number): Run =>
  changed(run, ({ check, state, index }) => {
    if (index !== input.check) {
      return state;
    }
    if (state.inFlight?.id === input.id) {
      return withSample({ check, state }, input.sample, input.redNow, now);
    }
    const place = state.samples.findIndex(({ lost }) => lost === input.id);
    return place === -1 ? state : { ...state, samples: state.samples.with(place, input.sample) };
  });

const answered = (run: Run, { check: place, answer }: Extract<Input, { readonly kind: 'answered' }>): Run => {
  if (place === undefined) {
    return run.state.kind === 'asking' && run.answer === undefined ? { ...run, answer } : run;
  }
  return changed(run, ({ check, state, index }) =>
    index === place && check.probe.kind === 'approval' && state.end === undefined && state.answer === undefined
      ? { ...state, answer }
      : state,
  );
};

/** Ends a run that nobody waits for any more. */
const ended = (run: Run, kind: 'moot' | 'overtaken', says: string, now: number): Run => {
  const { state } = run;
  switch (state.kind) {
    case 'running':
    case 'asking': {
      const { state: last, ...rest } = decided(run, { kind: 'deadline', verdict: standing(run) }, now);
      return { ...rest, state: { kind, conclusion: last.conclusion, says, at: now } };
    }
    case 'decided':
      return { ...run, state: { kind, conclusion: state.conclusion, says, at: now } };
    case 'reported':
    case 'moot':
    case 'overtaken':
      return run;
  }
};

/** Gives up waiting for samples that nobody has come back with. */
const expire = (run: Run, now: number): Run =>
  isUndecided(run)
    ? changed(run, (pair) => {
        const { inFlight } = pair.state;
        return inFlight === undefined || now < inFlight.until
          ? pair.state
          : withSample(pair, lostSample(inFlight, now), undefined, now);
      })
    : run;

const lostSample = ({ id, at }: NonNullable<CheckState['inFlight']>, now: number): Sample => ({
  at,
  tookMs: now - at,
  outcome: 'error',
  says: 'Whoever took it did not come back',
  lost: id,
});

/** Samples keep their evidence as long as they are among the first or the last of their check that did not pass. */
const MOST_FIRST = 1;
const MOST_LAST = 2;

const withSample = (
  { check, state }: Pick<Pair, 'check' | 'state'>,
  sample: Sample,
  redNow: readonly string[] | undefined,
  now: number,
): CheckState => {
  const { inFlight, ...rest } = state;
  const begunAt = inFlight?.at ?? now;
  const found = {
    ...rest,
    ...(check.probe.kind === 'alarms' &&
      state.redBefore === undefined &&
      redNow !== undefined && { redBefore: redNow }),
  };
  if (state.from === undefined || begunAt < state.from) {
    // Alarms are looked at when the run begins, for what is red already; that is no sample.
    const { nextAt, ...before } = found;
    const next = found.redBefore === undefined ? now + AGAIN_MS : state.from;
    return { ...before, ...(next !== undefined && { nextAt: next }) };
  }
  return {
    ...found,
    samples: withoutSurplus([...state.samples, sample]),
    nextAt: sample.outcome === 'error' ? now + AGAIN_MS : begunAt + check.sample.intervalMs,
  };
};

const withoutSurplus = (samples: readonly Sample[]): readonly Sample[] => {
  const told = samples.filter(({ evidence }) => evidence !== undefined);
  const surplus = told[MOST_FIRST];
  return told.length <= MOST_FIRST + MOST_LAST
    ? samples
    : samples.map((sample) => {
        if (sample !== surplus) {
          return sample;
        }
        const { evidence, ...rest } = sample;
        return rest;
      });
};

/** Judges what is there, and decides what can be decided by now. */
const progress = (run: Run, now: number): Run => {
  if (!isUndecided(run)) {
    return run;
  }
  const judged = settle(run, now, true);
  const why = whyOf(judged, now);
  if (why === 'ask') {
    return { ...judged, state: { kind: 'asking', verdict: standing(judged), at: now } };
  }
  return why === undefined ? judged : decided(judged, why, now);
};

/** Why a run is over by now; undefined: it is not. */
const whyOf = (run: Run, now: number): Why | 'ask' | undefined => {
  const pairs = pairsOf(run);
  const counting = pairs.filter(({ check }) => counts(check));
  const isOver = now >= run.deadline;
  if (counting.some(({ state }) => state.end?.as === 'fail')) {
    return { kind: 'verdict', verdict: 'fail' };
  }
  if (run.state.kind === 'asking') {
    const { verdict } = run.state;
    if (run.answer !== undefined) {
      return { kind: 'answer', verdict, answer: run.answer };
    }
    return isOver ? { kind: 'deadline', verdict } : undefined;
  }
  if (counting.some(({ state }) => state.end === undefined)) {
    return isOver ? lateWhy(run, now) : undefined;
  }
  const verdict = verdictOf(pairs);
  const why: Why = verdict === 'vacuous' ? { kind: 'vacuous' } : { kind: 'verdict', verdict };
  const held = heldSuite(run);
  if (verdict !== 'vacuous' && held.decide[verdict] === 'ask' && held.mode === 'enforce') {
    return run.deadline - now >= LEAST_TO_ASK_MS ? 'ask' : { kind: 'deadline', verdict };
  }
  // What does not count is waited for where its telling is all that is left to come.
  const isComplete = isOver || pairs.every(({ state }) => state.end !== undefined);
  return isComplete || lettingGo(run, why, now) === 'rollback' ? why : undefined;
};

/** What the platform would be told, or what it would have been told had it not only been observed. */
const lettingGo = (run: Run, why: Why, now: number): 'continue' | 'rollback' => {
  const { action, shadow } = conclude(run, why, now);
  return shadow ?? action;
};

/** Time is over: a failure is one all the same. */
const lateWhy = (run: Run, now: number): Why => {
  const verdict = standing(settle(run, now, false));
  return verdict === 'fail' ? { kind: 'verdict', verdict } : { kind: 'deadline', verdict };
};

/** What the run comes to as it stands. */
const standing = (run: Run): SuiteVerdict => {
  const verdict = verdictOf(pairsOf(settle(run, run.deadline, false)));
  return verdict === 'vacuous' ? 'error' : verdict;
};

const verdictOf = (pairs: readonly Pair[]): SuiteVerdict | 'vacuous' =>
  suiteVerdict(pairs.map(({ check, state }) => ({ ...check, as: state.end?.as ?? 'canceled' })));

/** Ends a run: nothing of what it still does is of interest any more. */
const decided = (run: Run, why: Why, now: number): Run & { readonly state: Decided } => {
  const isLate = why.kind === 'deadline' || (why.kind === 'verdict' && now >= run.deadline);
  const last = isLate ? settle(run, now, false) : run;
  // What time is over for is told by what had not ended yet.
  const conclusion = conclude(why.kind === 'deadline' ? run : last, why, now);
  const ended = changed(last, ({ state: { inFlight, nextAt, from, ...rest } }) => ({
    ...rest,
    end: rest.end ?? { as: 'canceled', at: now },
  }));
  return { ...ended, state: { kind: 'decided', conclusion, reports: 0, nextAt: now } };
};

/** Ends the checks that are at their end, and lets those begin whose time has come; until nothing comes of it any more. */
const settle = (run: Run, now: number, isTimeLeft: boolean): Run => {
  const pairs = pairsOf(run);
  const next = changed(run, (pair) => settled(pair, pairs, now, isTimeLeft));
  return next === run ? run : settle(next, now, isTimeLeft);
};

const settled = ({ check, state }: Pair, pairs: readonly Pair[], now: number, isTimeLeft: boolean): CheckState => {
  const judged = judge(check, state.samples, isTimeLeft);
  if (state.end !== undefined) {
    // It is watched further, or somebody has come back late.
    const isWorse = judged?.row === 1 && state.end.as !== 'fail' && isVerdict(state.end.as);
    return isWorse ? { ...state, end: { as: 'fail', at: now } } : state;
  }
  const needs = check.needs.map((name) => pairs.find((other) => other.check.name === name)?.state.end?.as ?? 'running');
  if (needs.some((as) => as !== 'running' && as !== 'pass')) {
    return { ...state, end: { as: 'skipped', at: now } };
  }
  if (state.answer !== undefined) {
    return { ...state, end: { as: state.answer.verdict === 'approve' ? 'pass' : 'fail', at: now } };
  }
  if (isTimeLeft && state.from === undefined && needs.every((as) => as === 'pass')) {
    const from = now + check.sample.warmupMs;
    return { ...state, from, ...(state.inFlight === undefined && { nextAt: from }) };
  }
  return judged === undefined ? state : { ...state, end: { as: judged.verdict, at: now } };
};

const isVerdict = (as: NonNullable<CheckState['end']>['as']): boolean => as !== 'skipped' && as !== 'canceled';

/** Begins the samples that are due, and says again what whoever looks has begun. */
const sampling = (run: Run, { now, by }: Look): Ticked => {
  const next = changed(run, (pair) => (isDue(pair, run, now) ? begun(pair, run, now, by) : pair.state));
  const pairs = pairsOf(next);
  const probes = pairs.flatMap(({ state: { inFlight }, index }): readonly Effect[] =>
    inFlight?.by === by
      ? [{ kind: 'probe', check: index, id: inFlight.id, timeoutMs: inFlight.until - GRACE_MS - inFlight.at }]
      : [],
  );
  const asks = [
    ...pairs.flatMap((pair): readonly Effect[] =>
      isAsking(pair, now)
        ? [{ kind: 'ask', check: pair.index, until: run.deadline, says: saysOfApproval(pair.check, run) }]
        : [],
    ),
    ...(next.state.kind === 'asking'
      ? [
          {
            kind: 'ask',
            until: run.deadline,
            says: conclude(next, { kind: 'verdict', verdict: next.state.verdict }, now).says,
          } as const,
        ]
      : []),
  ];
  const moments = [
    run.deadline,
    ...(next.state.kind === 'asking' ? [askAgainAt(next.state.at, now)] : []),
    ...pairs.flatMap((pair) => momentsOf(pair, next, now)),
  ];
  return { run: next, effects: [...probes, ...asks], wakeAt: Math.min(...moments) };
};

const saysOfApproval = ({ name, probe }: Check, { suite, variables }: Run): string => {
  const known: Run['variables'] = { ...suite?.vars, ...variables };
  const says = (probe.kind === 'approval' ? probe.says : undefined) ?? `${name} is to be approved.`;
  return says.replaceAll(/\$\{([^{}]+)\}/g, (whole, variable: string) =>
    Object.hasOwn(known, variable) ? (known[variable] ?? whole) : whole,
  );
};

const momentsOf = (pair: Pair, run: Run, now: number): readonly number[] => {
  const { inFlight, nextAt, from, end } = pair.state;
  if (inFlight !== undefined) {
    return [inFlight.until];
  }
  if (pair.check.probe.kind === 'approval') {
    return end === undefined && from !== undefined ? [from > now ? from : askAgainAt(from, now)] : [];
  }
  return nextAt !== undefined && nextAt > now && isSampled(pair, run) ? [nextAt] : [];
};

/** At the same moments for all who look: what nobody has changed is due when it was. */
const askAgainAt = (since: number, now: number): number =>
  since + (Math.floor((now - since) / ASK_AGAIN_MS) + 1) * ASK_AGAIN_MS;

/** Whether people are to be asked what a check asks them. */
const isAsking = ({ check, state }: Pair, now: number): boolean =>
  check.probe.kind === 'approval' && state.end === undefined && state.from !== undefined && state.from <= now;

const isDue = (pair: Pair, run: Run, now: number): boolean => {
  const { inFlight, nextAt } = pair.state;
  return (
    inFlight === undefined &&
    nextAt !== undefined &&
    nextAt <= now &&
    isSampled(pair, run) &&
    run.deadline - now >= LEAST_TO_SAMPLE_MS
  );
};

/** Whether samples of a check are of interest: until it ends, and while people are asked as long as it can still fail. */
const isSampled = ({ check, state }: Pair, run: Run): boolean => {
  const { kind } = check.probe;
  if (kind === 'approval') {
    return false;
  }
  return (
    state.end === undefined ||
    (run.state.kind === 'asking' && counts(check) && isVerdict(state.end.as) && WATCHED.includes(kind))
  );
};

/** What may turn bad while people think. */
const WATCHED: readonly Check['probe']['kind'][] = ['alarms', 'metric', 'compare', 'logs', 'targetHealth'];

const begun = ({ check, state, index }: Pair, run: Run, now: number, by: string): CheckState => {
  const timeoutMs = Math.min(check.sample.timeoutMs, run.deadline - now);
  const id = `${index}.${state.samples.length}.${now - run.startedAt}`;
  return { ...state, inFlight: { id, by, at: now, until: now + timeoutMs + GRACE_MS } };
};

/** Tells the platform, again and again until it has taken it or says that it does not wait any more, unless it comes for it. */
const reporting = (run: Run, state: Decided, { now, random }: Look): Ticked => {
  const { conclusion, reports, nextAt } = state;
  const end = run.platformDeadline + AFTERWARDS_MS;
  if (now >= end) {
    const says = 'It could not be told in time: the platform does not wait any more';
    return { run: { ...run, state: { kind: 'moot', conclusion, says, at: now } }, effects: [] };
  }
  if (comesAgain(run.call)) {
    return { run, effects: [], wakeAt: end };
  }
  if (now < nextAt) {
    return { run, effects: [], wakeAt: Math.min(nextAt, end) };
  }
  const most = Math.min(LONGEST_REPORT_MS, FIRST_REPORT_MS * 2 ** Math.min(reports + 1, 10));
  const next = now + FIRST_REPORT_MS + Math.round(random() * (most - FIRST_REPORT_MS));
  return {
    run: { ...run, state: { ...state, reports: reports + 1, nextAt: next } },
    effects: [{ kind: 'report', action: conclusion.action }],
    wakeAt: Math.min(next, end),
  };
};

const NOTHING: CheckState = { samples: [] };

const heldSuite = ({ suite = NO_SUITE, allowances }: Run): Suite => heldTo(suite, allowances).suite;

const pairsOf = (run: Run): readonly Pair[] =>
  heldSuite(run).checks.map((check, index) => ({ check, state: run.checks[index] ?? NOTHING, index }));

/** Changes where checks stand; the run itself where none of them does. */
const changed = (run: Run, change: (pair: Pair) => CheckState): Run => {
  const pairs = pairsOf(run);
  const checks = pairs.map(change);
  return pairs.every(({ state }, index) => state === checks[index]) ? run : { ...run, checks };
};

const NO_SUITE: Suite = {
  name: '',
  hash: '',
  match: {},
  budget: { totalMs: 0, reserveMs: 0 },
  mode: 'enforce',
  vars: {},
  checks: [],
  decide: { pass: 'continue', fail: 'rollback', inconclusive: 'rollback', error: 'rollback', deadline: 'rollback' },
};
