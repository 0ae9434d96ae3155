import { registerName } from '../../shared/rollout/rollout.ts';
import type {
  Deployment,
  PipelineExecution,
  Register,
  Result,
  RolloutId,
  Trigger,
} from '../../shared/rollout/rollout.ts';
import type { State } from '../../shared/rollout/state.ts';
import type { Chance } from '../../local/virtual/chance.ts';

/** An event as AWS sends it, and what it tells: written down when it is made, not read from it. */
export type ToldEvent = {
  readonly text: string;
  readonly eventId: string;
  readonly rollout: RolloutId;
  readonly register: Register;
  readonly state: State;
  readonly attempt: number;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly rank: number;
  readonly startedAt: number;
  readonly result: Result | undefined;
  readonly trigger: Trigger | undefined;
  readonly stopReason: string | undefined;
};

/** What an event tells, whoever tells it: a deployment enters each state once, a pipeline's stage as often as it is retried. */
export const factOf = ({ rollout, register, rank, eventId }: ToldEvent): string =>
  rollout.source === 'codedeploy'
    ? `${rollout.executionId} ${registerName(register)} ${rank}`
    : eventId.replace(/^~poll-/, '');

/** What AWS knows of a rollout when it is asked, and no event tells. */
export type Known =
  | { readonly rollout: PipelineExecution; readonly stages: readonly string[] }
  | {
      readonly rollout: Deployment;
      /** Undefined where CodeDeploy names nobody. */
      readonly creator: string | undefined;
      /** Epoch milliseconds, finer than an event tells them. */
      readonly createdAt: number;
      readonly endedAt: number | undefined;
      /** Known when it has ended. */
      readonly failure: { readonly code: string; readonly message: string } | undefined;
      /** The id of the deployment that it undoes. */
      readonly rollbackOf: string | undefined;
      /** The id of the deployment that undoes it: known when that one has begun. */
      readonly rolledBackBy: string | undefined;
    };

/** Something that happens: an execution, or a deployment and the one that undoes it. */
export type Run = {
  /** In the order in which they happened. */
  readonly events: readonly ToldEvent[];
  readonly known: readonly Known[];
};

export const PLACE = { partition: 'aws', account: '111122223333', region: 'eu-west-1' } as const;

type PipelineRegister = Exclude<Register, { readonly kind: 'instance' }>;

type Word =
  'STARTED' | 'RESUMED' | 'STOPPING' | 'STOPPED' | 'CANCELED' | 'SUPERSEDED' | 'ABANDONED' | 'FAILED' | 'SUCCEEDED';

const MEANINGS: Readonly<Record<Word, { readonly state: State; readonly rank: number }>> = {
  STARTED: { state: 'in-progress', rank: 10 },
  RESUMED: { state: 'in-progress', rank: 11 },
  STOPPING: { state: 'stopping', rank: 20 },
  STOPPED: { state: 'stopped', rank: 30 },
  CANCELED: { state: 'canceled', rank: 30 },
  SUPERSEDED: { state: 'superseded', rank: 30 },
  ABANDONED: { state: 'abandoned', rank: 30 },
  FAILED: { state: 'failed', rank: 40 },
  SUCCEEDED: { state: 'succeeded', rank: 50 },
};

const LEVELS = { rollout: 'Pipeline', stage: 'Stage', action: 'Action' } as const;

const STAGES = ['Source', 'Build', 'Deploy', 'Verify'] as const;
const ACTIONS = ['Run', 'Package', 'Approve'] as const;

export const PIPELINES = ['shop-prod', 'shop-staging', 'basket <!channel>', 'a#b'] as const;

