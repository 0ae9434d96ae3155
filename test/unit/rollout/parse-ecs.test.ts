import { describe, expect, it } from 'vitest';
import { parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { ParsedEvent } from '../../../shared/rollout/parsed-event.ts';
import type { StateChange } from '../../../shared/rollout/rollout.ts';
import { aHookEvent, aServiceEvent } from '../../support/events.ts';
import { aChange, aServiceDeploymentId, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

const UNJOINED = aServiceDeploymentId({ executionId: 'ecs-svc/4980306466373577095' });

type GivenChange = NonNullable<Parameters<typeof aChange>[0]>;

const deployment = ({ version, ...given }: GivenChange = {}): StateChange =>
  aChange({ rollout: UNJOINED, ...given, version: { attempt: 0, ...version } });

const change = (of: StateChange): ParsedEvent => ({ kind: 'change', change: of });

const idOf = (text: string) => {
  const parsed = parseEventText(text);
  return parsed.kind === 'change' ? parsed.change.rollout : parsed;
};

describe('an event of an ECS deployment', () => {
  it('that has begun is one in progress, of the service that its resources name', () => {
    expect(parseEventText(aServiceEvent())).toEqual(change(deployment()));
  });

  it('that is through is one that succeeded', () => {
    const text = aServiceEvent({}, { eventName: 'SERVICE_DEPLOYMENT_COMPLETED', reason: 'completed.' });
    expect(parseEventText(text)).toEqual(change(deployment({ state: 'succeeded', version: { rank: 50 } })));
  });

  it('that failed says why', () => {
    const reason = 'ECS deployment circuit breaker: task failed to start.';
    const text = aServiceEvent({}, { eventType: 'ERROR', eventName: 'SERVICE_DEPLOYMENT_FAILED', reason });
    const version = aVersion({ attempt: 0, rank: 40 });
    expect(parseEventText(text)).toEqual(
      change(deployment({ state: 'failed', version, facts: { failure: { version, value: { summary: reason } } } })),
    );
  });

  it.each([
    'ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/123.',
    'Rolled back to the last completed deployment.',
    'Service deployment rollback because of alarms.',
  ])('that begins a rollback is known by its reason: %s', (reason) => {
    const version = aVersion({ attempt: 0 });
    expect(parseEventText(aServiceEvent({}, { reason }))).toEqual(
      change(
        deployment({
          facts: { creator: { version, value: 'ecsRollback' }, stopReason: { version, value: reason } },
        }),
      ),
    );
  });

  it.each([
    ['eu-west-1', 'arn:aws:ecs:eu-west-1:111122223333:service/prod/shop', {}],
    ['cn-north-1', 'arn:aws-cn:ecs:cn-north-1:111122223333:service/prod/shop', { partition: 'aws-cn' }],
    ['us-gov-west-1', 'arn:aws-us-gov:ecs:us-gov-west-1:111122223333:service/prod/shop', { partition: 'aws-us-gov' }],
    ['eu-west-1', 'arn:aws:ecs:eu-west-1:111122223333:service/shop', { cluster: '' }],
    [
      'eu-west-1',
      'arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/0EYSiBq8vWc1T7rKzLm5x',
      { executionId: '0EYSiBq8vWc1T7rKzLm5x' },
    ],
  ])('in %s with the resource %s is of %j', (region, arn, given) => {
    expect(idOf(aServiceEvent({ region, resources: ['arn:aws:x', arn] }))).toEqual({ ...UNJOINED, region, ...given });
  });

  it.each([
    ['SERVICE_DEPLOYMENT_PENDING', 'in-progress', 10],
    ['SERVICE_DEPLOYMENT_SUCCESSFUL', 'succeeded', 50],
    ['SERVICE_DEPLOYMENT_STOP_REQUESTED', 'in-progress', 10],
    ['SERVICE_DEPLOYMENT_STOPPED', 'stopped', 30],
    ['SERVICE_DEPLOYMENT_ROLLBACK_REQUESTED', 'stopping', 60],
    ['SERVICE_DEPLOYMENT_ROLLBACK_IN_PROGRESS', 'stopping', 60],
    ['SERVICE_DEPLOYMENT_ROLLBACK_SUCCESSFUL', 'failed', 70],
    ['SERVICE_DEPLOYMENT_ROLLBACK_FAILED', 'failed', 70],
  ])('may be told by a status of the API: %s is %s', (eventName, state, rank) => {
    const parsed = parseEventText(aServiceEvent({}, { eventName }));
    expect(parsed.kind === 'change' && [parsed.change.state, parsed.change.version.rank]).toEqual([state, rank]);
  });

  it.each([
    [
      aServiceEvent({}, { eventName: 'SERVICE_DEPLOYMENT_PONDERED' }),
      'quarantined: detail.eventName: not a name of this detail-type',
    ],
    [aServiceEvent({}, { eventName: 'SERVICE_STEADY_STATE' }), 'ignored: an ECS event of something else'],
    [aServiceEvent({ 'detail-type': 'ECS Service Action' }), 'ignored: unknown detail-type'],
    [aServiceEvent({ 'detail-type': 'ECS Task State Change' }), 'ignored: unknown detail-type'],
    [aServiceEvent({ resources: [] }), 'quarantined: resources: no ARN of a service and no id of its deployment'],
    [
      aServiceEvent({ resources: 'service/prod/shop' }),
      'quarantined: resources: no ARN of a service and no id of its deployment',
    ],
    [
      aServiceEvent({}, { deploymentId: undefined }),
      'quarantined: resources: no ARN of a service and no id of its deployment',
    ],
    [
      aServiceEvent({ resources: ['arn:aws:ecs:eu-west-1:111122223333:service/prod/shop/../x'] }),
      'quarantined: resources: no ARN of a service and no id of its deployment',
    ],
  ])('that cannot be used says why: %s', (text, expected) => {
    const parsed = parseEventText(text);
    expect(
      parsed.kind === 'ignored' || parsed.kind === 'quarantined' ? `${parsed.kind}: ${parsed.reason}` : parsed,
    ).toBe(expected);
  });
});

describe('an event of an ECS hook', () => {
  const hook = ({ version, ...given }: GivenChange = {}): StateChange =>
    aChange({
      rollout: aServiceDeploymentId(),
      register: { kind: 'action', stage: 'POST_TEST_TRAFFIC_SHIFT', action: 'ecs-pause-e7tK9G' },
      approvalId: 'ecs-pause-e7tK9G',
      expiresAt: TEN_O_CLOCK + 24 * 3_600_000,
      ...given,
      version: { attempt: 0, ...version },
    });

  it.each([
    ['HOOK_IN_PROGRESS', 'in-progress', 10],
    ['HOOK_AWAITING_ACTION', 'waiting', 15],
    ['HOOK_TIMED_OUT', 'abandoned', 35],
    ['HOOK_FAILED', 'failed', 40],
    ['HOOK_SUCCEEDED', 'succeeded', 50],
  ] as const)('in %s is an action of its lifecycle stage that is %s', (eventName, state, rank) => {
    expect(parseEventText(aHookEvent({}, { eventName }))).toEqual(change(hook({ state, version: { rank } })));
  });

  it('is of the deployment that it or its resources name', () => {
    expect(idOf(aHookEvent({ resources: undefined }))).toEqual(aServiceDeploymentId());
    expect(idOf(aHookEvent({}, { serviceDeploymentArn: undefined }))).toEqual(aServiceDeploymentId());
  });

  it('waits for nobody when it is a function', () => {
    const parsed = parseEventText(aHookEvent({}, { eventName: 'HOOK_IN_PROGRESS', hookType: 'AWS_LAMBDA' }));
    expect(parsed.kind === 'change' && parsed.change.approvalId).toBeUndefined();
  });

  it('says nothing of an end of its time that it cannot read', () => {
    const parsed = parseEventText(aHookEvent({}, { expiresAt: 'tomorrow' }));
    expect(parsed.kind === 'change' && parsed.change.expiresAt).toBeUndefined();
  });

  it('keeps a lifecycle stage that nobody has heard of', () => {
    const parsed = parseEventText(aHookEvent({}, { lifecycleStage: 'PRE_COFFEE' }));
    expect(parsed.kind === 'change' && parsed.change.register).toMatchObject({ stage: 'PRE_COFFEE' });
  });

  it.each([
    [{ eventName: 'HOOK_SNOOZED' }, 'detail.eventName: not a name of this detail-type'],
    [{ hookId: '' }, 'detail.hookId: is empty'],
    [{ lifecycleStage: '<!channel>' }, 'detail.lifecycleStage: is not a lifecycle stage'],
    [{ hookId: undefined }, 'detail.hookId: missing'],
  ])('that cannot be used says why: %j', (detail, reason) => {
    expect(parseEventText(aHookEvent({}, detail))).toEqual({ kind: 'quarantined', reason });
  });

  it('needs the ARN of a service deployment', () => {
    expect(parseEventText(aHookEvent({ resources: [] }, { serviceDeploymentArn: 'arn:aws:ecs:x' }))).toEqual({
      kind: 'quarantined',
      reason: 'detail.serviceDeploymentArn: not the ARN of a service deployment',
    });
  });
});
