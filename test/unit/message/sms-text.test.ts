import { describe, expect, it } from 'vitest';
import type { Labels } from '../../../shared/config/labels.ts';
import { smsText } from '../../../shared/message/sms-text.ts';
import { overviewOf } from '../../../shared/rollout/overview.ts';
import type { Rollout, StateChange } from '../../../shared/rollout/rollout.ts';
import { aChange, aDeploymentId, aRollout, aRolloutId, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

const smsOf = (change: StateChange, rollout: Rollout = aRollout(change), labels: Labels = {}): string =>
  smsText(change, rollout, overviewOf(rollout), labels);

const failedBecause = (summary: string, name = 'shop-prod'): StateChange =>
  aChange({
    rollout: aRolloutId({ name }),
    register: { kind: 'action', stage: 'Deploy', action: 'Release' },
    state: 'failed',
    result: { summary },
  });

describe('an SMS', () => {
  const build = aChange({ register: { kind: 'stage', stage: 'Build' }, state: 'succeeded' });
  const release = aChange({
    register: { kind: 'action', stage: 'Deploy', action: 'Release' },
    state: 'failed',
    version: { rank: 40, time: TEN_O_CLOCK + 1000 },
    result: { errorCode: 'JobFailed', summary: 'Too few healthy instances' },
  });
  const deploy = aChange({ register: { kind: 'stage', stage: 'Deploy' }, state: 'failed', version: { rank: 40 } });
  const start = aChange();
  const end = aChange({ state: 'failed', version: { rank: 40, time: TEN_O_CLOCK + 252_000 } });
  const rollout = aRollout(start, build, release, deploy, end);

  it.each([
    [
      'how it ended, where and why',
      end,
      'shop-prod (production) failed at Deploy / Release after 4 min 12 s. JobFailed: Too few healthy instances',
    ],
    ['which stage succeeded', build, 'shop-prod (production): Build succeeded'],
    [
      'which stage failed and why',
      deploy,
      'shop-prod (production): Deploy failed. JobFailed: Too few healthy instances',
    ],
    [
      'which action failed and why',
      release,
      'shop-prod (production): Deploy / Release failed. JobFailed: Too few healthy instances',
    ],
    ['what it told, although the rollout is further by now', start, 'shop-prod (production) is in progress'],
  ])('says %s', (_, change, sms) => {
    expect(smsOf(change, rollout, { environment: 'production' })).toBe(sms);
  });

  it('says why somebody stopped it', () => {
    const stopped = aChange({
      state: 'stopped',
      facts: { stopReason: { version: aVersion(), value: 'Wrong branch' } },
    });
    expect(smsOf(stopped)).toBe('shop-prod was stopped. Wrong branch');
  });

  it('says where somebody is waited for', () => {
    const waiting = aChange({ register: { kind: 'action', stage: 'Approve', action: 'Gate' }, state: 'waiting' });
    expect(smsOf(waiting)).toBe('shop-prod: Approve / Gate is waiting for approval');
  });

  it('does not say how long something took of which only the end was heard', () => {
    expect(smsOf(aChange({ rollout: aDeploymentId(), state: 'succeeded' }))).toBe('shop / prod succeeded');
  });

  it.each([
    ['letters that GSM has', 'größer, à la carte', 'größer, à la carte'],
    ['accents that it has not', 'ça va, Škoda, señor', 'ca va, Skoda, señor'],
    ['typeset signs', '“No” – it’s gone…', '"No" - it\'s gone...'],
    ['emoji', 'Gone 🚀', 'Gone ?'],
    ['Greek capitals, which GSM has, and small letters, which it has not', 'ΔΩ λ', 'ΔΩ λ'],
  ])('folds %s', (_, summary, folded) => {
    expect(smsOf(failedBecause(summary))).toBe(`shop-prod: Deploy / Release failed. ${folded}`);
  });

  it('fills two parts with the reason, no more', () => {
    const sms = smsOf(failedBecause('x'.repeat(300)));
    expect(sms).toBe(`shop-prod: Deploy / Release failed. ${'x'.repeat(305 - 36 - 3)}...`);
  });

  it('counts signs twice that take two', () => {
    const sms = smsOf(failedBecause('{'.repeat(300)));
    expect(sms).toBe(`shop-prod: Deploy / Release failed. ${'{'.repeat(133)}...`);
  });

  it('has less room for letters that GSM has not', () => {
    const sms = smsOf(failedBecause('部'.repeat(200)));
    expect(sms).toBe(`shop-prod: Deploy / Release failed. ${'部'.repeat(133 - 36 - 3)}...`);
  });

  it('cuts names, and not the state', () => {
    const waiting = aChange({
      rollout: aDeploymentId({ application: '部'.repeat(33), group: 'g'.repeat(100) }),
      register: { kind: 'stage', stage: 's'.repeat(100) },
      state: 'waiting',
    });
    expect(smsOf(waiting, aRollout(waiting), { environment: 'e'.repeat(40) })).toBe(
      `${'部'.repeat(10)}... / ${'g'.repeat(10)}... (${'e'.repeat(9)}...): ${'s'.repeat(21)}... is waiting for approval`,
    );
  });

  it.each([
    [
      'a part that waits',
      { kind: 'action', stage: '部'.repeat(33), action: 'a' },
      'waiting',
      /部\.\.\. is waiting for approval$/,
    ],
    [
      'the whole that failed somewhere',
      { kind: 'rollout' },
      'failed',
      /^部+\.\.\. .* failed at 部+\.\.\. after 27777 d 18 h$/,
    ],
  ] as const)('says what it is about when every name is as long as it gets: %s', (_, register, state, says) => {
    const long = '部'.repeat(33);
    const place = aChange({ register: { kind: 'action', stage: long, action: long }, state: 'failed' });
    const change = aChange({
      rollout: aRolloutId({ name: long }),
      register,
      state,
      version: { rank: 40, time: TEN_O_CLOCK + 2_400_000_000_000 },
      facts: { rollbackOf: { version: aVersion(), value: 'd'.repeat(100) } },
    });
    expect(smsOf(change, aRollout(change, aChange(), place), { environment: long })).toMatch(says);
    expect(smsOf(change, aRollout(change, aChange(), place), { environment: long }).length).toBeLessThanOrEqual(133);
  });

  it('leaves the reason out where a word of it would not fit', () => {
    const sms = smsOf(failedBecause('部署', 'n'.repeat(100)), undefined, { environment: 'e'.repeat(40) });
    expect(sms).toBe(`${'n'.repeat(57)}... (${'e'.repeat(40)}): Deploy / Release failed`);
  });
});
