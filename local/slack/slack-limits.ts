/** How fast Slack was called lately. */
export type SlackPace = {
  /** Per channel, the moment up to which posts are paid for, in epoch milliseconds. */
  readonly postsPaidUntil: Readonly<Record<string, number>>;
  /** When messages of the workspace were edited within the last minute, in epoch milliseconds. */
  readonly editedAt: readonly number[];
};

export const UNHURRIED: SlackPace = { postsPaidUntil: {}, editedAt: [] };

/** About one post a second and channel, of which some may come at once. */
const POST_EVERY_MS = 1000;
const POST_BURST = 3;

const EDITS_PER_MINUTE = 50;
const MINUTE_MS = 60_000;

/** Whether Slack takes a call; if not, after how many seconds it wants to be asked again. */
export type Admission =
  | { readonly kind: 'admitted'; readonly pace: SlackPace }
  | { readonly kind: 'ratelimited'; readonly retryAfterSeconds: number };

/** Holds a call against Slack's rate limits. `now` is in epoch milliseconds. A call that is refused costs nothing. */
export const admitCall = (pace: SlackPace, method: string, channel: string, now: number): Admission => {
  switch (method) {
    case 'chat.postMessage':
    case 'chat.postEphemeral':
      return admitPost(pace, channel, now);
    case 'chat.update':
      return admitEdit(pace, now);
    default:
      return { kind: 'admitted', pace };
  }
};

const admitPost = (pace: SlackPace, channel: string, now: number): Admission => {
  const known = Object.hasOwn(pace.postsPaidUntil, channel) ? pace.postsPaidUntil[channel] : undefined;
  const paidUntil = Math.max(known ?? now, now) + POST_EVERY_MS;
  const excess = paidUntil - now - POST_BURST * POST_EVERY_MS;
  return excess > 0
    ? refuse(excess)
    : { kind: 'admitted', pace: { ...pace, postsPaidUntil: { ...pace.postsPaidUntil, [channel]: paidUntil } } };
};

const admitEdit = (pace: SlackPace, now: number): Admission => {
  const editedAt = pace.editedAt.filter((time) => time > now - MINUTE_MS);
  const [oldest] = editedAt.slice(-EDITS_PER_MINUTE);
  return oldest !== undefined && editedAt.length >= EDITS_PER_MINUTE
    ? refuse(oldest + MINUTE_MS - now)
    : { kind: 'admitted', pace: { ...pace, editedAt: [...editedAt, now] } };
};

const refuse = (milliseconds: number): Admission => ({
  kind: 'ratelimited',
  retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)),
});
