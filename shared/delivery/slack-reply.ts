/** Why Slack did not do what it was asked, sorted by what follows from it. */
export type SlackFailure =
  /** Nothing happened; no call of this method before the time is up. */
  | { readonly kind: 'rate-limited'; readonly retryAfterMs: number }
  /** May pass. `ambiguous`: nobody knows whether it happened. */
  | { readonly kind: 'transient'; readonly error: string; readonly ambiguous: boolean }
  /** The token is the matter, so no call will do better. */
  | { readonly kind: 'unauthorized'; readonly error: string }
  /** The message's form is the matter: plain text may do. */
  | { readonly kind: 'unacceptable'; readonly error: string }
  /** The message is there and stays as it is: what is new may be said in its thread. */
  | { readonly kind: 'uneditable'; readonly error: string }
  /** The channel or the message is the matter. */
  | { readonly kind: 'refused'; readonly error: string };

export type SlackReply<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly failure: SlackFailure };

const KINDS: ReadonlyMap<string, (error: string) => SlackFailure> = new Map([
  ...['ratelimited', 'rate_limited'].map((error) => [error, () => rateLimited(undefined)] as const),
  ...['internal_error', 'service_unavailable', 'request_timeout', 'team_added_to_org'].map(
    (word) => [word, (error: string): SlackFailure => ({ kind: 'transient', error, ambiguous: false })] as const,
  ),
  // Slack does not rule out that part of the work was done: https://docs.slack.dev/reference/methods/chat.postMessage
  ['fatal_error', (error: string): SlackFailure => ({ kind: 'transient', error, ambiguous: true })],
  ...[
    'invalid_auth',
    'not_authed',
    'account_inactive',
    'token_revoked',
    'token_expired',
    'missing_scope',
    'access_denied',
    'not_allowed_token_type',
    'org_login_required',
    'ekm_access_denied',
  ].map((word) => [word, (error: string): SlackFailure => ({ kind: 'unauthorized', error })] as const),
  ...['invalid_blocks', 'invalid_blocks_format', 'msg_too_long', 'msg_blocks_too_long', 'no_text'].map(
    (word) => [word, (error: string): SlackFailure => ({ kind: 'unacceptable', error })] as const,
  ),
  // https://docs.slack.dev/reference/methods/chat.update
  ...['cant_update_message', 'edit_window_closed'].map(
    (word) => [word, (error: string): SlackFailure => ({ kind: 'uneditable', error })] as const,
  ),
]);

/** Whether it is about the token itself, so that the one that is in its place by now may do better. */
export const isTokenRefused = (failure: SlackFailure): boolean =>
  failure.kind === 'unauthorized' && failure.error !== 'missing_scope';

/** Sorts the error word of a reply that says `"ok":false`. A word that is not known refuses: it is not tried again. */
export const failureOfWord = (error: string): SlackFailure => KINDS.get(error)?.(error) ?? { kind: 'refused', error };

const DEFAULT_RETRY_AFTER_MS = 30_000;
const LONGEST_RETRY_AFTER_MS = 60 * 60_000;

/** A 429. Slack names the seconds to wait; where it does not, half a minute. */
export const rateLimited = (retryAfterSeconds: number | undefined): SlackFailure => ({
  kind: 'rate-limited',
  retryAfterMs:
    retryAfterSeconds !== undefined && retryAfterSeconds > 0
      ? Math.min(retryAfterSeconds * 1000, LONGEST_RETRY_AFTER_MS)
      : DEFAULT_RETRY_AFTER_MS,
});

/** Sorts an HTTP status other than 200 and 429. Only a 503 says for certain that nothing was done. */
export const failureOfStatus = (status: number): SlackFailure =>
  status >= 500 || status === 408
    ? { kind: 'transient', error: `HTTP ${status}`, ambiguous: status !== 503 }
    : { kind: 'refused', error: `HTTP ${status}` };
