import { isDeepStrictEqual } from 'node:util';
import { createChance } from '../../local/virtual/chance.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import type { Invocation } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import type { Service } from '../../local/virtual/network.ts';
import type { Clock } from '../../shared/clock.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import type { Key } from '../../shared/store/store.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import type { Beginning } from '../../shared/validation/begin.ts';
import { driveRun } from '../../shared/validation/drive-run.ts';
import type { Reported } from '../../shared/validation/drive-run.ts';
import type { Conclusion, Effect, Input, Look, Run, Sample, Ticked } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { StoredRun } from '../../shared/validation/stored-run.ts';
import type { SampleTaken, TakeSample } from '../../shared/validation/take-sample.ts';
import type { tick } from '../../shared/validation/tick.ts';
import { aBeginning } from '../support/runs.ts';
import { createFaultyNetwork, drawPlan } from './faults.ts';
import { judgeRun } from './judge-validation.ts';
import { drawAllowances, drawSuite } from './validation-suites.ts';

/** What came of one run in its world. */
export type SimulatedValidation = {
  readonly problems: readonly string[];
  /** How it ended: what the platform was told and why. */
  readonly ended: string;
  readonly faults: number;
  readonly samples: number;
};

export type ValidationOptions = {
  readonly harsh?: boolean;
  /** Driven plainly, with this in the place of the engine's own look: whether the judge sees what is wrong with it. */
  readonly look?: typeof tick;
  readonly trace?: (line: string) => void;
};

const BEGIN = Date.UTC(2026, 10, 20, 10);
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KEY: Key = { pk: 'G#run', sk: 'RUN' };

/** A worker looks for so long, then leaves the rest to the next. */
const SLICE_MS = 40_000;
const WORKER_TIMEOUT_MS = 90_000;

/** The sweep looks at what should have been looked at so long ago. */
const PATIENCE_MS = 30_000;

/** Lambda tries an asynchronous invocation twice again, then tells its destination. */
const RETRIES_MS: readonly number[] = [0, MINUTE_MS, 3 * MINUTE_MS];

type Found = Sample['outcome'] | 'hangs';

type Nature = readonly [Found, ...Found[]];

