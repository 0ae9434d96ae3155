/** Somebody whom the local workspace knows. */
export type Person = {
  readonly id: string;
  readonly name: string;
  readonly realName: string;
  /** `guest`: may see single channels only. `external`: of another workspace, in channels shared with it. */
  readonly kind: 'member' | 'guest' | 'bot' | 'external';
};

/** A user group: its handle without the at sign, and the ids of its members. */
export type UserGroup = { readonly id: string; readonly handle: string; readonly members: readonly string[] };

/** The workspace that the people of kind `external` are of. */
export const OTHER_WORKSPACE = 'T0ELSEWHERE';

/** Who is in the local workspace; their ids stay the same, so that a gatehouse.yml can name them. */
export const PEOPLE: readonly Person[] = [
  { id: 'U0ADA', name: 'ada', realName: 'Ada Lovelace', kind: 'member' },
  { id: 'U0GRACE', name: 'grace', realName: 'Grace Hopper', kind: 'member' },
  { id: 'U0LINUS', name: 'linus', realName: 'Linus Torvalds', kind: 'member' },
  { id: 'U0MALLORY', name: 'mallory', realName: 'Mallory Archer', kind: 'member' },
  { id: 'U0VISITOR', name: 'visitor', realName: 'A Visitor', kind: 'guest' },
  { id: 'U0ROBOT', name: 'robot', realName: 'A Robot', kind: 'bot' },
  { id: 'U0EXTERNAL', name: 'external', realName: 'Somebody Elsewhere', kind: 'external' },
];

export const USER_GROUPS: readonly UserGroup[] = [
  { id: 'S0RELEASE', handle: 'release', members: ['U0ADA', 'U0GRACE', 'U0LINUS'] },
];
