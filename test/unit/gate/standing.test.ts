import { describe, expect, it } from 'vitest';
import { involvedIn, refusalOf, selfRefusalOf } from '../../../shared/gate/standing.ts';
import { aPolicy } from '../../support/gates.ts';

const MEMBERS = new Map([['SRELEASE', new Set(['UHOPPER'])]]);

describe('who may decide', () => {
  const refusal = (user: string, groups: readonly string[], given = {}) =>
    refusalOf(
      aPolicy({ rules: [{ name: 'approvers', users: ['UADA'], groups, quorum: 1 }] }),
      MEMBERS,
      { user, team: 'T1', profile: { isBot: false, isGuest: false }, ...given },
      'T1',
    );

  it('is whom a rule names, and nobody else', () => {
    expect([refusal('UADA', []), refusal('UHOPPER', ['SRELEASE'])]).toEqual([undefined, undefined]);
    expect(refusal('UMALLORY', ['SRELEASE'])).toBe('not-an-approver');
  });

  it('is not known of somebody who may be in the one group of several that could not be read', () => {
    expect(refusal('UMALLORY', ['SRELEASE', 'SOPS'])).toBe('group-unread');
  });

  it.each([
    ['other-workspace', { team: 'T2' }],
    ['person-unread', { profile: undefined }],
    ['bot', { profile: { isBot: true, isGuest: false } }],
    ['guest', { profile: { isBot: false, isGuest: true } }],
  ])('is, of those whom a rule names, nobody who is refused as %s', (why, given) => {
    expect(refusal('UADA', [], given)).toBe(why);
  });
});

describe('who has a hand in a rollout', () => {
  const PEOPLE = [
    {
      name: 'ada',
      user: 'UADA',
      iam: ['arn:aws:iam::111122223333:user/ada', 'arn:aws:sts::*:assumed-role/*/ada'],
      git: ['ada@example.com', 'ada lovelace'],
    },
    { name: 'linus', user: 'ULINUS', iam: [], git: ['linus@example.com'] },
  ];

  it.each([
    ['her address', { email: 'Ada@Example.com' }],
    ['her name', { author: 'Ada Lovelace' }],
    ['her address beside a name that nobody knows', { author: 'al', email: 'ada@example.com' }],
  ])('is the author, known by %s', (_what, commit) => {
    expect(involvedIn({ kind: 'commit', ...commit }, PEOPLE)).toEqual({
      starter: undefined,
      author: 'UADA',
      isAuthorUnknown: false,
    });
  });

  it.each([
    ['whom gatehouse.yml does not name', { author: 'Grace', email: 'grace@example.com' }],
    ['of whom the commit tells nothing', {}],
  ])('is no author %s', (_what, commit) => {
    expect(involvedIn({ kind: 'commit', ...commit }, PEOPLE)).toEqual({
      starter: undefined,
      author: undefined,
      isAuthorUnknown: true,
    });
  });

  it.each(['arn:aws:iam::111122223333:user/ada', 'arn:aws:sts::111122223333:assumed-role/Admin/ada'])(
    'is whoever started it, under any of their names in AWS: %s',
    (detail) => {
      expect(involvedIn({ kind: 'other', type: 'StartPipelineExecution', detail }, PEOPLE)).toEqual({
        starter: 'UADA',
        author: undefined,
        isAuthorUnknown: true,
      });
    },
  );

  it.each([
    { kind: 'other', type: 'StartPipelineExecution', detail: 'arn:aws:iam::111122223333:user/eve' } as const,
    { kind: 'other', type: 'CloudWatchEvent' } as const,
    undefined,
  ])('is nobody that is known, and so is the author: %j', (trigger) => {
    expect(involvedIn(trigger, PEOPLE)).toEqual({ starter: undefined, author: undefined, isAuthorUnknown: true });
  });
});

describe('approving what one has a hand in', () => {
  const involved = { starter: 'UADA', author: 'ULINUS', isAuthorUnknown: false };
  const unknown = { starter: undefined, author: undefined, isAuthorUnknown: true };

  it('is refused to who started it and who wrote it, and to nobody else', () => {
    const refusals = ['UADA', 'ULINUS', 'UGRACE'].map((user) => selfRefusalOf(aPolicy(), involved, user));
    expect(refusals).toEqual(['started-it', 'wrote-it', undefined]);
  });

  it('is refused to all when nobody knows who wrote it and the policy says so', () => {
    expect(selfRefusalOf(aPolicy({ unknownAuthor: 'deny' }), unknown, 'UGRACE')).toBe('author-unknown');
    expect(selfRefusalOf(aPolicy({ unknownAuthor: 'allow' }), unknown, 'UGRACE')).toBeUndefined();
    expect(selfRefusalOf(aPolicy({ unknownAuthor: 'deny' }), involved, 'UGRACE')).toBeUndefined();
  });

  it('is allowed where the policy allows it', () => {
    expect(selfRefusalOf(aPolicy({ selfApproval: 'allow' }), involved, 'UADA')).toBeUndefined();
  });
});
