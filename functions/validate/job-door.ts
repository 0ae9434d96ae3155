import { asError } from '../../shared/as-error.ts';
import type { Home } from '../../shared/aws/hooked-deployments.ts';
import type { JobTold, PipelineJobs } from '../../shared/aws/pipeline-jobs.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ValidationPolicy } from '../../shared/config/config.ts';
import type { Log } from '../../shared/log.ts';
import type { PipelineExecution } from '../../shared/rollout/rollout.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { runKey } from '../../shared/store/keys.ts';
import { allowancesAt } from '../../shared/validation/allowances.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import { chooseSuite } from '../../shared/validation/choose-suite.ts';
import type { DriveFrom, Slice } from '../../shared/validation/drive-run.ts';
import type { PipelineJob } from '../../shared/validation/job-event.ts';
import { jobResultOf } from '../../shared/validation/job-result.ts';
import type { JobResult } from '../../shared/validation/job-result.ts';
import { readJobToken, writeJobToken } from '../../shared/validation/job-token.ts';
import type { JobToken } from '../../shared/validation/job-token.ts';
import { claimedPlace } from '../../shared/validation/pipeline-place.ts';
import type { PipelinePlace } from '../../shared/validation/pipeline-place.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import type { Input, Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { HeldRun, StoredRun } from '../../shared/validation/stored-run.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { Drive } from './drive.ts';
import { keepRun } from './keep-run.ts';

export type JobDoorDeps = {
  readonly home: Home;
  readonly suites: readonly Suite[];
  /** What the owner of the environment allows. */
  readonly policy: Partial<Pick<ValidationPolicy, 'rules'>>;
  readonly jobs: PipelineJobs;
  readonly changeItem: ChangeItem;
  readonly drive: Drive;
  readonly clock: Clock;
  readonly log: Log;
};

/** What the function answers: CodePipeline is told by its API, and nobody knows that it reads this. */
export type JobAnswer = {
  readonly status: 'Succeeded' | 'Failed' | 'InProgress';
  readonly summary: string;
  readonly externalExecutionId: string;
};

/** Where pipelines ask for a verdict: their Lambda actions, and the LambdaInvoke rules of their stages. */
export type JobDoor = {
  /** Works on a job and tells its result. It rejects when it is to be called again with the same job. */
  readonly serve: (job: PipelineJob, left: () => number) => Promise<JobAnswer>;
  /** Tells the result of a job that Lambda has given up. It rejects when the message has to come again. */
  readonly giveUp: (job: PipelineJob, says: string) => Promise<void>;
};

/** So long a run is driven at a time. */
const SLICE_MS = 40_000;

/** CodePipeline may come again at once: so long a job takes at least, unless its run is decided. */
const LEAST_MS = 10_000;

/** What is left for telling. */
const TELL_MS = 15_000;

/** So long a pipeline waits for an action: https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html */
const WAITS_MS = 24 * 60 * 60_000;

const FIRST_AGAIN_MS = 500;

/**
 * Says whether executions of pipelines go on. A job is worked on for a while and then given back with a token, and comes
 * again as another job; whichever it is, it is told what is on record of the run.
 */
export const createJobDoor = (deps: JobDoorDeps): JobDoor => ({
  serve: async (job, left) => {
    const { clock } = deps;
    const until = clock.now() + SLICE_MS;
    const taken = await takeIn(deps, job);
    if (taken.kind === 'refused') {
      return refuse(deps, job, taken, until);
    }
    if (taken.kind === 'answered') {
      return answerOf(taken.id, jobResultOf(taken.id, taken.run));
    }
    const leftToDrive = (): number => left() - TELL_MS;
    return tell(deps, await driven(deps, taken, { until, left: leftToDrive }), until);
  },
  giveUp: (job, says) => giveUp(deps, job, says),
});

/** A job at its run. */
type Taken = {
  readonly kind: 'taken';
  readonly id: string;
  readonly run: Run;
  /** As it was last written. */
  readonly item: HeldRun['item'];
  readonly job: PipelineJob;
  readonly token: JobToken;
  /** Whether somebody has taken in the same job before. */
  readonly isRepeat: boolean;
};

