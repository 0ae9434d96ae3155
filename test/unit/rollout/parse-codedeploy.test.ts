import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { factId } from '../../../shared/rollout/fact-id.ts';
import { parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { ParsedEvent } from '../../../shared/rollout/parsed-event.ts';
import type { StateChange } from '../../../shared/rollout/rollout.ts';
import { timeOfTrigger } from '../../../shared/rollout/trigger-time.ts';
import { hostileText } from '../../support/arbitraries.ts';
import { aDeploymentEvent, aNotification, aTriggerMessage } from '../../support/events.ts';
import { aChange, aDeploymentId, TEN_O_CLOCK } from '../../support/rollouts.ts';

const INSTANCE = 'CodeDeploy Instance State-change Notification';

type GivenChange = Parameters<typeof aChange>[0];

const aDeployment = ({ version, ...given }: NonNullable<GivenChange> = {}): StateChange =>
  aChange({ rollout: aDeploymentId(), ...given, version: { attempt: 0, ...version } });

const change = (of: StateChange): ParsedEvent => ({ kind: 'change', change: of });
const quarantined = (reason: string): ParsedEvent => ({ kind: 'quarantined', reason });
const ignored = (reason: string): ParsedEvent => ({ kind: 'ignored', reason });

/** A change that goes by what it tells. */
const identified = (of: StateChange): StateChange => ({ ...of, version: { ...of.version, eventId: factId(of) } });

describe('an event of CodeDeploy', () => {
  it.each([
    ['START', 'in-progress', 10],
    ['READY', 'waiting', 15],
    ['STOP', 'stopped', 30],
    ['FAILURE', 'failed', 40],
    ['SUCCESS', 'succeeded', 50],
  ] as const)('of a deployment in %s is one that is %s', (told, state, rank) => {
    expect(parseEventText(aDeploymentEvent({}, { state: told }))).toEqual(
      change(aDeployment({ state, version: { rank } })),
    );
  });

  it.each([
    ['START', 'in-progress', 10],
    ['READY', 'in-progress', 15],
    ['STOP', 'stopped', 30],
    ['FAILURE', 'failed', 40],
    ['SUCCESS', 'succeeded', 50],
  ] as const)('of an instance in %s is one that is %s (B29)', (told, state, rank) => {
    const text = aDeploymentEvent({ 'detail-type': INSTANCE }, { instanceId: 'i-0a1b2c3d', state: told });
    expect(parseEventText(text)).toEqual(
      change(aDeployment({ register: { kind: 'instance', instance: 'i-0a1b2c3d' }, state, version: { rank } })),
    );
  });

  it.each([
    ['i-0a1b2c3d', 'i-0a1b2c3d'],
    ['mi-0a1b2c3d', 'mi-0a1b2c3d'],
    ['till 42', 'till 42'],
    ['arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d', 'i-0a1b2c3d'],
    ['arn:aws-cn:codedeploy:cn-north-1:111122223333:instance:till/42', 'till/42'],
    ['arn:aws:ecs:eu-west-1:111122223333:service/shop', 'arn:aws:ecs:eu-west-1:111122223333:service/shop'],
  ])('calls the instance %s %s', (told, instance) => {
    const text = aDeploymentEvent({ 'detail-type': INSTANCE }, { instanceId: told });
    expect(parseEventText(text)).toEqual(change(aDeployment({ register: { kind: 'instance', instance } })));
  });

  it.each([
    [
      'without names',
      {},
      { application: undefined, deploymentGroup: '' },
      'detail.application: missing; detail.deploymentGroup: is empty',
    ],
    ['without an id', {}, { deploymentId: undefined }, 'detail.deploymentId: missing'],
    ['with a state of another service', {}, { state: 'FAILED' }, 'detail.state: not a state of this detail-type'],
    [
      'with a state that every object has',
      {},
      { state: 'constructor' },
      'detail.state: not a state of this detail-type',
    ],
    ['of an instance without a name', { 'detail-type': INSTANCE }, {}, 'detail.instanceId: missing'],
    ['without an event id', { id: undefined }, {}, 'id: missing'],
  ])('%s is put aside, and why', (_, given, detail, reason) => {
    expect(parseEventText(aDeploymentEvent(given, detail))).toEqual(quarantined(reason));
  });

  it('of another kind passes by', () => {
    expect(parseEventText(aDeploymentEvent({ 'detail-type': 'CodeDeploy Weather' }))).toEqual(
      ignored('unknown detail-type'),
    );
  });

  it.each([
    ['aws-cn', 'cn-north-1'],
    ['aws-us-gov', 'us-gov-west-1'],
  ])('is of partition %s in %s', (partition, region) => {
    expect(parseEventText(aDeploymentEvent({ region }))).toEqual(
      change(aDeployment({ rollout: aDeploymentId({ partition, region }) })),
    );
  });
});

describe('a message of a trigger', () => {
  it.each([
    ['CREATED', 'in-progress', 10],
    ['InProgress', 'in-progress', 10],
    ['IN_PROGRESS', 'in-progress', 10],
    ['Ready', 'waiting', 15],
    ['STOPPED', 'stopped', 30],
    ['ABORTED', 'stopped', 30],
    ['Failed', 'failed', 40],
    ['SUCCEEDED', 'succeeded', 50],
  ] as const)('with status %s tells what is %s', (status, state, rank) => {
    expect(parseEventText(aTriggerMessage({ status }))).toEqual(
      change(identified(aDeployment({ state, version: { rank } }))),
    );
  });

  it('brings the error, in an object or in the text of one', () => {
    const error = { ErrorCode: 'IAM_ROLE_MISSING', ErrorMessage: 'The role is missing' };
    const failed = identified(aDeployment({ state: 'failed', version: { rank: 40 } }));
    const expected = change({
      ...failed,
      facts: {
        failure: { version: failed.version, value: { errorCode: 'IAM_ROLE_MISSING', summary: 'The role is missing' } },
      },
    });
    expect(parseEventText(aTriggerMessage({ status: 'Failed', errorInformation: error }))).toEqual(expected);
    expect(parseEventText(aTriggerMessage({ status: 'Failed', errorInformation: JSON.stringify(error) }))).toEqual(
      expected,
    );
  });

  it.each([['not JSON'], ['{}'], ['3'], [7], [{ ErrorCode: 7 }], [null]])(
    'is read without an error that is %j',
    (errorInformation) => {
      expect(parseEventText(aTriggerMessage({ status: 'Failed', errorInformation }))).toEqual(
        change(identified(aDeployment({ state: 'failed', version: { rank: 40 } }))),
      );
    },
  );

  it('of a rollback names the deployment that it undoes', () => {
    const told = (id: string) =>
      parseEventText(aTriggerMessage({ rollbackInformation: JSON.stringify({ RollbackTriggeringDeploymentId: id }) }));
    const started = identified(aDeployment());
    const rollbackOf = { version: started.version, value: 'd-FGHIJ5678' };
    expect(told('d-FGHIJ5678')).toEqual(change({ ...started, facts: { rollbackOf } }));
    expect(told('')).toEqual(change(started));
    expect(told('d-ABCDE1234')).toEqual(change(started));
  });

  it.each([
    ['Succeeded', { completeTime: '1795168930.9' }, 130_000, 0],
    ['Succeeded', { completeTime: 'soon' }, 1_000, 0],
    ['Ready', {}, 1_000, 0],
    ['CREATED', {}, 0, 0],
    ['CREATED', { createTime: null }, 1_000, 1_000],
  ])('with status %s and %j happened %i ms after ten', (status, given, time, startedAt) => {
    const parsed = parseEventText(aNotification(aTriggerMessage({ status, ...given })));
    expect(parsed).toMatchObject({
      change: { version: { time: TEN_O_CLOCK + time }, startedAt: TEN_O_CLOCK + startedAt },
    });
  });

  it('tells of an instance where it names all that is needed', () => {
    const instance = {
      instanceId: 'arn:aws:ec2:eu-west-1:111122223333:instance/i-0a1b2c3d',
      status: undefined,
      instanceStatus: 'Failed',
      lastUpdatedAt: '1795168800.564',
    };
    expect(parseEventText(aTriggerMessage(instance))).toEqual(
      change(
        identified(
          aDeployment({
            register: { kind: 'instance', instance: 'i-0a1b2c3d' },
            state: 'failed',
            version: { rank: 40 },
          }),
        ),
      ),
    );
    expect(parseEventText(aTriggerMessage({ ...instance, applicationName: undefined }))).toEqual(
      ignored('a trigger message that names no application and deployment group'),
    );
  });

  it('of ECS tells the status of the deployment under another name', () => {
    expect(parseEventText(aTriggerMessage({ status: undefined, instanceStatus: 'Succeeded' }))).toEqual(
      change(identified(aDeployment({ state: 'succeeded', version: { rank: 50 } }))),
    );
  });

  it.each([
    ['without a status', { status: undefined }, 'status: not a status of a deployment or an instance'],
    ['with a status of its own', { status: 'constructor' }, 'status: not a status of a deployment or an instance'],
    ['without a time', { createTime: 'yesterday' }, 'createTime: no time that could be read'],
    ['without an account', { accountId: 'prod' }, 'accountId: is not an account id of 12 digits'],
    ['with an id that is none', { deploymentId: 'a b' }, 'deploymentId: has spaces or control characters'],
  ])('%s is put aside, and why', (_, given, reason) => {
    expect(parseEventText(aTriggerMessage(given))).toEqual(quarantined(reason));
  });

  it('has an answer whatever its fields are', () => {
    const field = fc.constantFrom(
      'accountId',
      'region',
      'applicationName',
      'deploymentGroupName',
      'deploymentId',
      'createTime',
      'completeTime',
      'lastUpdatedAt',
      'status',
      'instanceId',
      'instanceStatus',
      'errorInformation',
      'rollbackInformation',
    );
    const anything = fc.oneof(fc.jsonValue(), hostileText(150));
    fc.assert(
      fc.property(fc.dictionary(field, anything, { maxKeys: 4 }), (given) => {
        const parsed = parseEventText(aTriggerMessage(given));
        expect(JSON.stringify(parsed).isWellFormed()).toBe(true);
        if (parsed.kind === 'change') {
          expect(Number.isSafeInteger(parsed.change.version.time)).toBe(true);
          expect(parsed.change.startedAt).toBeLessThanOrEqual(parsed.change.version.time);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('timeOfTrigger', () => {
  it.each([
    ['1795168800', 0],
    ['1795168800.595', 595],
    [1795168800.5, 500],
    ['1795168800595', 595],
    ['Fri Nov 20 10:00:04 UTC 2026', 4000],
    ['2026-11-20T10:00:04Z', 4000],
  ])('reads %j', (value, after) => {
    expect(timeOfTrigger(value)).toBe(TEN_O_CLOCK + after);
  });

  it.each(['', 'soon', 'Fri Foo 20 10:00:04 UTC 2026', '20', null, {}, Number.NaN, '1e9'])(
    'reads no time in %j',
    (value) => {
      expect(timeOfTrigger(value)).toBeUndefined();
    },
  );
});
