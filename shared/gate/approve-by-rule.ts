import type { AutoMatch, AutoRule, GatePolicy, Person, SucceededBefore, ValidatedBefore } from '../config/config.ts';
import { cutText } from '../message/cut-text.ts';
import { matchesGlob } from '../routing/glob.ts';
import { rollbackOf } from '../rollout/overview.ts';
import { registerName } from '../rollout/rollout.ts';
import type { Trigger } from '../rollout/rollout.ts';
import type { StoredRollout, ValidationMark } from '../rollout/stored-rollout.ts';
import { nextOpening, openingAt, utc } from '../validation/calendar.ts';
import type { GatePoint, RuleApproval } from './gate.ts';
import { involvedIn } from './standing.ts';

/** What is known where a rollout waits. What is not there is not known, and holds for nothing. */
export type GateFacts = {
  readonly point: GatePoint;
  readonly stored?: Pick<StoredRollout, 'rollout' | 'validations'>;
  /** Of a run of validation what its checks have come to, by their names. */
  readonly checks?: ReadonlyMap<string, string>;
  readonly people: readonly Person[];
};

/** Which rules of a policy approve, and when one of the others may at the earliest. */
export type ByRule = {
  readonly approvals: readonly RuleApproval[];
  /** Epoch milliseconds; Infinity: that is not a matter of time. */
  readonly nextAt: number;
};

/** What may change without a word to the gate is looked at so often: the sweep comes by once a minute. */
const SOON_MS = 60_000;

const MOST_REASON = 300;

/** Where there are no rules, or nothing may be approved yet. */
export const NO_RULES: ByRule = { approvals: [], nextAt: Infinity };

/** Which rules approve in the place of people, by what is known at this moment, in epoch milliseconds. */
export const approvedByRule = ({ auto = [] }: Pick<GatePolicy, 'auto'>, facts: GateFacts, now: number): ByRule => {
  const looks = auto.map((rule) => lookAt(rule, facts, now));
  return {
    approvals: looks.flatMap(({ approval }) => approval ?? []),
    nextAt: Math.min(...looks.map(({ from }) => from)),
  };
};

/** A rule that holds has nothing to wait for. */
type Look = { readonly approval?: RuleApproval; readonly from: number };

const lookAt = ({ name, when }: AutoRule, facts: GateFacts, now: number): Look => {
  const criteria = CRITERIA.flatMap((criterion) => criterion(when, facts, now) ?? []);
  const missing = criteria.flatMap((one) => (one.holds ? [] : [one.from]));
  if (missing.length > 0) {
    return { from: Math.max(...missing) };
  }
  const says = criteria.flatMap((one) => (one.holds ? [one.says] : []));
  const because = cutText(says.length === 0 ? 'always' : says.join(', '), MOST_REASON);
  return { approval: { rule: name, because, at: now }, from: Infinity };
};

/** `from`: when it may hold at the earliest; Infinity: that is not a matter of time. */
type Standing = { readonly holds: true; readonly says: string } | { readonly holds: false; readonly from: number };

/** Undefined: the rule does not ask for it. */
type Criterion = (when: AutoMatch, facts: GateFacts, now: number) => Standing | readonly Standing[] | undefined;

const NEVER: Standing = { holds: false, from: Infinity };

const triggerIn = ({ stored }: GateFacts): Trigger | undefined => stored?.rollout.facts.trigger?.value;

const ref: Criterion = ({ ref: globs }, facts) => {
  if (globs === undefined) {
    return undefined;
  }
  const trigger = triggerIn(facts);
  const name = trigger?.kind === 'commit' ? trigger.ref : undefined;
  return name !== undefined && matchesAny(globs, name) ? { holds: true, says: `ref ${cutText(name, 100)}` } : NEVER;
};

const author: Criterion = ({ author: names }, facts) => {
  if (names === undefined) {
    return undefined;
  }
  const { author: user } = involvedIn(triggerIn(facts), facts.people);
  const name = facts.people.find((person) => person.user === user)?.name;
  return name !== undefined && names.includes(name) ? { holds: true, says: `author ${name}` } : NEVER;
};

/** Of other triggers the detail is not who started it. */
const STARTED_BY_SOMEBODY = 'StartPipelineExecution';

