import { describe, expect, it } from 'vitest';
import type { Route } from '../../../shared/config/config.ts';
import { audienceOf } from '../../../shared/routing/route.ts';
import { aChange, aDeploymentId, aRolloutId } from '../../support/rollouts.ts';

const route = (match: Route['match'], ...to: Route['to']): Route => ({ match, to });

const slack = (channel: string) => ({ kind: 'slack', channel }) as const;
const sns = (topic: string) => ({ kind: 'sns', topic }) as const;

describe('audienceOf', () => {
  it('names every destination of every route that matches, once', () => {
    const routes = [
      route({}, slack('C1'), sns('releases')),
      route({ pipeline: ['shop-*'] }, slack('C1'), slack('C2')),
      route({ pipeline: ['other-*', 'billing'] }, slack('C3')),
    ];
    expect(audienceOf(aChange(), routes)).toEqual({ channels: ['C1', 'C2'], topics: ['releases'] });
  });

  it('takes a state for the state of the rollout itself', () => {
    const routes = [route({ state: ['failed', 'stopped'] }, slack('C1'))];
    expect(audienceOf(aChange({ state: 'failed' }), routes).channels).toEqual(['C1']);
    expect(audienceOf(aChange({ state: 'succeeded' }), routes).channels).toEqual([]);
    expect(
      audienceOf(aChange({ state: 'failed', register: { kind: 'stage', stage: 'Build' } }), routes).channels,
    ).toEqual([]);
  });

  it('takes an action that waits for people for a rollout that waits', () => {
    const approval = aChange({ register: { kind: 'action', stage: 'Approve', action: 'Gate' }, state: 'waiting' });
    expect(audienceOf(approval, [route({ state: ['waiting'] }, slack('C1'))]).channels).toEqual(['C1']);
  });

  it('hears of stages and actions where no state is asked for', () => {
    const change = aChange({ register: { kind: 'action', stage: 'Build', action: 'Compile' } });
    expect(audienceOf(change, [route({}, slack('C1'))]).channels).toEqual(['C1']);
  });

  it('leaves out what a route makes an exception of, and only what is all of that', () => {
    const routes = [{ ...route({}, slack('C1')), except: { pipeline: ['shop-*'], state: ['superseded' as const] } }];
    expect(audienceOf(aChange({ state: 'superseded' }), routes).channels).toEqual([]);
    expect(audienceOf(aChange({ state: 'failed' }), routes).channels).toEqual(['C1']);
    const other = aChange({ rollout: aRolloutId({ name: 'other' }), state: 'superseded' });
    expect(audienceOf(other, routes).channels).toEqual(['C1']);
  });

  it('asks no route after the first that matches and says stop', () => {
    const routes = [
      { ...route({ pipeline: ['other'] }, slack('C1')), stop: true },
      route({}, slack('C2')),
      { ...route({}, slack('C3')), stop: true },
      route({}, slack('C4')),
    ];
    expect(audienceOf(aChange(), routes).channels).toEqual(['C2', 'C3']);
  });

  it('is the default where no route matches', () => {
    const routes = [
      route({ state: ['failed'] }, slack('C1')),
      { ...route({}, slack('C2'), sns('rest')), fallback: true },
    ];
    expect(audienceOf(aChange({ state: 'failed' }), routes)).toEqual({ channels: ['C1'], topics: [] });
    expect(audienceOf(aChange({ state: 'succeeded' }), routes)).toEqual({ channels: ['C2'], topics: ['rest'] });
  });

  it('is nobody where the only route that matches makes an exception', () => {
    const routes = [{ ...route({}, slack('C1')), except: { account: ['111122223333'] }, stop: true }];
    expect(audienceOf(aChange(), routes)).toEqual({ channels: [], topics: [] });
  });

  it('takes no deployment for a pipeline, whatever the glob', () => {
    const deployment = aChange({ rollout: aDeploymentId() });
    const routes = [route({ pipeline: ['*'] }, slack('C1')), route({}, slack('C2'))];
    expect(audienceOf(deployment, routes).channels).toEqual(['C2']);
  });

  it('knows a deployment by its application and its group', () => {
    const { application, group } = aDeploymentId();
    const deployment = aChange({ rollout: aDeploymentId() });
    const routes = [
      route({ application: [application], group: [group] }, slack('C1')),
      route({ application: [application], group: ['other'] }, slack('C2')),
    ];
    expect(audienceOf(deployment, routes).channels).toEqual(['C1']);
  });

  it('is nobody without a route', () => {
    expect(audienceOf(aChange(), [])).toEqual({ channels: [], topics: [] });
  });
});
