import * as v from 'valibot';

/** "Look at this delivery": a hint, never the truth. Lost, late and doubled ones do no harm. */
export type WakeUp = { readonly pk: string; readonly channel: string };

const StoredWakeUp = v.object({ pk: v.pipe(v.string(), v.nonEmpty()), channel: v.pipe(v.string(), v.nonEmpty()) });

export const wakeUpText = ({ pk, channel }: WakeUp): string => JSON.stringify({ pk, channel });

/** Reads a queue message; undefined for what is none of ours. */
export const parseWakeUp = (text: string): WakeUp | undefined => {
  try {
    return v.parse(StoredWakeUp, JSON.parse(text));
  } catch {
    return undefined;
  }
};
