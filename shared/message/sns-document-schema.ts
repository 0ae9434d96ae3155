import * as v from 'valibot';
import { SOURCES } from '../config/config.ts';
import { STATES } from '../rollout/state.ts';

const described = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(schema, v.description(description));

const text = (most: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(most));

const Name = text(250);

const Time = v.pipe(v.string(), v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/));

const Count = v.pipe(v.number(), v.integer(), v.minValue(0));

const result = {
  errorCode: described(v.optional(text(100)), 'The error code that AWS gave.'),
  summary: described(v.optional(text(300)), 'What AWS or the action said of it.'),
  url: described(v.optional(text(400)), 'Where the details are.'),
};

const Result = v.object(result);

const Trigger = v.variant('kind', [
  v.object({
    kind: v.literal('commit'),
    author: v.optional(text(300)),
    ref: v.optional(text(300)),
    commit: v.optional(text(300)),
    message: v.optional(text(300)),
    repository: v.optional(text(300)),
  }),
  v.object({ kind: v.literal('other'), type: v.optional(text(300)), detail: v.optional(text(300)) }),
]);

const RolloutNow = v.object({
  state: described(v.picklist(STATES), 'What all of it is in.'),
  attempt: described(Count, '1 for the first run, 2 after a stage was retried, and so on.'),
  startedAt: described(v.optional(Time), 'The earliest start that any event told.'),
  endedAt: described(v.optional(Time), 'Left out while it runs.'),
  rollbackOf: described(v.optional(Name), 'The id of the deployment that this one undoes.'),
  rolledBackBy: described(v.optional(Name), 'The id of the deployment that undoes this one.'),
  creator: described(
    v.optional(text(100)),
    'Who made a deployment, in CodeDeploy’s word: user, codeDeployRollback, ...',
  ),
  stopReason: described(v.optional(text(300)), 'Why somebody stopped it.'),
  failure: described(v.optional(Result), 'Why all of it failed, where AWS says so of all of it.'),
  failures: described(
    v.pipe(v.array(v.object({ stage: Name, action: Name, ...result })), v.maxLength(10)),
    'The actions that failed and were not retried since.',
  ),
  waiting: described(
    v.pipe(v.array(v.object({ stage: Name, action: Name, startedAt: v.optional(Time) })), v.maxLength(10)),
    'The actions that wait for approval.',
  ),
  stages: described(
    v.pipe(
      v.array(
        v.object({
          stage: Name,
          state: v.picklist(STATES),
          number: described(v.optional(Count), 'Its place among the pipeline’s stages, from 1.'),
          startedAt: v.optional(Time),
        }),
      ),
      v.maxLength(60),
    ),
    'The stages that have been heard of, in the order they started.',
  ),
  instances: described(
    v.optional(
      v.object({
        total: Count,
        succeeded: Count,
        failed: Count,
        failedNames: v.pipe(v.array(Name), v.maxLength(20)),
        isPart: described(v.boolean(), 'true when there may be more than are counted.'),
      }),
    ),
    'The instances of a deployment that have been heard of.',
  ),
  trigger: described(v.optional(Trigger), 'Who or what started it. Free text of anyone who can push a commit.'),
  shortened: described(v.optional(v.literal(true)), 'Present when a list here was longer than there is room for.'),
});

/** What machines get of a state change. Published as JSON Schema; keys are only ever added under one number. */
export const SnsDocument = v.object({
  schema: described(v.literal(1), 'The version of this schema. Keys may be added to it, none changes its meaning.'),
  eventId: described(Name, 'The id of the event that told it.'),
  factId: described(
    v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
    'The same for the same fact, by whatever road it came: what was seen before needs nothing more.',
  ),
  version: described(
    v.pipe(v.string(), v.regex(/^\d{6,}#\d{14,}#\d{2,}$/)),
    'Orders the changes of one register of one rollout, compared as text: a smaller one is older news.',
  ),
  time: described(v.optional(Time), 'When it happened, by the event.'),
  source: described(v.picklist(SOURCES), 'The service that deploys.'),
  name: described(text(501), 'The name of the pipeline, "application/group", or "cluster/service".'),
  application: described(v.optional(Name), 'Of a deployment: its application.'),
  group: described(v.optional(Name), 'Of a deployment: its deployment group.'),
  cluster: described(v.optional(Name), 'Of an ECS service deployment: its cluster.'),
  service: described(v.optional(Name), 'Of an ECS service deployment: its service.'),
  executionId: described(Name, 'The id of the pipeline execution, or of the deployment.'),
  account: described(text(12), 'The account in which it happens.'),
  accountName: described(v.optional(Name), 'What gatehouse.yml calls the account.'),
  region: described(text(100), 'The region in which it happens.'),
  regionName: described(v.optional(Name), 'What gatehouse.yml calls the region.'),
  partition: described(text(20), 'The partition of the region: aws, aws-cn, aws-us-gov.'),
  environment: described(v.optional(Name), 'What gatehouse.yml calls the place that is deployed to.'),
  rollback: described(
    v.picklist(['yes', 'no', 'unknown']),
    'Whether it brings back what was there before: its success is not that of a new version. unknown: nobody has said so far.',
  ),
  consoleUrl: described(v.optional(text(2000)), 'The rollout in the AWS console.'),
  register: described(
    v.picklist(['rollout', 'stage', 'action', 'instance']),
    'Which part of the rollout changed: all of it, or the stage, action or instance that is named.',
  ),
  stage: described(
    v.optional(Name),
    'The stage that changed, or the stage of the action that did; of ECS a lifecycle stage.',
  ),
  action: described(v.optional(Name), 'The action that changed; of an ECS service deployment the id of a hook.'),
  instance: described(v.optional(Name), 'The instance that changed.'),
  state: described(v.picklist(STATES), 'What that part is in since this change.'),
  result: described(v.optional(Result), 'What that part left behind.'),
  rollout: described(RolloutNow, 'The whole rollout, by all events that have arrived: it may be ahead of this change.'),
});

export type SnsDocument = v.InferOutput<typeof SnsDocument>;
