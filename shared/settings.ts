import * as v from 'valibot';
import { describeIssues } from './describe-issues.ts';

/** Settings that the environment lacks or has wrong: all of them at once, none with its value. */
class SettingsInvalid extends Error {
  override readonly name = 'SettingsInvalid';
}

const Text = v.pipe(v.string(), v.nonEmpty('is empty'));
const Url = v.pipe(Text, v.url('is not a URL'));

/** Every variable that a function may read: each picks those that it needs. */
export const Settings = v.object({
  TABLE_NAME: Text,
  WAKE_UPS_QUEUE_URL: Url,
  EVENTS_QUEUE_URL: Url,
  VOTES_QUEUE_URL: Url,
  CHECKS_QUEUE_URL: Url,
  /** The account that the functions run in. */
  ACCOUNT_ID: v.pipe(Text, v.regex(/^\d{12}$/, 'is not an account id')),
  /** The partition that they run in, as ARNs have it. */
  PARTITION: Text,
  /** The region that they run in: Lambda sets it. */
  AWS_REGION: Text,
  /** What the role may do, for as long as the environment lives: Lambda sets them. */
  AWS_ACCESS_KEY_ID: Text,
  AWS_SECRET_ACCESS_KEY: Text,
  AWS_SESSION_TOKEN: v.optional(Text),
  /** One address for all of AWS, as the local stack has it. */
  AWS_ENDPOINT_URL: v.optional(Url),
  /** Where the host names of the local stack are: JSON, loopback addresses by name. */
  LOCAL_HOSTS: v.optional(v.pipe(Text, v.parseJson(), v.record(v.string(), Url))),
  /** Where the runtime of Lambda listens: Lambda sets it. */
  AWS_LAMBDA_RUNTIME_API: v.optional(Text),
  /** What the names of AWS's hosts end with: amazonaws.com, or what another partition has. */
  URL_SUFFIX: Text,
  /** What the ARNs of the stack's own topics begin with. */
  TOPIC_ARN_PREFIX: v.pipe(Text, v.startsWith('arn:', 'is not the begin of an ARN')),
  /** How long ago an event may have happened. */
  OLDEST_EVENT_DAYS: v.pipe(Text, v.regex(/^[1-9]\d{0,4}$/, 'is not a number of days'), v.transform(Number)),
  /** Name of the SSM parameter that holds the bot's token. */
  SLACK_TOKEN_PARAMETER: Text,
  /** Names of those that hold what Slack signs with, and what it signed with before; the latter need not be there. */
  SLACK_SIGNING_SECRET_PARAMETER: Text,
  SLACK_SIGNING_SECRET_PARAMETER_PREVIOUS: Text,
  /** Slack's Web API: other addresses are for GovSlack and for the local stack. */
  SLACK_API_URL: Url,
});

/** Reads the variables that a function needs, on its cold start. Throws `SettingsInvalid`. */
export const readSettings = <const Schema extends v.GenericSchema>(
  schema: Schema,
  environment: unknown,
): v.InferOutput<Schema> => {
  const parsed = v.safeParse(schema, environment);
  if (!parsed.success) {
    throw new SettingsInvalid(`The environment is incomplete: ${describeIssues(parsed.issues)}`);
  }
  return parsed.output;
};
