import type { ApproverRule, GatePolicy } from '../config/config.ts';
import { votesOf } from './gate.ts';
import type { Click, Tally } from './gate.ts';

/** Who is in which user group, by its id; a group that could not be read is missing. */
export type Members = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Counts votes: enough rejections reject, every rule filled approves. A person fills one seat, whichever lets the most
 * seats be filled; who may not decide any more does not count.
 */
export const tallyOf = (
  { rules, rejections }: Pick<GatePolicy, 'rules' | 'rejections'>,
  members: Members,
  clicks: readonly Click[],
): Tally => {
  const votes = votesOf(clicks).filter(({ user }) => rules.some((rule) => isIn(rule, members, user)));
  const seats = seated(
    rules,
    members,
    votes.filter(({ verdict }) => verdict === 'approve'),
  );
  const filled = rules.map((_, index) => seats.filter(({ rule }) => rule === index).length);
  const against = votes.filter(({ verdict }) => verdict === 'reject');
  if (against.length >= rejections) {
    return { verdict: 'reject', by: against, filled };
  }
  const isFull = rules.length > 0 && rules.every(({ quorum }, index) => (filled[index] ?? 0) >= quorum);
  return isFull
    ? { verdict: 'approve', by: seats.map(({ vote }) => vote), filled }
    : { verdict: undefined, by: [], filled };
};

/** Whether a person is one of those that a rule names. */
export const isIn = ({ users, groups }: ApproverRule, members: Members, user: string): boolean =>
  users.includes(user) || groups.some((group) => members.get(group)?.has(user) === true);

type Seat = { readonly rule: number; readonly vote: Click };

type Place = { readonly index: number; readonly rule: ApproverRule };

/** Finds people their seats, in the order of their votes, moving earlier ones where that makes room. */
const seated = (rules: readonly ApproverRule[], members: Members, votes: readonly Click[]): readonly Seat[] => {
  const places = rules.flatMap((rule, index) => Array.from({ length: rule.quorum }, (): Place => ({ index, rule })));
  const taken = new Map<Place, Click>();
  const find = (vote: Click, tried: Set<Place>): boolean =>
    places.some((place) => {
      if (tried.has(place) || !isIn(place.rule, members, vote.user)) {
        return false;
      }
      tried.add(place);
      const other = taken.get(place);
      if (other === undefined || find(other, tried)) {
        taken.set(place, vote);
        return true;
      }
      return false;
    });
  for (const vote of votes) {
    find(vote, new Set());
  }
  return votes.flatMap((vote) =>
    places.filter((place) => taken.get(place) === vote).map(({ index }) => ({ rule: index, vote })),
  );
};
