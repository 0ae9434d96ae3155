import * as v from 'valibot';
import { DETAILS } from '../config/config.ts';
import type { Detail } from '../config/config.ts';
import type { RunSummary } from '../validation/run-summary.ts';
import type { ItemKind } from '../store/change-item.ts';
import type { Rollout } from './rollout.ts';
import { StoredId } from './stored-id.ts';
import { STATES } from './state.ts';
import { StoredWatch } from './watch.ts';
import type { Watch } from './watch.ts';

/** A rollout with the channels that hear of it: once heard, a channel hears the rest. */
export type StoredRollout = {
  readonly rollout: Rollout;
  readonly channels: readonly string[];
  /** How much a channel is told: what the first in `gatehouse.yml` of the routes that led there says, and its place. */
  readonly details?: Readonly<Record<string, { readonly route: number; readonly detail: Detail }>>;
  /** The gates at which it has waited, by their ids. */
  readonly gates?: Readonly<Record<string, GateMark>>;
  /** The runs of validation at its hooks, by their ids. */
  readonly validations?: Readonly<Record<string, ValidationMark>>;
  /** Absent once it has ended, and where AWS knows nothing of it any more. */
  readonly watch?: Watch;
};

/** Which action waits at a gate, or without one the rollout itself, and where people are asked: an address of Slack's. */
export type GateMark = {
  readonly stage?: string;
  readonly action?: string;
  /** The run of validation that asks there. */
  readonly run?: string;
  /** Epoch milliseconds: since when it waits there. */
  readonly at: number;
  readonly link?: string;
};

/** How a run of validation stands, as it was last told. */
export type ValidationMark = {
  /** The revision of the run's item that tells it: a newer one wins. */
  readonly rev: number;
  /** Epoch milliseconds: when it was told. */
  readonly at: number;
  /** Epoch milliseconds: since when it runs. */
  readonly since: number;
  readonly summary: RunSummary;
};

const text = v.exactOptional(v.string());

const StoredVersion = v.object({ attempt: v.number(), time: v.number(), rank: v.number(), eventId: v.string() });

const StoredResult = v.object({ summary: text, errorCode: text, url: text });

export const StoredRegister = v.variant('kind', [
  v.object({ kind: v.literal('rollout') }),
  v.object({ kind: v.literal('stage'), stage: v.string() }),
  v.object({ kind: v.literal('action'), stage: v.string(), action: v.string() }),
  v.object({ kind: v.literal('instance'), instance: v.string() }),
]);

const StoredState = v.object({
  register: StoredRegister,
  state: v.picklist(STATES),
  version: StoredVersion,
  startedAt: v.number(),
  result: v.exactOptional(StoredResult),
});

const StoredTrigger = v.variant('kind', [
  v.object({
    kind: v.literal('commit'),
    author: text,
    email: text,
    ref: text,
    commit: text,
    message: text,
    repository: text,
  }),
  v.object({ kind: v.literal('other'), type: v.string(), detail: text }),
]);

const storedFact = <Value extends v.GenericSchema>(value: Value) =>
  v.exactOptional(v.object({ version: StoredVersion, value }));

const StoredSummary = v.object({
  hook: text,
  suite: text,
  state: v.picklist(['running', 'asking', 'continue', 'rollback', 'moot', 'overtaken']),
  says: v.string(),
  checks: v.array(
    v.object({
      name: v.string(),
      verdict: v.picklist(['pass', 'fail', 'inconclusive', 'error', 'running', 'waiting', 'skipped', 'canceled']),
      value: text,
      expected: text,
      says: text,
      link: text,
      advisory: v.boolean(),
      taken: v.number(),
      count: v.number(),
    }),
  ),
});

const Stored = v.object({
  rollout: v.object({
    id: StoredId,
    registers: v.record(v.string(), StoredState),
    facts: v.object({
      trigger: storedFact(StoredTrigger),
      stopReason: storedFact(v.string()),
      failure: storedFact(StoredResult),
      rollbackOf: storedFact(v.string()),
      rolledBackBy: storedFact(v.string()),
      creator: storedFact(v.string()),
      stages: storedFact(v.array(v.string())),
      gone: storedFact(v.literal(true)),
    }),
  }),
  channels: v.array(v.string()),
  details: v.exactOptional(v.record(v.string(), v.object({ route: v.number(), detail: v.picklist(DETAILS) }))),
  gates: v.exactOptional(
    v.record(v.string(), v.object({ stage: text, action: text, run: text, at: v.number(), link: text })),
  ),
  validations: v.exactOptional(
    v.record(v.string(), v.object({ rev: v.number(), at: v.number(), since: v.number(), summary: StoredSummary })),
  ),
  watch: v.exactOptional(StoredWatch),
});

export const rolloutItem: ItemKind<StoredRollout> = {
  parse: (body) => v.parse(Stored, body),
  due: ({ watch }) => (watch === undefined ? undefined : { kind: 'rollout', at: watch.at }),
};
