import type { ModalView } from '@slack/types';
import * as v from 'valibot';
import { failureOfStatus, failureOfWord, rateLimited } from '../delivery/slack-reply.ts';
import type { SlackFailure, SlackReply } from '../delivery/slack-reply.ts';
import { post } from '../https/post.ts';

const Outcome = v.fallback(
  v.pipe(v.string(), v.parseJson(), v.object({ ok: v.boolean(), error: v.optional(v.string(), 'unknown') })),
  { ok: false, error: 'unreadable' },
);

const JSON_TYPE = 'application/json; charset=utf-8';

/** Opens a form on the screen of whoever clicked (https://docs.slack.dev/reference/methods/views.open). Never rejects. */
export const createOpenView =
  (apiUrl: string, token: (until: number) => Promise<string>, now: () => number) =>
  async (triggerId: string, view: ModalView, until: number): Promise<SlackReply<undefined>> => {
    try {
      const { status, text } = await post(new URL('views.open', apiUrl), {
        headers: { authorization: `Bearer ${await token(until)}`, 'content-type': JSON_TYPE },
        body: JSON.stringify({ trigger_id: triggerId, view }),
        keepAlive: false,
        timeoutMs: Math.max(1, until - now()),
      });
      return replyOf(status, text);
    } catch (error) {
      // The text of an error may carry what was sent.
      const name = error instanceof Error ? error.name : 'Error';
      return { ok: false, failure: { kind: 'transient', error: name, ambiguous: true } };
    }
  };

const replyOf = (status: number, text: string): SlackReply<undefined> => {
  const failed = (failure: SlackFailure) => ({ ok: false, failure }) as const;
  if (status === 429) {
    return failed(rateLimited(undefined));
  }
  if (status !== 200) {
    return failed(failureOfStatus(status));
  }
  const { ok, error } = v.parse(Outcome, text);
  return ok ? { ok, value: undefined } : failed(failureOfWord(error));
};

/**
 * Tells whoever clicked something that nobody else sees, by the address that came with the click. It opens doors by itself,
 * so it must be Slack's: over HTTPS the host for hooks beside that of the Web API, and on this machine where the Web API is.
 * Rejects when they could not be told.
 */
export const createRespond =
  (apiUrl: string, now: () => number) =>
  async (responseUrl: string, text: string, until: number): Promise<void> => {
    const url = URL.parse(responseUrl);
    if (url === null || !isSlack(url, new URL(apiUrl))) {
      throw new Error('The address for answers is not Slack’s');
    }
    const { status } = await post(url, {
      headers: { 'content-type': JSON_TYPE },
      body: JSON.stringify({ response_type: 'ephemeral', replace_original: false, text }),
      keepAlive: false,
      timeoutMs: Math.max(1, until - now()),
    });
    if (status !== 200) {
      throw new Error(`Slack answered ${status}`);
    }
  };

const isSlack = (url: URL, api: URL): boolean =>
  api.protocol === 'https:'
    ? url.protocol === 'https:' && url.host === `hooks.${api.host}` && url.username + url.password === ''
    : url.origin === api.origin;
