import type * as v from 'valibot';
import type { Settings } from '../settings.ts';
import type { AwsConnection } from './aws-client.ts';

/** Where AWS is and who calls it: Lambda sets all of these but the suffix. */
export const AWS_SETTINGS = [
  'AWS_REGION',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_ENDPOINT_URL',
  'URL_SUFFIX',
] as const;

type AwsSettings = Pick<v.InferOutput<typeof Settings>, (typeof AWS_SETTINGS)[number]>;

/** What our own clients are made from. */
export const connectionOf = (settings: AwsSettings): AwsConnection => ({
  region: settings.AWS_REGION,
  urlSuffix: settings.URL_SUFFIX,
  endpoint: settings.AWS_ENDPOINT_URL,
  credentials: {
    accessKeyId: settings.AWS_ACCESS_KEY_ID,
    secretAccessKey: settings.AWS_SECRET_ACCESS_KEY,
    ...(settings.AWS_SESSION_TOKEN !== undefined && { sessionToken: settings.AWS_SESSION_TOKEN }),
  },
});

/**
 * Settings of the SDK's clients. A call that hangs is cut off, where the SDK would only warn, and tried again by the
 * client twice; what fails then is tried again by the queue that brought it.
 */
export const clientSettings = {
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
} as const;

/** Of a client that asks again in a minute: one try, so that a call takes no longer than its own time. */
export const askSettings = { ...clientSettings, maxAttempts: 1 } as const;
