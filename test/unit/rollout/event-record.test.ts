import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { eventItem, withRefusal } from '../../../shared/rollout/event-record.ts';
import type { EventRecord } from '../../../shared/rollout/event-record.ts';

/** As the version before this one wrote it. */
const GOLDEN: EventRecord = {
  outcome: 'applied',
  eventIds: ['event-1'],
  register: 'rollout',
  state: 'failed',
  routes: ['route 1'],
  channels: ['C1'],
  attempt: 1,
  time: 5,
  handledAt: 6,
  published: [],
  trouble: { at: 7, error: 'InternalErrorException' },
};

/** How the version before this one reads it. */
const RecordBefore = v.object({
  outcome: v.picklist(['applied', 'stale', 'unrouted']),
  eventIds: v.array(v.string()),
  register: v.string(),
  state: v.exactOptional(v.string()),
  routes: v.exactOptional(v.array(v.string())),
  channels: v.exactOptional(v.array(v.string())),
  attempt: v.number(),
  time: v.number(),
  handledAt: v.number(),
  published: v.array(v.string()),
  trouble: v.exactOptional(v.object({ at: v.number(), error: v.string() })),
});

const stored = (record: EventRecord): unknown => JSON.parse(JSON.stringify(record));

describe('the record of an event', () => {
  it('of the version before is read as it was written, and a refusal that it did not count is counted', () => {
    const record = eventItem.parse(stored(GOLDEN));
    expect(record).toEqual(GOLDEN);
    expect(withRefusal(record, { at: 9, error: 'Throttled' }).trouble).toEqual({ at: 9, error: 'Throttled', count: 2 });
  });

  it('is read by the version before, which passes over what is new', () => {
    const { trouble, ...rest } = GOLDEN;
    const record = withRefusal({ ...rest, topics: ['releases'] }, { at: 7, error: 'InternalErrorException' });
    expect(v.parse(RecordBefore, stored(record))).toEqual(GOLDEN);
  });

  it('counts a refusal once, however often it is written', () => {
    const once = withRefusal(GOLDEN, { at: 9, error: 'Throttled' });
    expect(withRefusal(once, { at: 9, error: 'Throttled' })).toBe(once);
  });
});
