import * as v from 'valibot';
import type { Config } from '../../shared/config/config.ts';
import { policyName } from '../../shared/gate/policy.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import type { SlackAnswer } from '../setup/slack-web.ts';
import { addScope } from './check-slack.ts';

const APPROVALS = 'Approvals';

/** A person or a user group that gates count on, by the names of these gates. */
export type Approver = { readonly kind: 'user' | 'group'; readonly id: string; readonly gates: readonly string[] };

/** Everybody whom `gatehouse.yml` lets decide, each once. */
export const approversOf = ({ gates = [] }: Pick<Config, 'gates'>): readonly Approver[] => {
  const found = new Map<string, Approver>();
  gates.forEach((policy, index) => {
    const named = policy.rules.flatMap(({ users, groups }) => [
      ...users.map((id) => ({ kind: 'user' as const, id })),
      ...groups.map((id) => ({ kind: 'group' as const, id })),
    ]);
    for (const one of named) {
      const known = found.get(one.id)?.gates ?? [];
      found.set(one.id, { ...one, gates: [...new Set([...known, policyName(policy, index)])] });
    }
  });
  return [...found.values()];
};

const Members = v.object({ users: v.array(v.string()) });

const flag = v.fallback(v.optional(v.boolean(), false), false);

const Profile = v.object({
  user: v.object({
    name: v.optional(v.string(), ''),
    is_bot: flag,
    deleted: flag,
    is_restricted: flag,
    is_ultra_restricted: flag,
    is_stranger: flag,
  }),
});

/** Whether somebody who may decide could, as `users.info` or `usergroups.users.list` tells it. */
export const checkApprover = ({ kind, id, gates }: Approver, answer: SlackAnswer): readonly Row[] => {
  const row = (status: Row['status'], says: string, remedy?: string): readonly Row[] => [
    {
      group: APPROVALS,
      name: `${id} (${gates.join(', ')})`,
      status,
      says,
      ...(remedy !== undefined && { remedy }),
    },
  ];
  const correct = `correct the approvers of ${gates.join(', ')} in gatehouse.yml`;
  switch (answer.kind) {
    case 'unreachable':
      return unanswered(APPROVALS, id, answer);
    case 'refused': {
      if (answer.error === 'ratelimited') {
        return row('skipped', 'cannot be seen now: Slack wants a pause', 'run this again in a minute');
      }
      if (answer.error === 'missing_scope') {
        const scope = answer.needed ?? (kind === 'user' ? 'users:read' : 'usergroups:read');
        return row(
          'problem',
          `cannot be read, so its votes count for nothing: the bot lacks ${scope}`,
          addScope(scope),
        );
      }
      return row(
        'problem',
        `Slack knows no such ${kind === 'user' ? 'person' : 'user group'}: ${answer.error}`,
        correct,
      );
    }
    case 'told':
      return kind === 'user' ? ofUser(answer.body, row, correct) : ofGroup(answer.body, row, correct);
  }
};

type MakeRow = (status: Row['status'], says: string, remedy?: string) => readonly Row[];

const UNREADABLE = ['Slack says nothing of it that can be understood', 'run this again'] as const;

const ofUser = (body: unknown, row: MakeRow, correct: string): readonly Row[] => {
  const parsed = v.safeParse(Profile, body);
  if (!parsed.success) {
    return row('problem', ...UNREADABLE);
  }
  const { name, is_bot: bot, deleted, is_restricted, is_ultra_restricted, is_stranger } = parsed.output.user;
  if (deleted) {
    return row('problem', `@${name} is deactivated`, correct);
  }
  if (bot) {
    return row('problem', `@${name} is a bot, and no bot decides`, correct);
  }
  return is_restricted || is_ultra_restricted || is_stranger
    ? row('problem', `@${name} is a guest, and no guest decides`, correct)
    : row('ok', `@${name} may decide`);
};

const ofGroup = (body: unknown, row: MakeRow, correct: string): readonly Row[] => {
  const parsed = v.safeParse(Members, body);
  if (!parsed.success) {
    return row('problem', ...UNREADABLE);
  }
  const { length } = parsed.output.users;
  return length === 0
    ? row('problem', 'nobody is in this user group', `add people to it in Slack, or ${correct}`)
    : row('ok', `${length} ${length === 1 ? 'person is' : 'people are'} in this user group`);
};
