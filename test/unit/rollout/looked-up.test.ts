import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, withFacts } from '../../../shared/rollout/fold.ts';
import { deploymentFacts, isToBeLookedUp, stagesFact } from '../../../shared/rollout/looked-up.ts';
import {
  aChange,
  aDeploymentId,
  aRollout,
  aServiceDeploymentId,
  aVersion,
  TEN_O_CLOCK,
} from '../../support/rollouts.ts';

const started = aChange({ rollout: aDeploymentId() });
const ended = aChange({
  rollout: aDeploymentId(),
  state: 'succeeded',
  version: { time: TEN_O_CLOCK + 60_000, rank: 50, eventId: 'end' },
});
const answered = { creator: { version: started.version, value: 'user' } };

describe('what is looked up', () => {
  it('is a deployment when it starts and when it ends, each once', () => {
    const running = aRollout(started);
    expect(isToBeLookedUp(running, started)).toBe(true);
    expect(isToBeLookedUp(withFacts(running, answered), started)).toBe(false);
    expect(isToBeLookedUp(withFacts(fold(running, ended), answered), ended)).toBe(true);
    const both = withFacts(fold(running, ended), { creator: { version: ended.version, value: 'user' } });
    expect(isToBeLookedUp(both, ended)).toBe(false);
    expect(isToBeLookedUp(both, started)).toBe(false);
  });

  it('is no deployment of a service, which was looked up before it was folded', () => {
    const ofService = aChange({ rollout: aServiceDeploymentId() });
    expect(isToBeLookedUp(aRollout(ofService), ofService)).toBe(false);
  });

  it('is no instance, and no deployment that waits', () => {
    const onInstance = aChange({ rollout: aDeploymentId(), register: { kind: 'instance', instance: 'i-1' } });
    const ready = aChange({ rollout: aDeploymentId(), state: 'waiting' });
    expect(isToBeLookedUp(aRollout(onInstance), onInstance)).toBe(false);
    expect(isToBeLookedUp(aRollout(ready), ready)).toBe(false);
  });

  it('is a pipeline once, and no part of it', () => {
    const execution = aChange();
    const part = aChange({ register: { kind: 'stage', stage: 'Build' } });
    expect(isToBeLookedUp(aRollout(execution), execution)).toBe(true);
    expect(isToBeLookedUp(aRollout(part), part)).toBe(false);
    const known = withFacts(aRollout(execution), stagesFact(['Source'], aVersion()));
    expect(isToBeLookedUp(known, execution)).toBe(false);
  });
});

describe('deploymentFacts', () => {
  it('takes an id of its own for nobody’s rollback', () => {
    const rollbackInfo = { rollbackDeploymentId: 'd-ABCDE1234', rollbackTriggeringDeploymentId: '' };
    expect(deploymentFacts({ creator: 'user', rollbackInfo }, aDeploymentId(), aVersion())).toStrictEqual({
      creator: { version: aVersion(), value: 'user' },
    });
  });

  it('tells why it failed, as far as CodeDeploy says it', () => {
    const failureIn = (errorInformation: unknown) =>
      deploymentFacts({ creator: 'user', errorInformation }, aDeploymentId(), aVersion());
    const creator = { version: aVersion(), value: 'user' };
    expect(failureIn({ code: 'HEALTH_CONSTRAINTS', message: 'Too few instances' })).toStrictEqual({
      creator,
      failure: { version: aVersion(), value: { summary: 'Too few instances', errorCode: 'HEALTH_CONSTRAINTS' } },
    });
    expect(failureIn({ code: 'HEALTH_CONSTRAINTS' }).failure?.value).toStrictEqual({ errorCode: 'HEALTH_CONSTRAINTS' });
    expect(failureIn({ message: 'Too few instances' }).failure?.value).toStrictEqual({ summary: 'Too few instances' });
    expect(failureIn({ code: ' ', message: '' })).toStrictEqual({ creator });
    expect(failureIn(undefined)).toStrictEqual({ creator });
  });

  it.each([
    ['rollbackTriggeringDeploymentId', 'rollbackOf'],
    ['rollbackDeploymentId', 'rolledBackBy'],
  ])('knows by %s the deployment that is its %s', (id, fact) => {
    const info = { creator: 'user', rollbackInfo: { [id]: 'd-OTHER0001' } };
    expect(deploymentFacts(info, aDeploymentId(), aVersion())).toStrictEqual({
      creator: { version: aVersion(), value: 'user' },
      [fact]: { version: aVersion(), value: 'd-OTHER0001' },
    });
  });

  it('keeps that there was an answer, whatever it says', () => {
    fc.assert(
      fc.property(fc.object(), (info) => {
        const { creator } = deploymentFacts(info, aDeploymentId(), aVersion());
        expect(creator?.value).toMatch(/^[^]{1,100}$/);
      }),
    );
    expect(deploymentFacts({}, aDeploymentId(), aVersion())).toEqual({
      creator: { version: aVersion(), value: 'unknown' },
    });
  });
});

describe('stagesFact', () => {
  it('keeps no more stages than a pipeline may have', () => {
    const many = Array.from({ length: 80 }, (_, index) => `stage-${index}`);
    expect(stagesFact(many, aVersion()).stages?.value).toEqual(many.slice(0, 50));
  });

  it('leaves out a stage whose name nobody can read', () => {
    expect(stagesFact(['Source', ' ', 'Deploy'], aVersion()).stages?.value).toEqual(['Source', 'Deploy']);
  });
});
