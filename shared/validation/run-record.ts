import * as v from 'valibot';
import { gateItem } from '../gate/stored-gate.ts';
import { unchanged } from '../store/change-item.ts';
import type { ChangeItem, ItemKind } from '../store/change-item.ts';
import { gateKey, runRecordKey } from '../store/keys.ts';
import { gatesOf } from './ask-people.ts';
import type { RunAt } from './drive-run.ts';
import { withoutKeys } from './run-call.ts';
import type { Run } from './run.ts';
import { runItem } from './stored-run.ts';

/** What stays of a run: all that it was told, all that it found, who voted, how it ended. It is written once. */
export type RunRecord = {
  /** Without the keys of its call: nobody needs them any more. */
  readonly run: Run;
  readonly votes: readonly RunVote[];
};

/** One click at a gate of the run. */
export type RunVote = {
  /** Of an approval's check; left out: about the whole. */
  readonly check?: string;
  readonly user: string;
  readonly name?: string;
  readonly verdict: 'approve' | 'reject';
  readonly note?: string;
  readonly at: number;
  readonly outcome: string;
};

const text = v.exactOptional(v.string());

const StoredRecord = v.object({
  run: v.unknown(),
  votes: v.array(
    v.object({
      check: text,
      user: v.string(),
      name: text,
      verdict: v.picklist(['approve', 'reject']),
      note: text,
      at: v.number(),
      outcome: v.string(),
    }),
  ),
});

export const runRecordItem: ItemKind<RunRecord> = {
  parse: (body) => {
    const { run, votes } = v.parse(StoredRecord, body);
    return { run: runItem.parse({ run }).run, votes };
  },
};

/** Writes what stays of a run that is over; what is written stays as it is. */
export const recordRun = async (changeItem: ChangeItem, { id, run }: RunAt): Promise<void> => {
  const votes = (await Promise.all(gatesOf(id, run).map((gate) => votesAt(changeItem, gate)))).flat();
  const record: RunRecord = { run: { ...run, call: withoutKeys(run.call) }, votes };
  await changeItem(
    runRecordKey(id),
    runRecordItem,
    (known) => ({ ...(known === undefined && { body: record }), outcome: undefined }),
    // It hardly ever is there.
    'nothing',
  );
};

const votesAt = async (changeItem: ChangeItem, gate: string): Promise<readonly RunVote[]> => {
  const { outcome: stored } = await changeItem(gateKey(gate), gateItem, unchanged);
  const check = stored?.point.kind === 'validation' && stored.point.check !== '' ? stored.point.check : undefined;
  return (stored?.clicks ?? []).map(({ user, name, verdict, note, at, outcome }) => ({
    ...(check !== undefined && { check }),
    user,
    ...(name !== undefined && { name }),
    verdict,
    ...(note !== undefined && { note }),
    at,
    outcome,
  }));
};
