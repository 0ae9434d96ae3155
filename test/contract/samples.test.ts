import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { readRecordedAnswers, recordedJoin } from '../../local/recorded/recorded-answers.ts';
import { factId } from '../../shared/rollout/fact-id.ts';
import { fold } from '../../shared/rollout/fold.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Rollout, StateChange } from '../../shared/rollout/rollout.ts';
import { isUnjoined } from '../../shared/rollout/service-deployment.ts';

const folder = join(import.meta.dirname, '../../events');
const everyPath = globSync('**/*.json', { cwd: folder }).sort();

/** As EventBridge sends them; the envelopes are what SNS makes of events, and what triggers send. */
const paths = everyPath.filter((path) => !path.startsWith('envelopes'));

const textOf = (path: string): string => readFileSync(join(folder, path), 'utf8');

const changeOf = (path: string): StateChange => {
  const parsed = parseEventText(textOf(path));
  if (parsed.kind !== 'change') {
    throw new Error(`${path}: ${parsed.kind}`);
  }
  return parsed.change;
};

const Sample = v.object({
  id: v.string(),
  'detail-type': v.string(),
  detail: v.union([
    v.pipe(
      v.object({ state: v.string() }),
      v.transform(({ state }) => state),
    ),
    v.pipe(
      v.object({ eventName: v.string() }),
      v.transform(({ eventName }) => eventName),
    ),
  ]),
});

const samples = paths.map((path) => v.parse(Sample, JSON.parse(textOf(path))));

const statesOf = (detailType: string): readonly string[] =>
  [...new Set(samples.filter((sample) => sample['detail-type'] === detailType).map((sample) => sample.detail))].sort();

const run = (story: string): readonly StateChange[] =>
  paths.filter((path) => path.startsWith(join('runs', story) + '/')).map(changeOf);

/** A run of an ECS service, as ECS would say which deployment each event is of. */
const joinedRun = async (story: string): Promise<readonly StateChange[]> => {
  const join = recordedJoin(await readRecordedAnswers());
  const joined = await Promise.all(
    run(story).map((change) => (isUnjoined(change) ? join(change) : Promise.resolve(change))),
  );
  return joined.flatMap((change) => change ?? []);
};

describe('the sample events', () => {
  it.each(paths)('holds in %s a state change', (path) => {
    expect(textOf(path)).toContain(`"source": "aws.${changeOf(path).rollout.source}"`);
  });

  it.each([
    [
      'CodePipeline Pipeline Execution State Change',
      ['CANCELED', 'FAILED', 'RESUMED', 'STARTED', 'STOPPED', 'STOPPING', 'SUCCEEDED', 'SUPERSEDED'],
    ],
    [
      'CodePipeline Stage Execution State Change',
      ['CANCELED', 'FAILED', 'RESUMED', 'STARTED', 'STOPPED', 'STOPPING', 'SUCCEEDED'],
    ],
    ['CodePipeline Action Execution State Change', ['ABANDONED', 'CANCELED', 'FAILED', 'STARTED', 'SUCCEEDED']],
    ['CodeDeploy Deployment State-change Notification', ['FAILURE', 'READY', 'START', 'STOP', 'SUCCESS']],
    ['CodeDeploy Instance State-change Notification', ['FAILURE', 'READY', 'START', 'SUCCESS']],
    [
      'ECS Deployment State Change',
      ['SERVICE_DEPLOYMENT_COMPLETED', 'SERVICE_DEPLOYMENT_FAILED', 'SERVICE_DEPLOYMENT_IN_PROGRESS'],
    ],
    [
      'ECS Hook State Change',
      ['HOOK_AWAITING_ACTION', 'HOOK_FAILED', 'HOOK_IN_PROGRESS', 'HOOK_SUCCEEDED', 'HOOK_TIMED_OUT'],
    ],
  ])('show every documented state of a %s', (detailType, states) => {
    expect(statesOf(detailType)).toEqual(states);
  });

  it('have each an id of its own', () => {
    expect(new Set(samples.map(({ id }) => id)).size).toBe(samples.length);
  });

  it('write the attempt as AWS does, which no JSON writer keeps', () => {
    const ofPipelines = paths.filter((path) => changeOf(path).rollout.source === 'codepipeline');
    const attempts = ofPipelines.map((path) => /"pipeline-execution-attempt": (.*)/.exec(textOf(path))?.[1]);
    expect([...new Set(attempts)].sort()).toEqual(['0.0', '1.0', '2.0']);
  });

  it('stand alone: each loose file is a rollout of its own', () => {
    const loose = paths.filter((path) => !path.startsWith('runs')).map((path) => changeOf(path).rollout.executionId);
    expect(new Set(loose).size).toBe(loose.length);
  });
});