const startedBy: Criterion = ({ startedBy: globs }, facts) => {
  if (globs === undefined) {
    return undefined;
  }
  const trigger = triggerIn(facts);
  const arn = trigger?.kind === 'other' && trigger.type === STARTED_BY_SOMEBODY ? trigger.detail : undefined;
  return arn !== undefined && matchesAny(globs, arn) ? { holds: true, says: `started by ${cutText(arn, 150)}` } : NEVER;
};

const succeeded: Criterion = ({ succeeded: all }, facts, now) => all?.map((one) => succeededBefore(one, facts, now));

const succeededBefore = ({ stage, action, forMs }: SucceededBefore, { stored }: GateFacts, now: number): Standing => {
  const name = registerName(action === undefined ? { kind: 'stage', stage } : { kind: 'action', stage, action });
  const registers = new Map(Object.entries(stored?.rollout.registers ?? {}));
  const register = registers.get(name);
  if (register?.state !== 'succeeded') {
    return NEVER;
  }
  const since = register.version.time;
  const from = since + (forMs ?? 0);
  return from <= now
    ? { holds: true, says: `${action === undefined ? stage : `${stage}/${action}`} succeeded ${utc(since)}` }
    : { holds: false, from };
};

const validated: Criterion = ({ validated: all }, facts, now) => all?.map((one) => validatedBefore(one, facts, now));

const validatedBefore = (
  { suite: globs, verdict }: ValidatedBefore,
  { stored, point }: GateFacts,
  now: number,
): Standing => {
  const own = point.kind === 'validation' ? point.run : undefined;
  const runs = Object.entries(stored?.validations ?? {}).flatMap(([id, mark]) =>
    id !== own && mark.summary.suite !== undefined && matchesAny(globs, mark.summary.suite) ? [mark] : [],
  );
  if (runs.some(({ summary }) => summary.state === 'running' || summary.state === 'asking')) {
    return { holds: false, from: now + SOON_MS };
  }
  const isGood = verdict === 'pass' ? hasPassed : letsGoOn;
  return runs.length > 0 && runs.every(isGood)
    ? {
        holds: true,
        says: `${[...new Set(runs.map(({ summary }) => summary.suite))].join(' and ')} ${verdict === 'pass' ? 'passed' : 'went on'}`,
      }
    : NEVER;
};

const letsGoOn = ({ summary }: ValidationMark): boolean => summary.state === 'continue';

/** A rollout may go on for other reasons than that its checks have passed, or because it has none. */
const hasPassed = (mark: ValidationMark): boolean => {
  const required = mark.summary.checks.filter(({ advisory }) => !advisory);
  return letsGoOn(mark) && required.length > 0 && required.every(({ verdict }) => verdict === 'pass');
};

const checks: Criterion = ({ checks: all }, { checks: ends }, now) =>
  all === undefined
    ? undefined
    : Object.entries(all).map(([name, wanted]): Standing => {
        const end = ends?.get(name);
        if (end === undefined) {
          // It may not have ended yet.
          return ends === undefined ? NEVER : { holds: false, from: now + SOON_MS };
        }
        return wanted.some((verdict) => verdict === end) ? { holds: true, says: `${name} ${end}` } : NEVER;
      });

const rollback: Criterion = ({ rollback: isAskedFor }, { stored }) => {
  if (isAskedFor === undefined) {
    return undefined;
  }
  return stored !== undefined && rollbackOf(stored.rollout) === 'yes' ? { holds: true, says: 'a rollback' } : NEVER;
};

const calendar: Criterion = ({ hours, freeze }, _facts, now) => {
  if (hours === undefined && freeze === undefined) {
    return undefined;
  }
  const times = { hours: hours ?? [], freeze: freeze ?? [] };
  return openingAt(times, now).kind === 'open'
    ? { holds: true, says: `${hours === undefined ? 'not frozen' : 'within its hours'} ${utc(now)}` }
    : { holds: false, from: nextOpening(times, now) ?? Infinity };
};

/** In the order in which people read of them. */
const CRITERIA: readonly Criterion[] = [ref, author, startedBy, succeeded, validated, checks, rollback, calendar];

const matchesAny = (globs: readonly string[], name: string): boolean => globs.some((glob) => matchesGlob(glob, name));