type TakenIn =
  | Taken
  /** A job behind it has come since: this one has been told. */
  | { readonly kind: 'answered'; readonly id: string; readonly run: Run }
  /** It leads to no run that it may be told of. */
  | Refusal;

type Refusal = {
  readonly kind: 'refused';
  readonly id: string;
  readonly result: Extract<JobResult, { readonly kind: 'failed' }>;
};

const takeIn = async (deps: JobDoorDeps, job: PipelineJob): Promise<TakenIn> => {
  const { home, changeItem, log, clock } = deps;
  const before = job.token === undefined ? undefined : readJobToken(job.token);
  const first = before?.job ?? job.jobId;
  const id = runIdOf(home, 'codepipeline', first);
  if (job.token !== undefined && before === undefined) {
    return refused(id, 'ConfigurationError', 'The continuation token of this job is not one of Gatehouse’s');
  }
  const [place, { outcome: stored }] = await Promise.all([
    placeOf(deps, job),
    changeItem(runKey(id), runItem, unchanged),
  ]);
  const token: JobToken = { job: first, turn: (before?.turn ?? 0) + 1 };
  if (stored === undefined && before !== undefined) {
    return refused(id, 'SystemUnavailable', 'The run of this action is not on record any more');
  }
  if (stored === undefined) {
    const run = await begin(deps, job, place, token.turn);
    const kept = await keepRun(deps, id, run);
    if (kept.stored.run === run) {
      return { kind: 'taken', id, run, item: kept.item, job, token, isRepeat: false };
    }
  } else if (!isOf(stored.run, place)) {
    return refused(id, 'ConfigurationError', 'The continuation token of this job is of another action');
  }
  const { outcome, item } = await changeItem(runKey(id), runItem, called(job.jobId, token.turn));
  if (outcome === undefined) {
    throw new Error('The run was not kept');
  }
  const { run, as } = outcome;
  if (as === 'answered') {
    log.info('job told before', { run: id, turn: token.turn });
    return { kind: 'answered', id, run };
  }
  log.info('job taken in', { run: id, turn: token.turn, seconds: Math.round((clock.now() - run.startedAt) / 1000) });
  return { kind: 'taken', id, run, item, job, token, isRepeat: stored !== undefined && as === 'again' };
};

const refused = (id: string, type: Refusal['result']['type'], message: string): Refusal => ({
  kind: 'refused',
  id,
  result: { kind: 'failed', type, message },
});

type Called = { readonly run: Run; readonly as: 'new' | 'again' | 'answered' };

/** Has a run know the job that it is told to. */
const called =
  (jobId: string, turn: number) =>
  (stored: StoredRun | undefined): { readonly body?: StoredRun; readonly outcome: Called | undefined } => {
    if (stored?.run.call.kind !== 'codepipeline-job') {
      return { outcome: undefined };
    }
    const { run } = stored;
    const { call } = stored.run;
    if (turn < call.turn) {
      return { outcome: { run, as: 'answered' } };
    }
    if (turn === call.turn && jobId === call.jobId) {
      return { outcome: { run, as: 'again' } };
    }
    const next: Run = { ...run, call: { kind: 'codepipeline-job', jobId, turn } };
    return { body: { ...stored, run: next }, outcome: { run: next, as: 'new' } };
  };

/** Where a job belongs; what CodePipeline does not say of it, its author may. `isClaimed`: some of it is the author's word. */
type Place = { readonly parts: Partial<PipelinePlace>; readonly isClaimed: boolean };

const placeOf = async ({ jobs }: JobDoorDeps, { jobId, parameters }: PipelineJob): Promise<Place> => {
  const told = await jobs.place(jobId);
  const claimed = claimedPlace(parameters);
  return { parts: { ...claimed, ...told }, isClaimed: PARTS.some((part) => told[part] === undefined) };
};

const PARTS = ['pipeline', 'execution', 'stage', 'action'] as const;

const isComplete = (parts: Partial<PipelinePlace>): parts is PipelinePlace =>
  PARTS.every((part) => parts[part] !== undefined);

