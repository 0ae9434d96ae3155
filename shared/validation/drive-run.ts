import { asError } from '../as-error.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { ChangeItem, Step } from '../store/change-item.ts';
import { runKey } from '../store/keys.ts';
import { comesAgain } from './run-call.ts';
import type { Conclusion, Effect, Input, Look, Run, Ticked } from './run.ts';
import { sampleRequest } from './sample-request.ts';
import { isRunOver, runItem } from './stored-run.ts';
import type { HeldRun, StoredRun } from './stored-run.ts';
import type { TakeSample } from './take-sample.ts';
import { tick } from './tick.ts';

/** What the platform says to a verdict. */
export type Reported =
  | { readonly kind: 'reported'; readonly as: 'done' | 'already-so' }
  | { readonly kind: 'refused'; readonly says: string }
  /** `isDenied`: for want of a permission. */
  | { readonly kind: 'report-failed'; readonly says: string; readonly isDenied: boolean };

/** A run as it was last written, and its item's revision. */
export type RunAt = { readonly id: string; readonly run: Run; readonly rev: number };

/** What a run is driven with. */
export type DriveDeps = {
  readonly changeItem: ChangeItem;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly log: Log;
  /** Left out: no sample is begun. */
  readonly takeSample?: TakeSample;
  /** Tells the platform. Never rejects. */
  readonly report: (run: Run, action: Conclusion['action']) => Promise<Reported>;
  /** Asks people; an answer: nobody can be asked. */
  readonly ask: (at: RunAt, effect: Extract<Effect, { readonly kind: 'ask' }>) => Promise<Input | undefined>;
  /** Has people see how it stands. */
  readonly show: (at: RunAt) => Promise<void>;
  /** Does what is to be done once when it is over; false: not all of it can be done yet. May be done again. */
  readonly finish: (at: RunAt) => Promise<boolean>;
  /** Has it looked at again, in milliseconds; not where the platform comes again. */
  readonly lookAgain: (id: string, afterMs: number) => Promise<void>;
};

/** How long somebody drives a run. */
export type Slice = {
  /** Epoch milliseconds from when no sample is begun. */
  readonly until: number;
  /** How many milliseconds are left to whoever drives: no sample is begun that takes longer. */
  readonly left: () => number;
};

/** What whoever drives a run knows of it: what has happened to it, and how it was last written. */
export type DriveFrom = { readonly said?: readonly Input[]; readonly held?: HeldRun['item'] };

/** What a slice came to, with the run as it was last written. */
export type Driven = ({ readonly kind: 'over' | 'waiting' } & HeldRun) | { readonly kind: 'unknown-run' };

/** Up to here the next moment is waited for; later ones are left to a message. */
const PATIENCE_MS = 5_000;

/** So late may a look be before the sweep sends another. */
const LATE_MS = 30_000;

/** What is left to record and to say after a sample. */
const MARGIN_MS = 8_000;

/** The least time between two looks at samples that are under way. */
const BREATH_MS = 250;

/** How long what is to be done when a run is over is tried: the rollout may be heard of after its hook. */
const FINISH_MS = 15 * 60_000;

/**
 * Drives a run for a while: looks at it, does what is to be done, writes what came of it, until it is over or its next
 * moment is so far away that a message brings it, or the platform does. Any number may drive one run at once, and each may
 * end at any moment.
 */
