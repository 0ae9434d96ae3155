import * as v from 'valibot';

/** What people and tests can make Slack do wrong, for some calls to come. */
export const SlackFault = v.strictObject({
  method: v.string(),
  channel: v.optional(v.string()),
  /** Slack's own error word, with HTTP status 200 (429 for `ratelimited`). */
  error: v.optional(v.string()),
  /** An HTTP status instead of Slack's answer. */
  status: v.optional(v.pipe(v.number(), v.integer(), v.minValue(400), v.maxValue(599))),
  /** Seconds. */
  retryAfter: v.optional(v.number()),
  delayMs: v.optional(v.number()),
  /** Cuts the connection before or after the call took effect. */
  drop: v.optional(v.picklist(['before', 'after'])),
  times: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1),
});

export type SlackFault = v.InferOutput<typeof SlackFault>;

/** The fault that hits a call, and the faults that are left for the next ones. */
export const takeFault = (
  faults: readonly SlackFault[],
  method: string,
  channels: readonly string[],
): { readonly fault: SlackFault | undefined; readonly left: readonly SlackFault[] } => {
  const fault = faults.find(
    (each) => each.method === method && (each.channel === undefined || channels.includes(each.channel)),
  );
  const left = faults
    .map((each) => (each === fault ? { ...each, times: each.times - 1 } : each))
    .filter(({ times }) => times > 0);
  return { fault, left };
};
