import * as v from 'valibot';
import { timeOf } from '../../shared/rollout/envelope.ts';
import { createChance } from '../virtual/chance.ts';
import { parseJson } from '../json.ts';
import type { RecordedEvent } from './read-recorded-events.ts';

/** A recorded event on its way: `atMs` is how long after the begin of the replay it comes. */
export type ScheduledEvent = Omit<RecordedEvent, 'text'> & {
  readonly text: string;
  readonly id: string | null;
  readonly atMs: number;
};

export type Schedule = {
  /** Epoch milliseconds: the first time that an event tells. */
  readonly startsAt: number;
  readonly events: readonly ScheduledEvent[];
};

/** A pause between two events is kept up to here. */
const LONGEST_GAP_MS = 10 * 60_000;

const Marked = v.object({
  id: v.fallback(v.nullable(v.string()), null),
  time: v.fallback(v.optional(v.unknown()), undefined),
});

/** Says when each event comes: at the intervals of their times; one that is out of order comes at once. */
export const scheduleEvents = (
  recorded: readonly RecordedEvent[],
  { repeat, shuffle }: { readonly repeat: number; readonly shuffle: number | undefined },
): Schedule => {
  const marked = recorded.map((event) => {
    const marks = v.safeParse(Marked, parseJson(event.text));
    return {
      ...event,
      id: marks.success ? marks.output.id : null,
      time: marks.success ? timeOf(marks.output.time) : undefined,
    };
  });
  const sequence = Array.from({ length: repeat }, () => marked).flat();
  const order = shuffle === undefined ? sequence : createChance(shuffle).shuffled(sequence);
  const startsAt = order.find(({ time }) => time !== undefined)?.time ?? 0;
  let latest = startsAt;
  let atMs = 0;
  const events = order.map(({ time = latest, ...event }) => {
    atMs += Math.min(LONGEST_GAP_MS, Math.max(0, time - latest));
    latest = Math.max(latest, time);
    return { ...event, atMs };
  });
  return { startsAt, events };
};