export const driveRun = async (
  deps: DriveDeps,
  id: string,
  slice: Slice,
  { said = [], held }: DriveFrom = {},
): Promise<Driven> => {
  const { changeItem, clock, random, newId, log } = deps;
  const by = newId();
  const underWay = new Map<string, Promise<void>>();
  const told = new Set<string>();
  let inputs = said;
  let known = held;

  const begin = (key: string, work: () => Promise<Input | undefined>): void => {
    if (told.has(key)) {
      return;
    }
    told.add(key);
    const done = work()
      .catch((error: unknown): undefined => {
        log.error('run not looked at', { run: id, what: key.replace(/ .*/, ''), error: asError(error) });
        return undefined;
      })
      .then((input) => {
        underWay.delete(key);
        inputs = input === undefined ? inputs : [...inputs, input];
      });
    underWay.set(key, done);
  };

  const startedAt = clock.now();

  for (;;) {
    const handed = inputs;
    inputs = [];
    const now = clock.now();
    const mayBegin = deps.takeSample !== undefined && now < slice.until;
    const { outcome, item } = await changeItem(
      runKey(id),
      runItem,
      looked(
        { now, by, random },
        handed,
        (timeoutMs) =>
          // One that nobody has the time for fails with whoever tries it first, and does not go round for ever.
          mayBegin && (timeoutMs + MARGIN_MS < slice.left() || now - startedAt < PATIENCE_MS),
      ),
      known,
    );
    known = undefined;
    if (outcome === undefined || item === undefined) {
      return { kind: 'unknown-run' };
    }
    const { stored, effects, wakeAt } = outcome;
    const at: RunAt = { id, run: stored.run, rev: item.rev };
    if (isRunOver(stored.run)) {
      return finish(deps, at, { stored, item });
    }
    for (const effect of effects) {
      switch (effect.kind) {
        case 'probe':
          begin(`probe ${effect.id}`, () => sample(deps, stored.run, effect));
          break;
        case 'ask':
          begin(`ask ${effect.check ?? ''}`, () => deps.ask(at, effect));
          break;
        case 'report': {
          const attempt = stored.run.state.kind === 'decided' ? stored.run.state.reports : 0;
          begin(`report ${attempt}`, () => report(deps, at, effect.action));
        }
      }
    }
    await show(deps, at);
    const restMs = Math.max(0, (wakeAt ?? now) - clock.now());
    if (underWay.size > 0) {
      await Promise.race([...underWay.values(), clock.sleep(Math.max(BREATH_MS, restMs))]);
    } else if (inputs.length === 0) {
      if (restMs > PATIENCE_MS || clock.now() + restMs >= slice.until) {
        return leave(deps, id, { stored, item }, wakeAt ?? now);
      }
      await clock.sleep(restMs);
    }
  }
};

type Looked = Pick<Ticked, 'effects' | 'wakeAt'> & { readonly stored: StoredRun };

/** Looks at a run; samples that whoever looks may not begin any more are left to the next. */
const looked =
  (look: Look, inputs: readonly Input[], mayBegin: (timeoutMs: number) => boolean) =>
  (stored: StoredRun | undefined): Step<StoredRun, Looked | undefined> => {
    if (stored === undefined) {
      return { outcome: undefined };
    }
    const { answers = [], ...rest } = stored;
    const ticked = tick(stored.run, look, [
      ...answers.map((one) => ({ kind: 'answered', ...one }) as const),
      ...inputs,
    ]);
    const { run, effects, wakeAt } = withoutBegun(stored.run, ticked, look.now, mayBegin);
    const isOver = isRunOver(run);
    if (run === stored.run && answers.length === 0 && (stored.dueAt !== undefined || isOver)) {
      return { outcome: { stored, effects, ...(wakeAt !== undefined && { wakeAt }) } };
    }
    const dueAt = isOver ? look.now + LATE_MS : (wakeAt ?? look.now) + LATE_MS;
    const body: StoredRun = { ...rest, run, dueAt };
    return { body, outcome: { stored: body, effects, ...(wakeAt !== undefined && { wakeAt }) } };
  };

/** Takes back the samples that were only now begun and cannot be taken. */
const withoutBegun = (before: Run, ticked: Ticked, now: number, mayBegin: (timeoutMs: number) => boolean): Ticked => {
  const refused = new Set(
    ticked.effects.flatMap((effect) =>
      effect.kind === 'probe' && before.checks[effect.check]?.inFlight?.id !== effect.id && !mayBegin(effect.timeoutMs)
        ? [effect.id]
        : [],
    ),
  );
  if (refused.size === 0) {
    return ticked;
  }
  const run: Run = {
    ...ticked.run,
    checks: ticked.run.checks.map((check) => {
      const { inFlight, ...rest } = check;
      return inFlight !== undefined && refused.has(inFlight.id) ? rest : check;
    }),
  };
  return {
    run: JSON.stringify(run) === JSON.stringify(before) ? before : run,
    effects: ticked.effects.filter((effect) => effect.kind !== 'probe' || !refused.has(effect.id)),
    wakeAt: now,
  };
};

