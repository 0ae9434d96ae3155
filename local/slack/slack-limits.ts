/** How fast Slack was called lately. */
export type SlackPace = {
  /** Per channel, the moment up to which posts are paid for, in epoch milliseconds. */
  readonly postsPaidUntil: Readonly<Record<string, number>>;
  /** Per method with a limit of the workspace, when it was called within the last minute, in epoch milliseconds. */
  readonly calledAt: ReadonlyMap<string, readonly number[]>;
};

export const UNHURRIED: SlackPace = { postsPaidUntil: {}, calledAt: new Map() };

/** About one post a second and channel, of which some may come at once. */
const POST_EVERY_MS = 1000;
const POST_BURST = 3;

/** Calls a minute and workspace, by the method's tier: https://docs.slack.dev/apis/web-api/rate-limits */
const PER_MINUTE: ReadonlyMap<string, number> = new Map([
  ['chat.update', 50],
  ['chat.postEphemeral', 100],
  ['views.open', 100],
  ['views.update', 100],
  ['users.info', 100],
  ['users.list', 20],
  ['usergroups.users.list', 20],
]);
const MINUTE_MS = 60_000;

/** Whether Slack takes a call; if not, after how many seconds it wants to be asked again. */
export type Admission =
  | { readonly kind: 'admitted'; readonly pace: SlackPace }
  | { readonly kind: 'ratelimited'; readonly retryAfterSeconds: number };

/** Holds a call against Slack's rate limits. `now` is in epoch milliseconds. A call that is refused costs nothing. */
export const admitCall = (pace: SlackPace, method: string, channel: string, now: number): Admission => {
  if (method === 'chat.postMessage') {
    return admitPost(pace, channel, now);
  }
  const most = PER_MINUTE.get(method);
  return most === undefined ? { kind: 'admitted', pace } : admitTier(pace, method, most, now);
};

const admitPost = (pace: SlackPace, channel: string, now: number): Admission => {
  const known = Object.hasOwn(pace.postsPaidUntil, channel) ? pace.postsPaidUntil[channel] : undefined;
  const paidUntil = Math.max(known ?? now, now) + POST_EVERY_MS;
  const excess = paidUntil - now - POST_BURST * POST_EVERY_MS;
  return excess > 0
    ? refuse(excess)
    : { kind: 'admitted', pace: { ...pace, postsPaidUntil: { ...pace.postsPaidUntil, [channel]: paidUntil } } };
};

const admitTier = (pace: SlackPace, method: string, most: number, now: number): Admission => {
  const calledAt = (pace.calledAt.get(method) ?? []).filter((time) => time > now - MINUTE_MS);
  const [oldest] = calledAt.slice(-most);
  return oldest !== undefined && calledAt.length >= most
    ? refuse(oldest + MINUTE_MS - now)
    : { kind: 'admitted', pace: { ...pace, calledAt: new Map(pace.calledAt).set(method, [...calledAt, now]) } };
};

const refuse = (milliseconds: number): Admission => ({
  kind: 'ratelimited',
  retryAfterSeconds: Math.max(1, Math.ceil(milliseconds / 1000)),
});
