import { describe, expect, it } from 'vitest';
import type { Route } from '../../../shared/config/config.ts';
import { audienceOf, mayBeHeardOf } from '../../../shared/routing/route.ts';
import { aChange, aDeploymentId, aRolloutId } from '../../support/rollouts.ts';

const route = (match: Route['match'], ...to: Route['to']): Route => ({ match, to });

const slack = (channel: string) => ({ kind: 'slack', channel }) as const;
const sns = (topic: string) => ({ kind: 'sns', topic }) as const;

const channelsOf = (...asked: Parameters<typeof audienceOf>): readonly string[] =>
  audienceOf(...asked).channels.map(({ channel }) => channel);

describe('audienceOf', () => {
  it('names every destination of every route that matches, once', () => {
    const routes = [
      route({}, slack('C1'), sns('releases')),
      route({ pipeline: ['shop-*'] }, slack('C1'), slack('C2')),
      route({ pipeline: ['other-*', 'billing'] }, slack('C3')),
    ];
    expect(audienceOf(aChange(), routes)).toEqual({
      channels: [
        { channel: 'C1', route: 0, detail: 'full', mentions: [] },
        { channel: 'C2', route: 1, detail: 'full', mentions: [] },
      ],
      topics: [{ topic: 'releases', detail: 'full' }],
      routes: ['route 1', 'route 2'],
    });
  });

  it('takes a state for the state of the rollout itself', () => {
    const routes = [route({ state: ['failed', 'stopped'] }, slack('C1'))];
    expect(channelsOf(aChange({ state: 'failed' }), routes)).toEqual(['C1']);
    expect(channelsOf(aChange({ state: 'succeeded' }), routes)).toEqual([]);
    expect(channelsOf(aChange({ state: 'failed', register: { kind: 'stage', stage: 'Build' } }), routes)).toEqual([]);
  });

  it('takes an action that waits for people for a rollout that waits', () => {
    const approval = aChange({ register: { kind: 'action', stage: 'Approve', action: 'Gate' }, state: 'waiting' });
    expect(channelsOf(approval, [route({ state: ['waiting'] }, slack('C1'))])).toEqual(['C1']);
  });

  it('hears of stages and actions where no state is asked for', () => {
    const change = aChange({ register: { kind: 'action', stage: 'Build', action: 'Compile' } });
    expect(channelsOf(change, [route({}, slack('C1'))])).toEqual(['C1']);
  });

  it('leaves out what a route makes an exception of, and only what is all of that', () => {
    const routes = [{ ...route({}, slack('C1')), except: { pipeline: ['shop-*'], state: ['superseded' as const] } }];
    expect(channelsOf(aChange({ state: 'superseded' }), routes)).toEqual([]);
    expect(channelsOf(aChange({ state: 'failed' }), routes)).toEqual(['C1']);
    const other = aChange({ rollout: aRolloutId({ name: 'other' }), state: 'superseded' });
    expect(channelsOf(other, routes)).toEqual(['C1']);
  });

  it('asks no route after the first that matches and says stop', () => {
    const routes = [
      { ...route({ pipeline: ['other'] }, slack('C1')), stop: true },
      route({}, slack('C2')),
      { ...route({}, slack('C3')), stop: true },
      route({}, slack('C4')),
    ];
    expect(channelsOf(aChange(), routes)).toEqual(['C2', 'C3']);
  });

  it('is the default where no route matches', () => {
    const routes = [
      route({ state: ['failed'] }, slack('C1')),
      { ...route({}, slack('C2'), sns('rest')), fallback: true },
    ];
    expect(channelsOf(aChange({ state: 'failed' }), routes)).toEqual(['C1']);
    expect(audienceOf(aChange({ state: 'succeeded' }), routes)).toEqual({
      channels: [{ channel: 'C2', route: 1, detail: 'full', mentions: [] }],
      topics: [{ topic: 'rest', detail: 'full' }],
      routes: ['default'],
    });
  });

  it('is nobody where the only route that matches makes an exception', () => {
    const routes = [{ ...route({}, slack('C1')), except: { account: ['111122223333'] }, stop: true }];
    expect(audienceOf(aChange(), routes)).toEqual({ channels: [], topics: [], routes: [] });
  });

  it('takes no deployment for a pipeline, whatever the glob', () => {
    const deployment = aChange({ rollout: aDeploymentId() });
    const routes = [route({ pipeline: ['*'] }, slack('C1')), route({}, slack('C2'))];
    expect(channelsOf(deployment, routes)).toEqual(['C2']);
  });

  it('knows a deployment by its application and its group', () => {
    const { application, group } = aDeploymentId();
    const deployment = aChange({ rollout: aDeploymentId() });
    const routes = [
      route({ application: [application], group: [group] }, slack('C1')),
      route({ application: [application], group: ['other'] }, slack('C2')),
    ];
    expect(channelsOf(deployment, routes)).toEqual(['C1']);
  });

  it('is nobody without a route', () => {
    expect(audienceOf(aChange(), [])).toEqual({ channels: [], topics: [], routes: [] });
  });

  it('takes the detail of a topic from the first route that leads there', () => {
    const routes = [
      { ...route({ state: ['failed'] }, sns('oncall')), detail: 'summary' as const },
      { ...route({}, sns('oncall')), detail: 'full' as const },
    ];
    expect(audienceOf(aChange({ state: 'failed' }), routes).topics).toEqual([{ topic: 'oncall', detail: 'summary' }]);
    expect(audienceOf(aChange(), routes).topics).toEqual([{ topic: 'oncall', detail: 'full' }]);
  });

  it('calls whom any route to the channel calls when the rollout has failed, each once', () => {
    const routes = [
      { ...route({}, slack('C1')), mention: ['U1', 'here'] },
      { ...route({}, slack('C1'), slack('C2')), mention: ['S1', 'U1'] },
    ];
    const called = (state: 'failed' | 'succeeded') =>
      audienceOf(aChange({ state }), routes).channels.map(({ channel, mentions }) => [channel, mentions]);
    expect(called('failed')).toEqual([
      ['C1', ['U1', 'here', 'S1']],
      ['C2', ['S1', 'U1']],
    ]);
    expect(called('succeeded')).toEqual([
      ['C1', []],
      ['C2', []],
    ]);
  });

  it('calls nobody to the failure of a part, unless the route asks for that part', () => {
    const failed = aChange({ state: 'failed', register: { kind: 'stage', stage: 'Deploy' } });
    const mentions = (match: Route['match']) =>
      audienceOf(failed, [{ ...route(match, slack('C1')), mention: ['U1'] }]).channels.map((one) => one.mentions);
    expect(mentions({})).toEqual([[]]);
    expect(audienceOf(failed, [route({ stage: ['Deploy'] }, slack('C1'))]).channels[0]?.mentions).toEqual([]);
    expect(mentions({ stage: ['Deploy'] })).toEqual([['U1']]);
  });
});

describe('mayBeHeardOf', () => {
  it('is true of a rollout that any of the routes is about, in whatever state', () => {
    const routes = [route({ pipeline: ['billing'] }, slack('C1')), route({ pipeline: ['shop-*'], state: ['failed'] })];
    expect(mayBeHeardOf(aRolloutId(), routes)).toBe(true);
    expect(mayBeHeardOf(aRolloutId({ name: 'till' }), routes)).toBe(false);
    expect(mayBeHeardOf(aRolloutId(), [])).toBe(false);
  });
});
