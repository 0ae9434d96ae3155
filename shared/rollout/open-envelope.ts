import * as v from 'valibot';
import { timeOf } from './envelope.ts';
import { ignored, quarantined } from './parsed-event.ts';
import type { NoChange } from './parsed-event.ts';

/** What was in an envelope, or why there is nothing to be read. */
export type Opened =
  | {
      readonly kind: 'content';
      readonly content: object;
      /** Epoch milliseconds, when SNS took it in; undefined where SNS had no part in it. */
      readonly sentAt: number | undefined;
    }
  | NoChange;

const Notification = v.object({ Type: v.literal('Notification'), Message: v.string(), Timestamp: v.unknown() });

const SnsRecords = v.object({
  Records: v.strictTuple([v.object({ EventSource: v.literal('aws:sns'), Sns: v.record(v.string(), v.unknown()) })]),
});

const QueueRecords = v.object({
  Records: v.strictTuple([v.object({ eventSource: v.literal('aws:sqs'), body: v.string() })]),
});

const Subscription = v.object({ Type: v.picklist(['SubscriptionConfirmation', 'UnsubscribeConfirmation']) });

// A bus to a topic to a queue to a function: more than that is nobody's doing.
const MOST_LAYERS = 4;

/** Takes the text of a message out of what SNS, SQS and Lambda wrap around it. */
export const openText = (text: string): Opened => openTextIn(text, MOST_LAYERS, undefined);

/** Takes a value out of what SNS, SQS and Lambda wrap around it. */
export const openValue = (value: unknown): Opened => openValueIn(value, MOST_LAYERS, undefined);

const openTextIn = (text: string, layers: number, sentAt: number | undefined): Opened => {
  if (text.trim() === '') {
    return quarantined('empty');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return quarantined('not JSON');
  }
  return openValueIn(value, layers, sentAt);
};

const openValueIn = (value: unknown, layers: number, sentAt: number | undefined): Opened => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return quarantined(`an event is a JSON object, this is ${nameOf(value)}`);
  }
  if ('source' in value || !('Type' in value || 'Records' in value)) {
    return { kind: 'content', content: value, sentAt };
  }
  if (layers === 0) {
    return quarantined('wrapped too often');
  }
  const notification = v.safeParse(Notification, value);
  if (notification.success) {
    const { Message, Timestamp } = notification.output;
    // The test message that CodeDeploy sends when a trigger is made is a sentence.
    return /^\s*[[{]/.test(Message)
      ? openTextIn(Message, layers - 1, timeOf(Timestamp))
      : ignored('an SNS message in plain text');
  }
  if (v.is(Subscription, value)) {
    return ignored('an SNS message about a subscription');
  }
  const sns = v.safeParse(SnsRecords, value);
  if (sns.success) {
    return openValueIn(sns.output.Records[0].Sns, layers - 1, sentAt);
  }
  const queue = v.safeParse(QueueRecords, value);
  return queue.success
    ? openTextIn(queue.output.Records[0].body, layers - 1, sentAt)
    : quarantined('wrapped in something that is neither one SNS notification nor one record of Lambda');
};

const nameOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