describe('the sample envelopes', () => {
  const outcomeOf = (path: string): string => {
    const parsed = parseEventText(textOf(join('envelopes', path)));
    switch (parsed.kind) {
      case 'change':
        return `${registerName(parsed.change.register)} ${parsed.change.state}`;
      case 'approval':
        return `approval: ${parsed.request.pipeline} ${parsed.request.stage} ${parsed.request.action}`;
      case 'ignored':
      case 'quarantined':
        return `${parsed.kind}: ${parsed.reason}`;
    }
  };

  it('hold what their names say', () => {
    const envelopes = everyPath.filter((path) => path.startsWith('envelopes')).map((path) => basename(path));
    expect(Object.fromEntries(envelopes.map((path) => [path, outcomeOf(path)]))).toEqual({
      'approval-requested.json': 'approval: payments-prod Approve ProdGate',
      'deployment-failed-by-notification-rule.json': 'rollout failed',
      'deployment-failed-by-trigger-raw.json': 'rollout failed',
      'deployment-failed-by-trigger-to-lambda.json': 'rollout failed',
      'deployment-failed-by-trigger.json': 'rollout failed',
      'deployment-started-by-trigger-as-documented.json': 'rollout in-progress',
      'deployment-started-by-trigger.json': 'rollout in-progress',
      'instance-failed-by-trigger.json': 'ignored: a trigger message that names no application and deployment group',
      'pipeline-failed-by-notification-rule.json': 'rollout failed',
      'pipeline-failed-by-queue-to-lambda.json': 'rollout failed',
      'pipeline-failed-by-rule-and-topic.json': 'rollout failed',
      'rollback-succeeded-by-trigger.json': 'rollout succeeded',
      'subscription-confirmation.json': 'ignored: an SNS message about a subscription',
      'trigger-test-message.json': 'ignored: an SNS message in plain text',
    });
  });

  it.each([
    ['codepipeline/pipeline-failed.json', 'pipeline-failed-by-notification-rule.json'],
    ['codepipeline/pipeline-failed.json', 'pipeline-failed-by-queue-to-lambda.json'],
    ['codepipeline/pipeline-failed.json', 'pipeline-failed-by-rule-and-topic.json'],
    ['codedeploy/deployment-failed.json', 'deployment-failed-by-notification-rule.json'],
    ['codedeploy/deployment-failed.json', 'deployment-failed-by-trigger.json'],
    ['codedeploy/deployment-failed.json', 'deployment-failed-by-trigger-raw.json'],
    ['codedeploy/deployment-failed.json', 'deployment-failed-by-trigger-to-lambda.json'],
  ])('tell the fact of %s a second time: %s', (event, envelope) => {
    const [byBus, bySns] = [changeOf(event), changeOf(join('envelopes', envelope))];
    expect(bySns.rollout).toEqual(byBus.rollout);
    expect(factId(bySns)).toBe(factId(byBus));
  });
});

describe('a run', () => {
  it.each([
    ['success', 'succeeded', 1, ['Source', 'Build', 'Deploy']],
    ['failure-and-retry', 'succeeded', 2, ['Source', 'Build', 'Deploy']],
    ['approval', 'succeeded', 1, ['Source', 'Build', 'Approve', 'Deploy']],
    ['stopped', 'stopped', 1, ['Source', 'Build']],
    ['superseded', 'superseded', 1, ['Source', 'Build']],
  ])('of %s is one rollout that ends %s', (story, state, attempt, stages) => {
    const changes = run(story);
    const rollout = changes.reduce<Rollout | undefined>(fold, undefined);
    const overview = rollout && overviewOf(rollout);
    expect(new Set(changes.map((change) => change.rollout.executionId)).size).toBe(1);
    expect({
      state: overview?.state,
      attempt: overview?.attempt,
      stages: overview?.stages.map(({ stage }) => stage),
      failures: overview?.failures,
    }).toEqual({ state, attempt, stages, failures: [] });
  });

  it.each([
    ['deployment-success', 'succeeded', { total: 3, succeeded: 3, failed: [], isPart: false }],
    [
      'deployment-failure',
      'failed',
      { total: 3, succeeded: 1, failed: ['i-0b2c3d4e5f6071829', 'i-0c3d4e5f607182930'], isPart: false },
    ],
  ])('of %s is one deployment that ends %s', (story, state, instances) => {
    const changes = run(story);
    const rollout = changes.reduce<Rollout | undefined>(fold, undefined);
    const overview = rollout && overviewOf(rollout);
    expect(new Set(changes.map((change) => change.rollout.executionId)).size).toBe(1);
    expect({ state: overview?.state, instances: overview?.instances }).toEqual({ state, instances });
  });

  it('of rollback is a deployment that fails and one that undoes it', () => {
    const rollouts = Map.groupBy(run('rollback'), ({ rollout }) => rollout.executionId);
    const ends = [...rollouts].map(([id, changes]) => {
      const rollout = changes.reduce<Rollout | undefined>(fold, undefined);
      return [id, rollout && overviewOf(rollout).state];
    });
    expect(ends).toEqual([
      ['d-4K8XQ2VZP', 'failed'],
      ['d-7M1WTN3HC', 'succeeded'],
    ]);
  });

  it('of an ECS service that pauses is one rollout that waits and succeeds', async () => {
    const changes = await joinedRun('service-pause');
    const states = changes.map((_, index) => {
      const rollout = changes.slice(0, index + 1).reduce<Rollout | undefined>(fold, undefined);
      return rollout && overviewOf(rollout).state;
    });
    expect(new Set(changes.map(({ rollout }) => rollout.executionId)).size).toBe(1);
    expect(states).toEqual(['in-progress', 'in-progress', 'waiting', 'in-progress', 'succeeded']);
  });

  it('of an ECS service that rolls back is one rollout, which never succeeds', async () => {
    const changes = await joinedRun('service-rollback');
    const states = changes.map((_, index) => {
      const rollout = changes.slice(0, index + 1).reduce<Rollout | undefined>(fold, undefined);
      return rollout && overviewOf(rollout).state;
    });
    expect(new Set(changes.map(({ rollout }) => rollout.executionId)).size).toBe(1);
    expect(states).toEqual(['in-progress', 'failed', 'stopping', 'failed']);
  });

  it.each([
    'success',
    'failure-and-retry',
    'approval',
    'stopped',
    'superseded',
    'deployment-success',
    'deployment-failure',
    'rollback',
    'service-pause',
    'service-rollback',
  ])('of %s is in order', (story) => {
    const times = run(story).map(({ version }) => version.time);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
