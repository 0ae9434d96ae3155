import * as v from 'valibot';
import { own } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { OTHER_WORKSPACE } from './people.ts';
import type { Person, UserGroup } from './people.ts';

/** What the Web API says of people and user groups. */
export type Directory = {
  /** Undefined for a method that is not about people. */
  readonly answer: (method: string, fields: JsonRecord) => JsonRecord | undefined;
  readonly person: (id: unknown) => Person | undefined;
  readonly teamOf: (person: Person) => string;
  /** Gives a user group other members; false when the fields make no sense or there is no such group. */
  readonly setMembers: (fields: JsonRecord) => boolean;
};

const Members = v.strictObject({ usergroup: v.string(), users: v.array(v.string()) });

/** A directory of these people and groups; `workspace` is the id of the workspace that most of them are of. */
export const createDirectory = (
  people: readonly Person[],
  groups: readonly UserGroup[],
  workspace: string,
): Directory => {
  const members = new Map(groups.map((group) => [group.id, group.members]));
  const person = (id: unknown): Person | undefined => people.find((each) => each.id === id);
  const teamOf = ({ kind }: Person): string => (kind === 'external' ? OTHER_WORKSPACE : workspace);

  // https://docs.slack.dev/reference/objects/user-object. `is_stranger` is for who shares no channel with the app.
  const userObject = (each: Person): JsonRecord => ({
    id: each.id,
    team_id: teamOf(each),
    name: each.name,
    real_name: each.realName,
    deleted: false,
    is_admin: false,
    is_owner: false,
    is_restricted: each.kind === 'guest',
    is_ultra_restricted: false,
    is_bot: each.kind === 'bot',
    is_app_user: false,
    is_stranger: false,
    profile: { display_name: each.name, real_name: each.realName, team: teamOf(each) },
  });

  return {
    answer: (method, fields) => {
      switch (method) {
        case 'users.info': {
          const asked = person(own(fields, 'user'));
          return asked === undefined ? { ok: false, error: 'user_not_found' } : { ok: true, user: userObject(asked) };
        }
        case 'users.list':
          return { ok: true, members: people.map(userObject), response_metadata: { next_cursor: '' } };
        case 'usergroups.users.list': {
          const users = members.get(String(own(fields, 'usergroup')));
          return users === undefined ? { ok: false, error: 'no_such_subteam' } : { ok: true, users };
        }
        default:
          return undefined;
      }
    },
    person,
    teamOf,
    setMembers: (fields) => {
      const parsed = v.safeParse(Members, fields);
      if (!parsed.success || !members.has(parsed.output.usergroup)) {
        return false;
      }
      members.set(parsed.output.usergroup, parsed.output.users);
      return true;
    },
  };
};