/** One pipeline execution from its start to its end, in the order in which it happened. */
export const createExecution = (chance: Chance, number: number, startsAt: number): Run => {
  const rollout: PipelineExecution = {
    source: 'codepipeline',
    ...PLACE,
    name: chance.oneOf(...PIPELINES),
    executionId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
  };
  const events: ToldEvent[] = [];
  const run: Run = { events, known: [{ rollout, stages: STAGES }] };
  const starts = new Map<string, number>();
  let time = startsAt;
  let attempt = 1;

  const tell = (register: PipelineRegister, word: Word, more: Record<string, unknown> = {}, waits = false): void => {
    time += 1000 * chance.oneOf(0, 0, 0, 1, 2, 7, 30);
    const { state, rank } = MEANINGS[word];
    const eventId = `event-${number}-${events.length}`;
    const place = JSON.stringify(register);
    const startedAt = word === 'RESUMED' ? time : (starts.get(place) ?? time - chance.oneOf(0, 289));
    if (word !== 'RESUMED') {
      starts.set(place, startedAt);
    }
    const { kind, ...names } = register;
    const result: Result | undefined =
      word === 'FAILED' && kind === 'action'
        ? { summary: 'Tests <failed> & more', errorCode: 'JobFailed', url: `https://example.com/builds/${number}` }
        : undefined;
    const isFirst = kind === 'rollout' && word === 'STARTED';
    const stopReason = kind === 'rollout' && word === 'STOPPING' ? `Not today, ${number}` : undefined;
    const trigger: Trigger | undefined = isFirst
      ? { kind: 'other', type: 'StartPipelineExecution', detail: `arn:aws:iam::111122223333:user/ada-${number}` }
      : undefined;
    events.push({
      eventId,
      rollout,
      register,
      state: waits ? 'waiting' : state,
      attempt,
      time,
      rank,
      startedAt,
      result,
      trigger,
      stopReason,
      text: JSON.stringify({
        version: '0',
        id: eventId,
        'detail-type': `CodePipeline ${LEVELS[kind]} Execution State Change`,
        source: 'aws.codepipeline',
        account: rollout.account,
        time: new Date(time).toISOString().replace('.000Z', 'Z'),
        region: rollout.region,
        resources: [],
        detail: {
          pipeline: rollout.name,
          'execution-id': rollout.executionId,
          state: word,
          version: 7,
          ...names,
          'pipeline-execution-attempt': attempt,
          ...(word !== 'RESUMED' && { 'start-time': new Date(startedAt).toISOString() }),
          ...(result && {
            'execution-result': {
              'external-execution-summary': result.summary,
              'external-execution-url': result.url,
              'error-code': result.errorCode,
            },
          }),
          ...(trigger && {
            'execution-trigger': { 'trigger-type': trigger.type, 'trigger-detail': trigger.detail },
          }),
          ...(stopReason !== undefined && { 'stop-execution-comments': stopReason }),
          ...more,
        },
      }),
    });
  };

  const whole: PipelineRegister = { kind: 'rollout' };

  /** True: the stage came to a good end. */
  const runStage = (stage: (typeof STAGES)[number], begin: 'STARTED' | 'RESUMED'): boolean => {
    tell({ kind: 'stage', stage }, begin);
    for (const action of ACTIONS.slice(0, chance.between(1, 3))) {
      const register: PipelineRegister = { kind: 'action', stage, action };
      const isApproval = action === 'Approve';
      tell(register, 'STARTED', { type: { category: isApproval ? 'Approval' : 'Build' } }, isApproval);
      if (chance.happens(0.15)) {
        tell(register, 'FAILED');
        tell({ kind: 'stage', stage }, 'FAILED');
        return false;
      }
      tell(register, 'SUCCEEDED');
    }
    tell({ kind: 'stage', stage }, 'SUCCEEDED');
    return true;
  };

  tell(whole, 'STARTED');
  for (const stage of STAGES.slice(0, chance.between(1, 4))) {
    if (chance.happens(0.06)) {
      tell(whole, 'SUPERSEDED');
      return run;
    }
    if (chance.happens(0.06)) {
      tell({ kind: 'stage', stage }, 'STARTED');
      tell({ kind: 'action', stage, action: 'Run' }, 'STARTED');
      tell(whole, 'STOPPING');
      tell({ kind: 'stage', stage }, 'STOPPING');
      tell({ kind: 'action', stage, action: 'Run' }, 'ABANDONED');
      tell({ kind: 'stage', stage }, 'STOPPED');
      tell(whole, 'STOPPED');
      return run;
    }
    let isGood = runStage(stage, 'STARTED');
    while (!isGood) {
      tell(whole, 'FAILED');
      if (attempt > 2 || chance.happens(0.4)) {
        return run;
      }
      attempt += 1;
      tell(whole, 'RESUMED');
      isGood = runStage(stage, 'RESUMED');
    }
  }
  tell(whole, 'SUCCEEDED');
  return run;
};
