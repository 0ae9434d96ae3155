import { describe, expect, it } from 'vitest';
import { approversOf, checkApprover } from '../../../scripts/doctor/check-approvers.ts';
import type { Approver } from '../../../scripts/doctor/check-approvers.ts';
import type { SlackAnswer } from '../../../scripts/setup/slack-web.ts';
import { aPolicy } from '../../support/gates.ts';
import { glance } from '../../support/rows.ts';

const said = (body: object): SlackAnswer => ({ kind: 'told', body, scopes: undefined });
const refused = (error: string, needed?: string): SlackAnswer => ({ kind: 'refused', error, needed });

const ADA: Approver = { kind: 'user', id: 'U0ADA', gates: ['production'] };
const RELEASE: Approver = { kind: 'group', id: 'S0RELEASE', gates: ['production', 'gate 2'] };

describe('approversOf', () => {
  it('names each person and group once, with all gates that count on them', () => {
    const rule = { name: 'ada, @release', users: ['U0ADA'], groups: ['S0RELEASE'], quorum: 1 };
    const gates = [aPolicy({ name: 'production', rules: [rule, { ...rule, groups: [] }] }), aPolicy({ rules: [rule] })];
    expect(approversOf({ gates })).toEqual([
      { kind: 'user', id: 'U0ADA', gates: ['production', 'gate 2'] },
      { kind: 'group', id: 'S0RELEASE', gates: ['production', 'gate 2'] },
    ]);
  });
});

describe('checkApprover', () => {
  it.each([
    [{ name: 'ada' }, 'ok', '@ada may decide'],
    [{ name: 'ada', deleted: true }, 'problem', '@ada is deactivated'],
    [{ name: 'robot', is_bot: true }, 'problem', '@robot is a bot, and no bot decides'],
    [{ name: 'guest', is_restricted: true }, 'problem', '@guest is a guest, and no guest decides'],
    [{ name: 'guest', is_ultra_restricted: true }, 'problem', '@guest is a guest, and no guest decides'],
    [{ name: 'other', is_stranger: true }, 'problem', '@other is a guest, and no guest decides'],
  ])('looks at a person: %o', (user, status, says) => {
    expect(glance(checkApprover(ADA, said({ user })))).toEqual([[status, 'U0ADA (production)', says]]);
  });

  it.each([
    [[], 'problem', 'nobody is in this user group'],
    [['U0ADA'], 'ok', '1 person is in this user group'],
    [['U0ADA', 'U0GRACE'], 'ok', '2 people are in this user group'],
  ])('looks at a user group: %o', (users, status, says) => {
    expect(glance(checkApprover(RELEASE, said({ users })))).toEqual([[status, 'S0RELEASE (production, gate 2)', says]]);
  });

  it.each([
    [ADA, refused('user_not_found'), 'problem', 'Slack knows no such person: user_not_found'],
    [RELEASE, refused('no_such_subteam'), 'problem', 'Slack knows no such user group: no_such_subteam'],
    [RELEASE, refused('missing_scope'), 'problem', 'the bot lacks usergroups:read'],
    [ADA, refused('missing_scope', 'users:read'), 'problem', 'the bot lacks users:read'],
    [ADA, refused('ratelimited'), 'skipped', 'Slack wants a pause'],
    [ADA, said({}), 'problem', 'nothing of it that can be understood'],
    [RELEASE, said({}), 'problem', 'nothing of it that can be understood'],
    [ADA, { kind: 'unreachable', host: 'slack.com', because: 'TimeoutError' } as const, 'problem', 'does not answer'],
  ])('says what keeps %o from deciding when Slack says %o', (approver, answer, status, says) => {
    const [row] = checkApprover(approver, answer);
    expect(row).toMatchObject({ status });
    expect(row?.says).toContain(says);
    expect(row?.remedy).toMatch(/gatehouse\.yml|run this again|Bot Token Scopes/);
  });
});
