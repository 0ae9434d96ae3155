import { describe, expect, it } from 'vitest';
import { chooseSuite } from '../../../shared/validation/choose-suite.ts';
import type { SuiteTarget } from '../../../shared/validation/choose-suite.ts';
import type { SuiteMatch } from '../../../shared/validation/suite.ts';
import { suiteOf } from '../../support/suites.ts';

const TARGET = {
  platform: 'codedeploy-lambda',
  application: 'orders',
  group: 'prod',
  hook: 'BeforeAllowTraffic',
} as const satisfies SuiteTarget;

const chosen = (...matches: readonly SuiteMatch[]) =>
  chooseSuite(
    TARGET,
    matches.map((match, index) => suiteOf([], { name: String(index), match })),
  )?.name;

describe('the suite of a hook', () => {
  it.each<[string, SuiteMatch, string | undefined]>([
    ['nothing', {}, '0'],
    ['the platform', { platform: 'codedeploy-lambda' }, '0'],
    ['another platform', { platform: 'codedeploy-ecs' }, undefined],
    ['the application', { application: ['web', 'ord*'] }, '0'],
    ['another application', { application: ['web'] }, undefined],
    ['the group', { group: ['prod'] }, '0'],
    ['another group', { group: ['dev', 'prod-*'] }, undefined],
    ['the hook', { hook: ['AfterAllowTraffic', 'BeforeAllowTraffic'] }, '0'],
    ['another hook', { hook: ['AfterAllowTraffic'] }, undefined],
    ['all of it but one', { ...TARGET, application: ['orders'], group: ['dev'], hook: [TARGET.hook] }, undefined],
  ])('may ask for %s', (_what, match, name) => {
    expect(chosen(match)).toBe(name);
  });

  it('is none where there is none', () => {
    expect(chosen()).toBeUndefined();
  });

  it('is the one that asks for most', () => {
    expect(chosen({}, { hook: ['BeforeAllowTraffic'] })).toBe('1');
    expect(chosen({ platform: 'codedeploy-lambda' }, {})).toBe('0');
    expect(
      chosen({ application: ['orders'], group: ['prod'] }, { application: ['*'], group: ['*'], hook: [TARGET.hook] }),
    ).toBe('1');
  });

  it('is, of those that ask for as much, the one that says it letter by letter', () => {
    expect(chosen({ application: ['ord*'] }, { application: ['orders'] })).toBe('1');
    expect(chosen({ application: ['orders'], group: ['p*'] }, { application: ['orders'], group: ['prod'] })).toBe('1');
    expect(chosen({ application: ['web', 'orders'] }, { application: ['ord*'] })).toBe('0');
  });
});

describe('a suite at another door', () => {
  const service = {
    platform: 'ecs-native',
    cluster: 'prod',
    service: 'web',
    hook: 'POST_TEST_TRAFFIC_SHIFT',
  } as const;
  const job = { platform: 'codepipeline', pipeline: 'shop', stage: 'Deploy', action: 'Check' } as const;
  const isFor = (target: SuiteTarget, match: SuiteMatch) => chooseSuite(target, [suiteOf([], { match })]) !== undefined;

  it('is asked for by the names that there are there', () => {
    expect(isFor(service, { cluster: ['prod'], service: ['w*'], hook: ['POST_TEST_TRAFFIC_SHIFT'] })).toBe(true);
    expect(isFor(service, { cluster: ['prod'], service: ['shop'] })).toBe(false);
    expect(isFor(service, { hook: ['PRE_SCALE_UP'] })).toBe(false);
    expect(isFor(job, { pipeline: ['shop'], stage: ['Deploy'], action: ['Check'] })).toBe(true);
    expect(isFor(job, { action: ['Ready'] })).toBe(false);
    expect(isFor(job, {})).toBe(true);
  });

  it('is not meant where it asks for what is not there', () => {
    expect(isFor(service, { application: ['*'] })).toBe(false);
    expect(isFor(job, { group: ['*'] })).toBe(false);
    expect(isFor(job, { hook: ['BeforeAllowTraffic'] })).toBe(false);
    expect(isFor(TARGET, { pipeline: ['*'] })).toBe(false);
  });

  it('is asked for at each step of the traffic only where it says so', () => {
    const step = { ...TARGET, hook: 'AllowTraffic' };
    expect(isFor(step, { application: ['orders'] })).toBe(false);
    expect(isFor(step, { hook: ['BeforeAllowTraffic'] })).toBe(false);
    expect(isFor(step, { hook: ['BeforeAllowTraffic', 'AllowTraffic'] })).toBe(true);
  });
});