/** Whether nothing that is known of a job speaks against its being one of a run's. */
const isOf = ({ rollout, variables }: Run, { parts: { pipeline, execution, stage, action } }: Place): boolean =>
  rollout.source === 'codepipeline' &&
  // It could not begin, and nothing was known.
  (rollout.name === '' ||
    [
      [pipeline, rollout.name],
      [execution, rollout.executionId],
      [stage, variables['pipeline.stage']],
      [action, variables['pipeline.action']],
    ].every(([told, own]) => told === undefined || told === own));

const begin = async (
  deps: JobDoorDeps,
  { jobId }: PipelineJob,
  { parts, isClaimed }: Place,
  turn: number,
): Promise<Run> => {
  const { home, suites, policy, jobs, clock } = deps;
  if (!isComplete(parts)) {
    return notBegun(deps, jobId, turn, NOWHERE);
  }
  const { pipeline, execution, stage, action } = parts;
  const rollout: PipelineExecution = { source: 'codepipeline', ...home, name: pipeline, executionId: execution };
  const suite = chooseSuite({ platform: 'codepipeline', pipeline, stage, action }, suites);
  const isRollback = !isClaimed && (await jobs.isRollback(pipeline, execution));
  const now = clock.now();
  return beginRun({
    platform: 'codepipeline',
    rollout,
    call: { kind: 'codepipeline-job', jobId, turn },
    hook: `${stage}/${action}`,
    ...(suite !== undefined && { suite }),
    // Whoever writes an action may say that it is another pipeline's: that gains them nothing.
    allowances: isClaimed ? {} : allowancesAt(policy, rollout, suite?.name),
    variables: {
      pipeline,
      'execution.id': execution,
      'pipeline.stage': stage,
      'pipeline.action': action,
      region: home.region,
      account: home.account,
    },
    isRollback,
    waitsUntil: now + WAITS_MS,
    now,
  });
};

const NOWHERE =
  'CodePipeline does not say where this job belongs, and the UserParameters of its action do not say it either: they are to be {"pipeline": "...", "execution": "#{codepipeline.PipelineExecutionId}", "stage": "...", "action": "..."}.';

const notBegun = ({ home, clock }: JobDoorDeps, jobId: string, turn: number, says: string): Run => {
  const now = clock.now();
  return beginRun({
    platform: 'codepipeline',
    rollout: { source: 'codepipeline', ...home, name: '', executionId: jobId },
    call: { kind: 'codepipeline-job', jobId, turn },
    allowances: {},
    variables: {},
    isRollback: false,
    notBegun: says,
    waitsUntil: now + WAITS_MS,
    now,
  });
};

const isOpen = ({ state }: Run): boolean => state.kind === 'running' || state.kind === 'asking';

/** Drives a run until it is decided, or there is nothing to be done for a while; gives it as it was written last. */
const driven = async ({ drive, clock }: JobDoorDeps, first: Taken, slice: Slice): Promise<Taken> => {
  const least = clock.now() + LEAST_MS;
  let taken = first;
  let from = heldBy(first);
  while (isOpen(taken.run)) {
    const after = await drive(taken.id, slice, from);
    if (after.kind === 'unknown-run') {
      throw new Error('The run is gone');
    }
    const { stored, item } = after;
    taken = { ...taken, run: stored.run, item };
    const now = clock.now();
    if (!isOpen(taken.run) || now >= least || slice.left() <= 0) {
      return taken;
    }
    await clock.sleep(Math.max(1_000, Math.min(stored.lookAt ?? least, least) - now));
    // Others may have written meanwhile.
    from = {};
  }
  return taken;
};

const heldBy = ({ item }: Taken): DriveFrom => ({ ...(item && { held: item }) });

