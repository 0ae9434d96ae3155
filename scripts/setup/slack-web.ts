import * as v from 'valibot';
import { networkCodeOf } from './answer.ts';

/** What Slack said to a call. */
export type SlackAnswer =
  | { readonly kind: 'told'; readonly body: unknown; readonly scopes: readonly string[] | undefined }
  /** `error` is Slack's own word, `needed` the scope that is missing. */
  | { readonly kind: 'refused'; readonly error: string; readonly needed: string | undefined }
  | { readonly kind: 'unreachable'; readonly host: string; readonly because: string };

/** Calls a method of Slack's Web API. Never rejects. */
export type CallSlack = (method: string, fields: Readonly<Record<string, string>>) => Promise<SlackAnswer>;

const TIMEOUT_MS = 8_000;

const Word = v.pipe(v.string(), v.regex(/^[a-z0-9_:,.|]{1,200}$/));

const Body = v.looseObject({
  ok: v.boolean(),
  error: v.fallback(v.optional(Word), undefined),
  needed: v.fallback(v.optional(Word), undefined),
});

/** Calls are made once: a post that is tried again might be there twice. */
export const createCallSlack =
  (apiUrl: string, token: string): CallSlack =>
  async (method, fields) => {
    const { host } = new URL(apiUrl);
    try {
      const response = await fetch(new URL(method, apiUrl), {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(fields).toString(),
        // A redirect would take the token along.
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await response.text();
      return answerOf(response.status, text, response.headers.get('x-oauth-scopes'));
    } catch (error) {
      return { kind: 'unreachable', host, because: networkCodeOf(error) ?? 'the call failed' };
    }
  };

const answerOf = (status: number, text: string, scopes: string | null): SlackAnswer => {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), Body), text);
  if (!parsed.success) {
    return { kind: 'refused', error: `HTTP ${status}`, needed: undefined };
  }
  const { ok, error = `HTTP ${status}`, needed } = parsed.output;
  return ok
    ? { kind: 'told', body: parsed.output, scopes: scopes?.split(/\s*,\s*/).filter((scope) => scope !== '') }
    : { kind: 'refused', error, needed };
};