const sample = async (
  { takeSample }: DriveDeps,
  run: Run,
  effect: Extract<Effect, { readonly kind: 'probe' }>,
): Promise<Input | undefined> => {
  const request = sampleRequest(run, effect);
  if (takeSample === undefined || request === undefined) {
    return undefined;
  }
  return { kind: 'sampled', check: effect.check, id: effect.id, ...(await takeSample(request)) };
};

/** One that CodeDeploy did not take at once, and no second time either, is somebody's business. */
const PATIENT_REPORTS = 2;

const report = async (deps: DriveDeps, { id, run }: RunAt, action: Conclusion['action']): Promise<Input> => {
  const { log } = deps;
  const reported = await deps.report(run, action);
  const names = { run: id, deployment: run.rollout.executionId, hook: run.hook, action };
  switch (reported.kind) {
    case 'reported':
      log.info('verdict reported', { ...names, as: reported.as });
      return reported;
    case 'refused':
      return reported;
    case 'report-failed': {
      const { says, isDenied } = reported;
      const tries = run.state.kind === 'decided' ? run.state.reports : 0;
      if (isDenied || tries > PATIENT_REPORTS) {
        log.error('verdict not reported', { ...names, reason: says, tries });
      } else {
        log.warn('verdict not taken yet', { ...names, reason: says, tries });
      }
      return { kind: 'report-failed', says };
    }
  }
};

/** What people see of it comes with the next look, if not now. */
const show = async ({ show: showRun, log }: DriveDeps, at: RunAt): Promise<void> => {
  try {
    await showRun(at);
  } catch (error) {
    log.warn('run not shown', { run: at.id, error: asError(error) });
  }
};

/** Has it looked at when its moment comes, unless a message that does is under way. */
const leave = async (
  { changeItem, clock, lookAgain }: DriveDeps,
  id: string,
  held: HeldRun,
  wakeAt: number,
): Promise<Driven> => {
  const now = clock.now();
  const { run, lookAt = 0 } = held.stored;
  if (lookAt > now && lookAt <= wakeAt && !comesAgain(run.call)) {
    return { kind: 'waiting', ...held };
  }
  const next = Math.max(now, Math.min(wakeAt, now + MOST_DELAY_MS));
  // First the record: a crash in between costs a message, which the sweep makes up for. The other way round, messages that
  // nobody knows of would multiply.
  const { outcome: stored = held.stored, item } = await changeItem(
    runKey(id),
    runItem,
    (before) => {
      if (before === undefined || isRunOver(before.run)) {
        return { outcome: before };
      }
      const body = { ...before, lookAt: next };
      return { body, outcome: body };
    },
    held.item,
  );
  if (!comesAgain(run.call)) {
    await lookAgain(id, next - now);
  }
  return { kind: 'waiting', stored, item };
};

/** SQS keeps a message back for a quarter of an hour at most. */
const MOST_DELAY_MS = 900_000;

const finish = async (deps: DriveDeps, at: RunAt, held: HeldRun): Promise<Driven> => {
  const { changeItem, clock, log } = deps;
  const { id, run } = at;
  const { state } = run;
  const over = { kind: 'over', ...held } as const;
  if (
    held.stored.dueAt === undefined ||
    (state.kind !== 'reported' && state.kind !== 'moot' && state.kind !== 'overtaken')
  ) {
    return over;
  }
  if (state.kind === 'moot') {
    log.error('verdict moot', { run: id, deployment: run.rollout.executionId, hook: run.hook, reason: state.says });
  }
  const isDone = await deps.finish(at);
  // Otherwise it stays due: the sweep has it looked at again.
  if (isDone || clock.now() - state.at > FINISH_MS) {
    await changeItem(
      runKey(id),
      runItem,
      (stored) => ({ ...(stored?.dueAt !== undefined && { body: { run: stored.run } }), outcome: undefined }),
      held.item,
    );
  }
  return over;
};
