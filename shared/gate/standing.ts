import type { GatePolicy, Person } from '../config/config.ts';
import type { Trigger } from '../rollout/rollout.ts';
import { matchesGlob } from '../routing/glob.ts';
import type { Refusal } from './gate.ts';
import { isIn } from './tally.ts';
import type { Members } from './tally.ts';

/** What Slack says of whoever clicked; undefined where it could not be asked. */
export type Clicker = {
  readonly user: string;
  readonly team: string;
  readonly profile: { readonly isBot: boolean; readonly isGuest: boolean } | undefined;
};

/** Who has a hand in a rollout: ids of Slack users. */
export type Involved = {
  readonly starter: string | undefined;
  readonly author: string | undefined;
  /** Nobody knows who wrote what it ships. */
  readonly isAuthorUnknown: boolean;
};

/** Why a person may not decide; undefined: they may. Nobody may unless a rule names them. */
export const refusalOf = (
  policy: GatePolicy,
  members: Members,
  { user, team, profile }: Clicker,
  workspace: string,
): Refusal | undefined => {
  if (team !== workspace) {
    return 'other-workspace';
  }
  if (!policy.rules.some((rule) => isIn(rule, members, user))) {
    const isUnread = policy.rules.some(({ groups }) => groups.some((group) => !members.has(group)));
    return isUnread ? 'group-unread' : 'not-an-approver';
  }
  if (profile === undefined) {
    return 'person-unread';
  }
  if (profile.isBot) {
    return 'bot';
  }
  return profile.isGuest ? 'guest' : undefined;
};

/** Why a person may not approve what they have a hand in; rejecting it is up to anybody who may decide. */
export const selfRefusalOf = (
  { selfApproval, unknownAuthor }: Pick<GatePolicy, 'selfApproval' | 'unknownAuthor'>,
  { starter, author, isAuthorUnknown }: Involved,
  user: string,
): Refusal | undefined => {
  if (selfApproval === 'allow') {
    return undefined;
  }
  if (starter === user) {
    return 'started-it';
  }
  if (author === user) {
    return 'wrote-it';
  }
  return isAuthorUnknown && unknownAuthor === 'deny' ? 'author-unknown' : undefined;
};

/** Who of the people in `gatehouse.yml` started a rollout, and who wrote what it ships, as far as its trigger tells. */
export const involvedIn = (trigger: Trigger | undefined, people: readonly Person[]): Involved => {
  switch (trigger?.kind) {
    case 'commit': {
      const names = [trigger.author, trigger.email].flatMap((name) => (name === undefined ? [] : [name.toLowerCase()]));
      const author = people.find(({ git }) => git.some((name) => names.includes(name)))?.user;
      return { starter: undefined, author, isAuthorUnknown: author === undefined };
    }
    case 'other': {
      const { detail } = trigger;
      const starter =
        detail === undefined
          ? undefined
          : people.find(({ iam }) => iam.some((glob) => matchesGlob(glob, detail)))?.user;
      return { starter, author: undefined, isAuthorUnknown: true };
    }
    case undefined:
      return { starter: undefined, author: undefined, isAuthorUnknown: true };
  }
};