/** What a check finds, mostly: there are good targets and bad ones, blind metrics and broken probes. */
const NATURES: readonly [Nature, ...Nature[]] = [
  ['pass'],
  ['pass'],
  ['pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'nodata', 'error'],
  ['pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'pass', 'fail'],
  ['fail'],
  ['nodata'],
  ['error', 'error', 'pass'],
  ['hangs', 'pass'],
  ['between'],
  ['between', 'between', 'pass'],
];

type Answered = Extract<Input, { readonly kind: 'answered' }>;

/** Plays one run of a drawn suite: workers that tick and die, hooks called twice, people, and a platform that accepts one verdict. */
export const simulateValidation = async (
  seed: number,
  { harsh = false, look, trace }: ValidationOptions = {},
): Promise<SimulatedValidation> => {
  const chance = createChance(seed);
  const kernel = createKernel(BEGIN);
  const { clock } = kernel;
  const table = createMemoryTable();
  const drawn = drawPlan(chance, BEGIN, BEGIN + 2 * HOUR_MS, harsh);
  // What nobody reaches for twenty minutes cannot be decided in time by anybody.
  const plan = { ...drawn, partitions: [], skewMs: Math.min(drawn.skewMs, 2_000) };
  const faulty = createFaultyNetwork(kernel, plan, chance, ({ by, operation }, befell) => {
    trace?.(`${clock.now() - BEGIN} ${by.name} ${by.number} ${operation}: ${befell}`);
  });
  const problems: string[] = [];

  const { suite, ...others } = aBeginning();
  const beginning: Omit<Beginning, 'now'> = {
    ...others,
    ...(chance.happens(0.97) && { suite: drawSuite(chance) }),
    allowances: drawAllowances(chance),
    isRollback: chance.happens(0.03),
    waitsUntil: BEGIN + HOUR_MS,
  };
  const natures = (beginning.suite?.checks ?? []).map(() => chance.oneOf(...NATURES));

  // The platform: it accepts one verdict, while it waits.
  const accepted: { readonly action: Conclusion['action']; readonly at: number }[] = [];
  const stoppedAt = chance.happens(0.05) ? BEGIN + chance.between(0, HOUR_MS) : Infinity;
  const outage = {
    from: BEGIN + chance.between(0, HOUR_MS),
    ms: chance.happens(0.2) ? chance.between(1, 3) * MINUTE_MS : 0,
  };
  const isDown = (): boolean => outage.from <= clock.now() && clock.now() < outage.from + outage.ms;
  const put = (action: Conclusion['action']): 'done' | 'already-so' | 'over' | 'down' => {
    if (isDown()) {
      return 'down';
    }
    if (accepted.length > 0) {
      return accepted[0]?.action === action ? 'already-so' : 'over';
    }
    if (clock.now() >= Math.min(BEGIN + HOUR_MS, stoppedAt)) {
      return 'over';
    }
    const state = stored()?.run.state;
    if (state?.kind !== 'decided' || state.conclusion.action !== action) {
      problems.push(`P13: it reports ${action}, which is not on record`);
    }
    accepted.push({ action, at: clock.now() });
    return 'done';
  };

  // People: they are asked once, and some of them answer.
  const gates = new Map<number | 'whole', { answer?: Answered['answer'] }>();
  const answers = new Map<number | 'whole', 'approve' | 'reject'>();
  const open = ({ check, until }: Extract<Effect, { readonly kind: 'ask' }>): Answered | undefined => {
    const place = check ?? 'whole';
    const known = gates.get(place);
    const gate: NonNullable<typeof known> = known ?? {};
    if (known === undefined) {
      gates.set(place, gate);
      if (chance.happens(0.7)) {
        kernel.after(chance.between(1_000, (until - clock.now()) * 1.1), () => {
          const verdict = chance.oneOf('approve', 'approve', 'reject');
          const answer = { verdict, says: `Ada: ${verdict}`, at: clock.now() } as const;
          gate.answer = answer;
          answers.set(place, verdict);
          answered({ ...(check !== undefined && { check }), answer });
          wake(0);
        });
      }
    }
    return gate.answer && { kind: 'answered', ...(check !== undefined && { check }), answer: gate.answer };
  };

  const stored = (): StoredRun | undefined => {
    const item = table.read(KEY);
    return item && runItem.parse(item.body);
  };

  /** What `decide` writes down: a run that is asking takes it in when it is looked at. */
  const answered = (answer: NonNullable<StoredRun['answers']>[number]): void => {
    const item = table.read(KEY);
    const known = stored();
    if (item !== undefined && known?.dueAt !== undefined) {
      const body: StoredRun = { ...known, answers: [...(known.answers ?? []), answer] };
      table.write({ ...item, rev: item.rev + 1, body, due: { kind: 'run', at: known.dueAt } });
    }
  };

  const failures = new Map<number, Set<string>>();
  let samples = 0;
  let brokenSinceDeadline = 0;
  let lookAt = 0;
  let invocations = 0;

  /** Everything that is written is looked at: what is decided stays, and whoever is not done is due. */
  const witness = (before: StoredRun | undefined, { run, dueAt }: StoredRun, inputs: readonly Input[]): void => {
    const decided = before !== undefined && 'conclusion' in before.run.state ? before.run.state.conclusion : undefined;
    if (decided !== undefined && !('conclusion' in run.state && isDeepStrictEqual(run.state.conclusion, decided))) {
      problems.push('P13: what was decided has changed');
    }
    if (dueAt === undefined && run.state.kind !== 'reported' && run.state.kind !== 'moot') {
      problems.push(`P13: it is ${run.state.kind}, and nobody is to look at it`);
    }
    const heard = (check: number, which: string): void => {
      failures.set(check, (failures.get(check) ?? new Set()).add(which));
    };
    for (const input of decided === undefined ? inputs : []) {
      if (input.kind === 'sampled' && input.sample.outcome === 'fail') {
        heard(input.check, String(input.sample.at));
      }
    }
    run.checks.forEach((check, place) => {
      check.samples
        .filter(({ outcome }) => outcome === 'fail')
        .forEach(({ at }) => {
          heard(place, String(at));
        });
    });
  };

  const work = async (by: Invocation, notBegun?: string): Promise<void> => {
    const own: Clock = {
      now: () => clock.now() + faulty.skewOf(by),
      sleep: (ms) => by.resuming(clock.sleep(ms)),
    };
    const call = <Value>(service: Service, operation: string, effect: () => Value): Promise<Value> =>
      by.resuming(faulty.network.aws({ by, service, operation }, effect));
    let told: readonly Input[] = [];
    const watched = {
      ...table,
      write: (item: Parameters<typeof table.write>[0]): boolean => {
        const before = stored();
        const isWritten = table.write(item);
        if (isWritten) {
          witness(before, runItem.parse(item.body), told);
        }
        return isWritten;
      },
    };
    const store = createMemoryStore(watched, (operation, effect) => call('dynamodb', operation, effect));
    const changeItem = createChangeItem({ store, clock: own, random: chance.random });
    const begin = (): Run => beginRun({ ...beginning, now: own.now(), ...(notBegun !== undefined && { notBegun }) });
    const step = async (engine: typeof tick, inputs: readonly Input[]): Promise<Ticked> => {
      told = inputs;
      const at: Look = { now: own.now(), by: `${by.name}-${by.number}`, random: chance.random };
      const { outcome } = await changeItem(KEY, runItem, (known) => {
        const run = known?.run ?? begin();
        const ticked = engine(run, at, inputs);
        // A clock that is slow does not call for what others have done already.
        const isNews = ticked.run !== known?.run || (ticked.wakeAt ?? Infinity) > (known.dueAt ?? Infinity);
        return {
          ...(isNews && {
            body: { run: ticked.run, ...(ticked.wakeAt !== undefined && { dueAt: ticked.wakeAt }) },
          }),
          outcome: ticked,
        };
      });
      return outcome;
    };
    const sampled = async (check: number, timeoutMs: number): Promise<SampleTaken> => {
      samples += 1;
      const at = own.now();
      const found = chance.oneOf(...(natures[check] ?? NATURES[0]));
      await own.sleep(found === 'hangs' ? timeoutMs : chance.between(50, Math.min(3_000, timeoutMs)));
      const outcome = outcomeOf(found, check);
      trace?.(`${clock.now() - BEGIN} sample of ${check}: ${outcome}`);
      const sample: Sample = { at, tookMs: own.now() - at, outcome, says: found };
      return { sample, ...(outcome !== 'error' && { redNow: [] }) };
    };
    const probe = async ({ check, id, timeoutMs }: Extract<Effect, { readonly kind: 'probe' }>): Promise<Input> => ({
      kind: 'sampled',
      check,
      id,
      ...(await sampled(check, timeoutMs)),
    });
    const report = async (action: Conclusion['action']): Promise<Reported> => {
      const answer = await orElse(
        call('codedeploy', 'put', () => put(action)),
        'down' as const,
      );
      trace?.(`${clock.now() - BEGIN} report ${action}: ${answer}`);
      switch (answer) {
        case 'done':
        case 'already-so':
          return { kind: 'reported', as: answer };
        case 'over':
          return { kind: 'refused', says: 'The platform says something else' };
        case 'down':
          return { kind: 'report-failed', says: 'It did not answer', isDenied: false };
      }
    };

    if (look === undefined) {
      await changeItem(KEY, runItem, (known) => ({
        ...(known === undefined && { body: { run: begin(), dueAt: own.now() + PATIENCE_MS } }),
        outcome: undefined,
      }));
      const startedAt = own.now();
      const takeSample: TakeSample = ({ check: { name }, timeoutMs }) =>
        sampled(beginning.suite?.checks.findIndex((check) => check.name === name) ?? 0, timeoutMs);
      await driveRun(
        {
          changeItem,
          clock: own,
          random: chance.random,
          newId: () => `${by.name}-${by.number}`,
          log: SILENT,
          ...(by.name === 'validate' && { takeSample }),
          report: (_run, action) => report(action),
          ask: async (_at, effect) => {
            await call('dynamodb', 'ask', () => open(effect));
            return undefined;
          },
          show: () => call('dynamodb', 'show', () => undefined),
          finish: () => call('dynamodb', 'finish', () => true),
          lookAgain: (_id, ms) =>
            call('sqs', 'look', () => {
              wake(ms);
            }),
        },
        'run',
        { until: startedAt + SLICE_MS, left: () => startedAt + WORKER_TIMEOUT_MS - own.now() },
      );
      return;
    }

    const underWay = new Map<string, Promise<Input>>();
    const back: Input[] = [];
    let inputs: readonly Input[] = [];
    const until = own.now() + SLICE_MS;
    for (;;) {
      const { run, effects, wakeAt } = await step(look, inputs);
      const next: Input[] = [];
      for (const effect of effects) {
        switch (effect.kind) {
          case 'probe':
            if (!underWay.has(effect.id)) {
              underWay.set(
                effect.id,
                probe(effect).then((input) => {
                  back.push(input);
                  return input;
                }),
              );
            }
            break;
          case 'ask': {
            const answer = await orElse(
              call('dynamodb', 'ask', () => open(effect)),
              undefined,
            );
            if (answer !== undefined && !isKnown(run, answer)) {
              next.push(answer);
            }
            break;
          }
          case 'report':
            next.push(await report(effect.action));
            break;
        }
      }
      if (wakeAt === undefined) {
        return;
      }
      if (next.length === 0 && back.length === 0) {
        const pending = [...underWay].filter(([id]) => isUnderWay(run, id)).map(([, sample]) => sample);
        if (own.now() >= until && pending.length === 0 && lookAt > clock.now() && lookAt <= wakeAt) {
          // A message that has it looked at is under way: copies of one come to an end.
          return;
        }
        if (own.now() >= until && pending.length === 0) {
          await orElse(
            call('sqs', 'look', () => {
              lookAt = wakeAt;
              wake(wakeAt - clock.now());
            }),
            undefined,
          );
          return;
        }
        await Promise.race([
          ...pending,
          own.sleep(Math.max(1, (pending.length > 0 ? wakeAt : Math.min(wakeAt, until)) - own.now())),
        ]);
      }
      inputs = [...next, ...back.splice(0)];
    }
  };

  /** What hangs is aborted; an alarm that is red before anybody knows which were is nobody's fault. */
  const outcomeOf = (found: Found, check: number): Sample['outcome'] => {
    if (found === 'hangs') {
      return 'error';
    }
    const isAlarms = beginning.suite?.checks[check]?.probe.kind === 'alarms';
    return found === 'fail' && isAlarms && stored()?.run.checks[check]?.redBefore === undefined ? 'nodata' : found;
  };

  const start = async (name: 'validate' | 'sweep', notBegun?: string): Promise<boolean> => {
    invocations += 1;
    const ending = await invoke(kernel, { name, number: invocations, timeoutMs: WORKER_TIMEOUT_MS }, (by) =>
      work(by, notBegun),
    );
    const deadline = stored()?.run.deadline ?? Infinity;
    if (ending.kind === 'broken-off' && clock.now() > deadline) {
      brokenSinceDeadline += 1;
    }
    return ending.kind === 'returned';
  };

  /** A message that says to look: it may be lost, doubled or late, and comes again where looking came to nothing. */
  const wake = (ms: number, tries = 3): void => {
    const copies = faulty.strikes('lost-wake-up') ? 0 : faulty.strikes('extra-wake-up') ? 2 : 1;
    for (let copy = 0; copy < copies; copy += 1) {
      kernel.after(Math.max(0, ms) + chance.between(0, 1_500), () => {
        void start('validate').then((isDone) => {
          if (!isDone && tries > 0) {
            wake(MINUTE_MS, tries - 1);
          }
        });
      });
    }
  };

  // The hook is called, perhaps twice, and tried again where that came to nothing.
  const callHook = (attempt: number): void => {
    void start('validate').then((isDone) => {
      const next = RETRIES_MS[attempt + 1];
      if (!isDone && next !== undefined) {
        kernel.after(next, () => {
          callHook(attempt + 1);
        });
      }
      if (!isDone && next === undefined) {
        fallBack();
      }
    });
  };
  /** What is told of invocations that came to nothing arrives through a queue, again and again. */
  const fallBack = (): void => {
    void start('validate', 'It could not be begun').then((isDone) => {
      if (!isDone) {
        kernel.after(MINUTE_MS, fallBack);
      }
    });
  };
  kernel.after(chance.between(0, 2_000), () => {
    callHook(0);
  });
  if (chance.happens(0.3)) {
    kernel.after(chance.between(0, 5 * MINUTE_MS), () => {
      callHook(0);
    });
  }

  // The sweep: what should have been looked at is, by itself where time is short.
  const sweep = (): void => {
    kernel.after(MINUTE_MS, sweep);
    if (table.due('run', clock.now() - (look === undefined ? 0 : PATIENCE_MS), 10).length === 0) {
      return;
    }
    if (look !== undefined) {
      void start('sweep');
      return;
    }
    wake(0);
    const run = stored()?.run;
    if (run !== undefined && isLate(run, clock.now())) {
      void start('sweep');
    }
  };
  kernel.after(chance.between(0, MINUTE_MS), sweep);
  await kernel.run(() => false, BEGIN + HOUR_MS + 20 * MINUTE_MS, 200_000);

  const run = stored()?.run;
  const judged: readonly string[] =
    run === undefined
      ? ['P13: it never began']
      : judgeRun(run, {
          accepted,
          isStopped: stoppedAt < BEGIN + HOUR_MS,
          isRollback: beginning.isRollback,
          failures,
          answers,
          brokenSinceDeadline,
          skewMs: plan.skewMs,
        });
  return {
    problems: [...new Set([...problems, ...judged])],
    ended: run === undefined ? 'not at all' : endOf(run),
    faults: faulty.faultTimes().length,
    samples,
  };
};

/** Whether an answer is on record by now: it is not told again and again. */
const isKnown = ({ answer, checks }: Run, { check }: Answered): boolean =>
  (check === undefined ? answer : checks[check]?.answer) !== undefined;

const isUnderWay = ({ checks }: Run, id: string): boolean => checks.some(({ inFlight }) => inFlight?.id === id);

const endOf = ({ state }: Run): string =>
  'conclusion' in state ? `${state.kind} ${state.conclusion.action}, ${state.conclusion.why.kind}` : state.kind;

/** As `sweep` sees it: before that, others are asked to look. */
const isLate = ({ state, deadline }: Run, now: number): boolean =>
  (state.kind === 'decided' ? state.nextAt : deadline) + PATIENCE_MS < now;

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

const orElse = async <Value, Other>(work: Promise<Value>, other: Other): Promise<Value | Other> => {
  try {
    return await work;
  } catch {
    return other;
  }
};
