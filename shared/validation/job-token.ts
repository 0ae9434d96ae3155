import * as v from 'valibot';
import { PIPELINE_ID } from './job-event.ts';

/** What leads from a job back to its run: the first job of the run, and the how manieth this one gives on. */
export type JobToken = { readonly job: string; readonly turn: number };

const Token = v.pipe(
  v.string(),
  v.maxLength(200),
  v.parseJson(),
  v.strictObject({
    job: v.pipe(v.string(), v.regex(PIPELINE_ID)),
    turn: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)),
  }),
);

export const writeJobToken = ({ job, turn }: JobToken): string => JSON.stringify({ job, turn });

/** Undefined for what is none of ours. */
export const readJobToken = (text: string): JobToken | undefined => {
  const parsed = v.safeParse(Token, text);
  return parsed.success ? parsed.output : undefined;
};