/** Tells a job what is on record of its run, and the run that it was told. */
const tell = async (deps: JobDoorDeps, taken: Taken, until: number): Promise<JobAnswer> => {
  const { clock, drive, log } = deps;
  const { id, run, job, token, isRepeat } = taken;
  const result = jobResultOf(id, run);
  const told = await insist(deps, job.jobId, id, result, token, until);
  if (result.kind === 'goes-on') {
    // Its next job comes, or the sweep ends the run.
    log.info('job goes on', { run: id, turn: token.turn, percent: result.percent, as: told.kind });
    return answerOf(id, result);
  }
  const said = inputOf(told, isRepeat);
  log.info('verdict told', { run: id, turn: token.turn, action: result.kind, as: told.kind });
  await drive(id, { until: clock.now(), left: () => 0 }, { ...heldBy(taken), said: [said] });
  return answerOf(id, result);
};

type Told = Exclude<JobTold, { readonly kind: 'not-taken' }> & { readonly tries: number };

/** A job takes one result: one that has it already has it from us, if anybody has been here before. */
const inputOf = ({ kind, tries }: Told, isRepeat: boolean): Input => {
  switch (kind) {
    case 'taken':
      return { kind: 'reported', as: 'done' };
    case 'had-one':
      return isRepeat || tries > 1
        ? { kind: 'reported', as: 'already-so' }
        : { kind: 'refused', says: 'CodePipeline had ended the action before' };
    case 'unknown-job':
      return { kind: 'refused', says: 'CodePipeline does not know the job any more' };
  }
};

/** Tells a result again until it is taken, for as long as there is time. */
const insist = async (
  { jobs, clock, log }: JobDoorDeps,
  jobId: string,
  id: string,
  result: JobResult,
  token: JobToken,
  until: number,
): Promise<Told> => {
  for (let tries = 1; ; tries += 1) {
    const told = await jobs.tell(jobId, id, result, writeJobToken(token));
    if (told.kind !== 'not-taken') {
      return { ...told, tries };
    }
    const { says, isDenied } = told;
    const pauseMs = Math.min(8_000, FIRST_AGAIN_MS * 2 ** tries);
    if (isDenied || clock.now() + pauseMs >= until) {
      log.error('verdict not reported', { run: id, action: result.kind, reason: says, tries });
      throw new Error(`CodePipeline does not take the result of the job: ${says}`);
    }
    log.warn('verdict not taken yet', { run: id, action: result.kind, reason: says, tries });
    await clock.sleep(pauseMs);
  }
};

const refuse = async (
  deps: JobDoorDeps,
  { jobId }: PipelineJob,
  { id, result }: Refusal,
  until: number,
): Promise<JobAnswer> => {
  const { kind } = await insist(deps, jobId, id, result, { job: jobId, turn: 1 }, until);
  deps.log.error('job refused', { run: id, reason: result.message, as: kind });
  return answerOf(id, result);
};

const answerOf = (id: string, result: JobResult): JobAnswer => {
  switch (result.kind) {
    case 'goes-on':
      return { status: 'InProgress', summary: result.summary, externalExecutionId: id };
    case 'succeeded':
      return { status: 'Succeeded', summary: result.summary, externalExecutionId: id };
    case 'failed':
      return { status: 'Failed', summary: result.message, externalExecutionId: id };
  }
};

/**
 * Answers a job that Lambda has given up, and drives nothing: what is on record is told, what goes on is given back, and
 * where nothing could be begun, or not even read, the action fails. It would hang for twenty minutes otherwise.
 */
const giveUp = async (deps: JobDoorDeps, job: PipelineJob, says: string): Promise<void> => {
  const { clock, log } = deps;
  const until = clock.now() + SLICE_MS;
  log.error('job given up', { job: job.jobId, reason: says });
  const taken = await takeIn(deps, job).catch((error: unknown) => {
    log.warn('job not taken in at last', { job: job.jobId, error: asError(error) });
    return unreadable(deps, job, says);
  });
  switch (taken.kind) {
    case 'taken':
      // Whoever had it before may have told it.
      await tell(deps, { ...taken, isRepeat: true }, until);
      return;
    case 'refused':
      await refuse(deps, job, taken, until);
      return;
    case 'answered':
  }
};

const unreadable = ({ home }: JobDoorDeps, { jobId }: PipelineJob, says: string): Refusal =>
  refused(runIdOf(home, 'codepipeline', jobId), 'SystemUnavailable', `${says}, and nothing was decided`);
