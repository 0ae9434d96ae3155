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
