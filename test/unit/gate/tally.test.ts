import { describe, expect, it } from 'vitest';
import { isIn, tallyOf } from '../../../shared/gate/tally.ts';
import { aClick, aPolicy } from '../../support/gates.ts';

const MEMBERS = new Map([
  ['SRELEASE', new Set(['UHOPPER', 'ULINUS'])],
  ['SOPS', new Set(['UGRACE'])],
]);

const rule = (users: readonly string[], quorum = 1, groups: readonly string[] = []) => ({
  name: 'approvers',
  users,
  groups,
  quorum,
});

const approval = (user: string) => aClick({ key: `a-${user}`, user });
const rejection = (user: string) => aClick({ key: `r-${user}`, user, verdict: 'reject' });

describe('whom a rule names', () => {
  it('is whoever is on its list, and whoever is in any of its groups', () => {
    const release = rule(['UADA'], 1, ['SRELEASE', 'SOPS']);
    expect(['UADA', 'UHOPPER', 'UGRACE', 'UMALLORY'].map((user) => isIn(release, MEMBERS, user))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it('is nobody of a group that could not be read', () => {
    expect(isIn(rule([], 1, ['SOPS']), new Map(), 'UGRACE')).toBe(false);
  });
});

describe('the tally', () => {
  it('counts no decision where no rule names anybody', () => {
    expect(tallyOf({ rules: [], rejections: Infinity }, MEMBERS, [approval('UADA'), rejection('UGRACE')])).toEqual({
      verdict: undefined,
      by: [],
      filled: [],
    });
  });

  it('decides nothing until the quorum of every rule is there', () => {
    const policy = aPolicy({ rules: [rule(['UADA', 'UGRACE'], 2), rule(['ULINUS'])] });
    const votes = [approval('UADA'), approval('ULINUS')];
    expect(tallyOf(policy, MEMBERS, votes)).toEqual({ verdict: undefined, by: [], filled: [1, 1] });
    expect(tallyOf(policy, MEMBERS, [...votes, approval('UGRACE')])).toEqual({
      verdict: 'approve',
      by: [...votes, approval('UGRACE')],
      filled: [2, 1],
    });
  });

  it('gives a person one seat, and an earlier voter another where that makes room', () => {
    const policy = aPolicy({ rules: [rule(['UADA', 'UGRACE']), rule(['UADA'])] });
    expect(tallyOf(policy, MEMBERS, [approval('UADA')])).toMatchObject({ verdict: undefined, filled: [1, 0] });
    expect(tallyOf(policy, MEMBERS, [approval('UADA'), approval('UGRACE')])).toEqual({
      verdict: 'approve',
      by: [approval('UADA'), approval('UGRACE')],
      filled: [1, 1],
    });
  });

  it('names only those whose votes made it, in the order in which they voted', () => {
    const policy = aPolicy({ rules: [rule(['UADA', 'UGRACE', 'ULINUS'], 2)] });
    const votes = [approval('ULINUS'), approval('UADA'), approval('UGRACE')];
    expect(tallyOf(policy, MEMBERS, votes)).toEqual({
      verdict: 'approve',
      by: [approval('ULINUS'), approval('UADA')],
      filled: [2],
    });
  });

  it('rejects with enough rejections, though the approvals are there too', () => {
    const policy = aPolicy({ rules: [rule(['UADA', 'UGRACE', 'ULINUS'])], rejections: 2 });
    const votes = [approval('UADA'), rejection('UGRACE')];
    expect(tallyOf(policy, MEMBERS, votes).verdict).toBe('approve');
    expect(tallyOf(policy, MEMBERS, [...votes, rejection('ULINUS')])).toEqual({
      verdict: 'reject',
      by: [rejection('UGRACE'), rejection('ULINUS')],
      filled: [1],
    });
  });

  it('counts nobody who may not decide any more, for neither side', () => {
    const policy = aPolicy({ rules: [rule(['UADA'])] });
    expect(tallyOf(policy, MEMBERS, [approval('UMALLORY'), rejection('UMALLORY')]).verdict).toBeUndefined();
    expect(tallyOf(policy, MEMBERS, [rejection('UMALLORY'), approval('UADA')])).toEqual({
      verdict: 'approve',
      by: [approval('UADA')],
      filled: [1],
    });
  });
});

describe('the tally, with rules that approve in the place of people', () => {
  const byRule = (name: string) => ({ rule: name, because: 'always', at: 1 });
  const policy = aPolicy({
    rules: [rule(['UADA', 'UGRACE'], 2), rule(['ULINUS', 'UGRACE'])],
    auto: [
      { name: 'for both', fills: [0, 1], when: {} },
      { name: 'for the second', fills: [1], when: {} },
      { name: 'for the first', fills: [0], when: {} },
    ],
  });
  const tally = (votes: readonly ReturnType<typeof approval>[], ...names: readonly string[]) =>
    tallyOf(policy, MEMBERS, votes, names.map(byRule));

  it('approves without anybody where they fill every rule, and names the first that do', () => {
    expect(tally([], 'for the second', 'for both')).toEqual({
      verdict: 'approve',
      by: [],
      byRule: [byRule('for both')],
      filled: [2, 1],
    });
    expect(tally([], 'for the first', 'for the second').byRule).toEqual([
      byRule('for the second'),
      byRule('for the first'),
    ]);
  });

  it('waits for people where a rule is left, who then need not fill the others', () => {
    expect(tally([], 'for the first')).toEqual({ verdict: undefined, by: [], filled: [2, 0] });
    expect(tally([approval('UADA')], 'for the first')).toEqual({ verdict: undefined, by: [], filled: [2, 0] });
    expect(tally([approval('UADA'), approval('UGRACE')], 'for the first')).toEqual({
      verdict: 'approve',
      by: [approval('UGRACE')],
      byRule: [byRule('for the first')],
      filled: [2, 1],
    });
  });

  it('is the people’s alone where they suffice', () => {
    const votes = [approval('UADA'), approval('UGRACE'), approval('ULINUS')];
    expect(tally(votes, 'for both')).toEqual({ verdict: 'approve', by: votes, filled: [2, 1] });
  });

  it('lets nothing approve once somebody has rejected, be it too few or somebody who may not decide any more (S48)', () => {
    const strict = { ...policy, rejections: 2 };
    for (const user of ['UADA', 'UMALLORY']) {
      expect(tallyOf(strict, MEMBERS, [rejection(user)], [byRule('for both')])).toEqual({
        verdict: undefined,
        by: [],
        filled: [0, 0],
      });
    }
    const votes = [approval('UADA'), approval('UGRACE'), approval('ULINUS')];
    expect(tallyOf(strict, MEMBERS, [...votes, rejection('UHOPPER')], [byRule('for both')]).verdict).toBe('approve');
    expect(tallyOf(policy, MEMBERS, [rejection('UADA')], [byRule('for both')])).toEqual({
      verdict: 'reject',
      by: [rejection('UADA')],
      filled: [0, 0],
    });
  });

  it('lets it approve again once they have changed their mind', () => {
    const strict = { ...policy, rejections: 2 };
    const votes = [rejection('UADA'), { ...approval('UADA'), key: 'a-2' }];
    expect(tallyOf(strict, MEMBERS, votes, [byRule('for both')]).verdict).toBe('approve');
  });

  it('knows nothing of a rule that the policy has not', () => {
    expect(tally([], 'for nobody')).toEqual({ verdict: undefined, by: [], filled: [0, 0] });
    const { auto, ...without } = policy;
    expect(tallyOf(without, MEMBERS, [], [byRule('for both')]).verdict).toBeUndefined();
    expect(tallyOf({ rules: [], rejections: 1, auto: auto ?? [] }, MEMBERS, [], [byRule('for both')]).verdict).toBe(
      undefined,
    );
  });
});
