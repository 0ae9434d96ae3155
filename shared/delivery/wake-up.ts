import * as v from 'valibot';
import type { DeliveryPlace } from '../store/keys.ts';

/** "Look at this delivery": a hint, never the truth. Lost, late and doubled ones do no harm. */
export type WakeUp = DeliveryPlace;

const Text = v.pipe(v.string(), v.nonEmpty());

const StoredWakeUp = v.object({ pk: Text, channel: Text, note: v.exactOptional(Text) });

export const wakeUpText = ({ pk, channel, note }: WakeUp): string => JSON.stringify({ pk, channel, note });

/** Reads a queue message; undefined for what is none of ours. */
export const parseWakeUp = (text: string): WakeUp | undefined => {
  try {
    return v.parse(StoredWakeUp, JSON.parse(text));
  } catch {
    return undefined;
  }
};
