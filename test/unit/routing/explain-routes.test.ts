import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Match, Route } from '../../../shared/config/config.ts';
import { ROLLOUT_STATES } from '../../../shared/rollout/state.ts';
import { explainRoutes } from '../../../shared/routing/explain-routes.ts';
import { audienceOf } from '../../../shared/routing/route.ts';
import { aChange } from '../../support/rollouts.ts';

const TO = [{ kind: 'slack', channel: 'C1' }] as const;

const whyNot = (match: Match, change = aChange()): readonly string[] => {
  const [route] = explainRoutes(change, [{ match, to: TO }]);
  return route?.answer === 'differs' ? route.reasons.map(({ criterion, says }) => `${criterion}: ${says}`) : [];
};

describe('explainRoutes', () => {
  it('says of every route whether it matches, and why it does not', () => {
    const routes: readonly Route[] = [
      { match: { state: ['failed', 'stopped'] }, to: TO },
      { name: 'shop', match: { pipeline: ['shop-*'] }, to: TO, stop: true },
      { match: {}, to: TO },
      { match: {}, to: TO, fallback: true },
    ];
    expect(explainRoutes(aChange({ state: 'succeeded' }), routes)).toEqual([
      {
        route: 'route 1',
        answer: 'differs',
        reasons: [{ criterion: 'state', says: 'state is succeeded, the route asks for failed or stopped' }],
      },
      { route: 'shop', answer: 'matches', to: TO, stops: true },
      { route: 'route 3', answer: 'not-asked', says: 'not asked: shop said stop' },
      { route: 'default', answer: 'not-asked', says: 'not asked: shop said stop' },
    ]);
  });

  it('says which route matched, so that the default is not asked', () => {
    const routes: readonly Route[] = [
      { match: {}, to: TO },
      { match: {}, to: TO, fallback: true },
    ];
    expect(explainRoutes(aChange(), routes)[1]).toEqual({
      route: 'default',
      answer: 'not-asked',
      says: 'not asked: route 1 matched',
    });
  });

  it('names every criterion that does not hold', () => {
    expect(whyNot({ source: ['codedeploy'], pipeline: ['a', 'b', 'c'], region: ['us-*'] })).toEqual([
      'source: source is codepipeline, the route asks for codedeploy',
      'pipeline: pipeline is shop-prod, the route asks for a, b or c',
      'region: region is eu-west-1, the route asks for us-*',
    ]);
  });

  it('says what a change does not have, and nothing of the state of that', () => {
    expect(whyNot({ stage: ['Deploy'], state: ['failed'] })).toEqual([
      'stage: the change has no stage, the route asks for Deploy',
    ]);
    expect(whyNot({ application: ['shop'] })).toEqual([
      'application: the change has no application, the route asks for shop',
    ]);
  });

  it('says whose state it is where another’s is asked for', () => {
    const action = aChange({ register: { kind: 'action', stage: 'Deploy', action: 'Release' }, state: 'failed' });
    expect(whyNot({ state: ['failed'] }, action)).toEqual([
      'state: it is the state of one action, the route asks for that of the rollout as a whole',
    ]);
    expect(whyNot({ stage: ['Deploy'], state: ['failed'] }, action)).toEqual([
      'state: it is the state of one action, the route asks for that of the stage',
    ]);
  });

  it('says which exception a change is', () => {
    const routes: readonly Route[] = [{ match: {}, except: { pipeline: ['shop-*'], state: ['in-progress'] }, to: TO }];
    expect(explainRoutes(aChange(), routes)).toEqual([
      {
        route: 'route 1',
        answer: 'differs',
        reasons: [
          { criterion: 'except', says: 'the route makes an exception of pipeline shop-prod, state in-progress' },
        ],
      },
    ]);
  });

  it('lets exactly those hear whose routes match', () => {
    const match = fc.record(
      {
        pipeline: fc.constantFrom(['shop-*'], ['other']),
        stage: fc.constantFrom(['Build'], ['*']),
        state: fc.subarray([...ROLLOUT_STATES]),
      },
      { requiredKeys: [] },
    );
    const route = fc.record(
      {
        match,
        except: match,
        to: fc.constantFrom('C1', 'C2', 'C3').map((channel) => [{ kind: 'slack' as const, channel }]),
        stop: fc.boolean(),
        fallback: fc.boolean(),
      },
      { requiredKeys: ['match', 'to'] },
    );
    const change = fc.record({
      register: fc.constantFrom(
        { kind: 'rollout' as const },
        { kind: 'stage' as const, stage: 'Build' },
        { kind: 'action' as const, stage: 'Deploy', action: 'Release' },
      ),
      state: fc.constantFrom(...ROLLOUT_STATES),
    });
    fc.assert(
      fc.property(fc.array(route, { maxLength: 5 }), change, (routes, given) => {
        const told = explainRoutes(aChange(given), routes).flatMap((one) => (one.answer === 'matches' ? one.to : []));
        const channels = told.flatMap((to) => (to.kind === 'slack' ? [to.channel] : []));
        expect(audienceOf(aChange(given), routes).channels.map(({ channel }) => channel)).toEqual([
          ...new Set(channels),
        ]);
      }),
    );
  });
});
