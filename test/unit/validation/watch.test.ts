import { describe, expect, it } from 'vitest';
import { shareOf } from '../../../shared/validation/run-call.ts';
import { done, isWatchOver, toDo, watched } from '../../../shared/validation/watch.ts';
import type { TrafficNow, Watch } from '../../../shared/validation/watch.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const HOUR = 3_600_000;

const BEGUN: Watch = {
  rollout: {
    source: 'codedeploy',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    application: 'orders',
    group: 'prod',
    executionId: 'd-ABCDE1234',
  },
  startedAt: TEN_O_CLOCK,
  of: 9,
  steps: [],
};

const at = (weight: number): TrafficNow => ({ kind: 'moving', weight });

const see = (watch: Watch, ...seen: readonly TrafficNow[]): Watch =>
  seen.reduce((before, traffic) => watched(before, traffic, TEN_O_CLOCK, (weight) => `run-${weight}`), watch);

/** A watch of which all is done that was to be done. */
const settled = (watch: Watch): Watch => done(watch, toDo(watch));

const OVER: TrafficNow = { kind: 'over', says: 'The deployment has been stopped' };

describe('a watch', () => {
  it('has nothing to do before the traffic moves', () => {
    expect(see(BEGUN, { kind: 'waiting' })).toBe(BEGUN);
    expect(toDo(BEGUN)).toEqual([]);
    expect(isWatchOver(BEGUN)).toBe(false);
  });

  it('begins a run at each step, and has that of the step before overtaken', () => {
    const first = see(BEGUN, { kind: 'waiting' }, at(10));
    expect(toDo(first)).toEqual([{ kind: 'begin', weight: 10, run: 'run-10', step: 1 }]);
    const second = see(settled(first), at(10), at(20));
    expect(toDo(second)).toEqual([
      { kind: 'overtake', weight: 10, run: 'run-10', step: 1, says: 'The traffic has gone on to 20 %' },
      { kind: 'begin', weight: 20, run: 'run-20', step: 2 },
    ]);
    expect(toDo(settled(second))).toEqual([]);
  });

  it('says what is to be done until it is marked as done', () => {
    const both = see(settled(see(BEGUN, at(10))), at(20));
    const [overtake, begin] = toDo(both);
    expect(toDo(done(both, overtake === undefined ? [] : [overtake]))).toEqual([begin]);
    expect(done(both, [])).toBe(both);
    expect(done(settled(both), toDo(both))).toEqual(settled(both));
  });

  it('takes no smaller weight for news: CodeDeploy may tell late what it told before (F83)', () => {
    const watch = settled(see(BEGUN, at(10), at(20)));
    expect(see(watch, at(10), { kind: 'waiting' }, at(20))).toBe(watch);
  });

  it('ends with the deployment, and has the last run overtaken', () => {
    const ended = see(settled(see(BEGUN, at(10))), OVER);
    expect(isWatchOver(ended)).toBe(false);
    expect(toDo(ended)).toEqual([
      { kind: 'overtake', weight: 10, run: 'run-10', step: 1, says: 'The deployment has been stopped' },
    ]);
    expect(isWatchOver(settled(ended))).toBe(true);
    expect(see(ended, at(20))).toBe(ended);
  });

  it('ends where all of the traffic has moved: that is no step, and rests nowhere', () => {
    expect(see(settled(see(BEGUN, at(10))), at(100))).toMatchObject({
      steps: [{ weight: 10 }],
      end: { says: 'All of the traffic has moved' },
    });
  });

  it('ends when a deployment takes longer than CodeDeploy lets one take', () => {
    const late = watched(BEGUN, at(10), TEN_O_CLOCK + 51 * HOUR, () => 'run');
    expect(late.end?.says).toBe('The deployment takes longer than CodeDeploy lets one take');
    expect(isWatchOver(late)).toBe(true);
  });
});

describe('what may go wrong by chance', () => {
  it('is shared by the steps of a bake, and all that a run has which is none', () => {
    expect(shareOf({ kind: 'codedeploy-hook', hookExecutionId: 'h' })).toBe(1);
    const step = (number: number, of?: number) =>
      shareOf({ kind: 'bake', weight: number, step: number, since: 0, ...(of !== undefined && { of }) });
    expect(step(4, 9)).toBe(1 / 9);
    const endless = Array.from({ length: 99 }, (_, index) => step(index + 1)).reduce((sum, one) => sum + one, 0);
    expect(endless).toBeLessThan(1);
    expect(endless).toBeGreaterThan(0.98);
  });
});
