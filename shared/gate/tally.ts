import type { ApproverRule, GatePolicy } from '../config/config.ts';
import { votesOf } from './gate.ts';
import type { Click, RuleApproval, Tally } from './gate.ts';

/** Who is in which user group, by its id; a group that could not be read is missing. */
export type Members = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Counts votes, and what approves in the place of people: enough rejections reject, every rule filled approves. A person
 * fills one seat, whichever lets the most seats be filled; who may not decide any more does not count. `approvals` fill no
 * rule that people can fill without them, and none at all once somebody has rejected.
 */
export const tallyOf = (
  policy: Pick<GatePolicy, 'rules' | 'rejections' | 'auto'>,
  members: Members,
  clicks: readonly Click[],
  approvals: readonly RuleApproval[] = [],
): Tally => {
  const { rules, rejections } = policy;
  const cast = votesOf(clicks);
  const votes = cast.filter(({ user }) => rules.some((rule) => isIn(rule, members, user)));
  const inFavour = votes.filter(({ verdict }) => verdict === 'approve');
  const against = votes.filter(({ verdict }) => verdict === 'reject');
  const byPeople = seatedIn(rules, members, inFavour, new Set());
  if (against.length >= rejections) {
    return { verdict: 'reject', by: against, filled: byPeople.filled };
  }
  if (byPeople.isFull) {
    return { verdict: 'approve', by: byPeople.by, filled: byPeople.filled };
  }
  // Whoever said no may have left the approvers meanwhile: people have to look all the same.
  const isContested = cast.some(({ verdict }) => verdict === 'reject');
  const filling = isContested ? [] : fillersOf(policy, approvals);
  const together = seatedIn(rules, members, inFavour, new Set(filling.flatMap(({ fills }) => fills)));
  return together.isFull
    ? {
        verdict: 'approve',
        by: together.by,
        byRule: filling.map(({ approval }) => approval),
        filled: together.filled,
      }
    : { verdict: undefined, by: [], filled: together.filled };
};

type Filler = { readonly approval: RuleApproval; readonly fills: readonly number[] };

/** Which approvals fill which rules, each of them filled by the first that does: by what the policy says of them now. */
const fillersOf = ({ auto = [] }: Pick<GatePolicy, 'auto'>, approvals: readonly RuleApproval[]): readonly Filler[] => {
  const filled = new Set<number>();
  return auto.flatMap(({ name, fills }): readonly Filler[] => {
    const approval = approvals.find(({ rule }) => rule === name);
    if (approval === undefined) {
      return [];
    }
    const own = fills.filter((place) => !filled.has(place));
    own.forEach((place) => filled.add(place));
    return own.length === 0 ? [] : [{ approval, fills: own }];
  });
};

type Seated = { readonly by: readonly Click[]; readonly filled: readonly number[]; readonly isFull: boolean };

/** Seats people, beside the rules that are filled without them. */
const seatedIn = (
  rules: readonly ApproverRule[],
  members: Members,
  votes: readonly Click[],
  withoutThem: ReadonlySet<number>,
): Seated => {
  const seats = seated(
    rules.map((rule, place) => (withoutThem.has(place) ? { ...rule, quorum: 0 } : rule)),
    members,
    votes,
  );
  const filled = rules.map(({ quorum }, place) =>
    withoutThem.has(place) ? quorum : seats.filter(({ rule }) => rule === place).length,
  );
  return {
    by: seats.map(({ vote }) => vote),
    filled,
    isFull: rules.length > 0 && rules.every(({ quorum }, place) => (filled[place] ?? 0) >= quorum),
  };
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
