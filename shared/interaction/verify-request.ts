import { createHmac, timingSafeEqual } from 'node:crypto';

/** A request to our door as it came, byte for byte: nothing in it is believed yet. */
export type RawRequest = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

/** Why a request is not taken for one of Slack's. */
export type NotFromSlack = 'method' | 'size' | 'headers' | 'time' | 'signature';

/** Slack's largest payloads, messages of fifty blocks, stay below it. */
const MOST_BODY_BYTES = 64 * 1024;

/** Slack's own advice, applied in both directions: https://docs.slack.dev/authentication/verifying-requests-from-slack */
const MOST_SKEW_SECONDS = 300;

const TIMESTAMP = /^[0-9]{10}$/;
const SIGNATURE = /^v0=([0-9a-f]{64})$/;

/**
 * Tells whether Slack made a request, from its bytes alone and before anything of it is parsed: undefined when it did. Any
 * of the secrets will do, so that one can be changed for another. Throws where a secret is missing or empty, with which
 * anybody could sign. `now` is in epoch milliseconds.
 */
export const verifyRequest = (
  { method, headers, body }: RawRequest,
  secrets: readonly string[],
  now: number,
): NotFromSlack | undefined => {
  if (secrets.length === 0 || secrets.includes('')) {
    throw new Error('There is no signing secret');
  }
  if (method !== 'POST') {
    return 'method';
  }
  if (body.length > MOST_BODY_BYTES) {
    return 'size';
  }
  const timestamp = TIMESTAMP.exec(onlyValue(headers, 'x-slack-request-timestamp') ?? '')?.[0];
  const signature = SIGNATURE.exec(onlyValue(headers, 'x-slack-signature') ?? '')?.[1];
  if (timestamp === undefined || signature === undefined) {
    return 'headers';
  }
  if (Math.abs(Math.floor(now / 1000) - Number(timestamp)) > MOST_SKEW_SECONDS) {
    return 'time';
  }
  const given = Buffer.from(signature, 'hex');
  // All are compared, whichever fits: how long it takes tells nothing.
  const fits = secrets.map((secret) =>
    timingSafeEqual(
      given,
      // The header as it is written: as a number it would be written anew.
      createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest(),
    ),
  );
  return fits.includes(true) ? undefined : 'signature';
};

/** The value of a header, however its name is written; undefined when there is none or more than one. */
export const onlyValue = (headers: RawRequest['headers'], name: string): string | undefined => {
  const [value, ...more] = Object.entries(headers).flatMap(([key, each]) => (key.toLowerCase() === name ? [each] : []));
  return more.length === 0 ? value : undefined;
};
