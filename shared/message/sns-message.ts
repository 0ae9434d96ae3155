import type { Detail } from '../config/config.ts';
import type { Labels } from '../config/labels.ts';
import { overviewOf } from '../rollout/overview.ts';
import type { Overview } from '../rollout/overview.ts';
import type { Rollout, StateChange } from '../rollout/rollout.ts';
import { changeWords, cutRolloutName, registerPlace, standingPlace } from './change-words.ts';
import { cleanText } from './clean-text.ts';
import { cutText } from './cut-text.ts';
import { isRollback } from './describe-rollout.ts';
import { mailText } from './mail-text.ts';
import { smsText } from './sms-text.ts';
import { snsDocument } from './sns-document.ts';
import type { SnsDocument } from './sns-document-schema.ts';

/** What SNS publishes of one state change, for each kind of subscriber in its own words. */
export type SnsMessage = {
  readonly subject: string;
  /** The text of a mail. */
  readonly message: string;
  /** At most two parts of SMS. */
  readonly sms: string;
  /** For queues, functions and other machines. */
  readonly document: SnsDocument;
  /** For filter policies. */
  readonly attributes: Readonly<Record<string, string>>;
};

/** Tells one state change by SNS, and how the rollout stands with it; `detail` is how much of that a mail says. */
export const snsMessage = (
  change: StateChange,
  rollout: Rollout,
  labels: Labels,
  detail: Detail = 'full',
): SnsMessage => {
  const overview = overviewOf(rollout);
  const document = snsDocument(change, rollout, overview, labels);
  return {
    subject: subjectOf(change, overview, labels),
    message: mailText(change, rollout, overview, labels, detail),
    sms: smsText(change, rollout, overview, labels),
    document,
    attributes: attributesOf(document),
  };
};

/** What each protocol's subscribers get: mail and mobile apps the text for people, machines the document. */
export const protocolWords = ({ message, sms, document }: SnsMessage): Readonly<Record<string, string>> => {
  const json = JSON.stringify(document);
  return {
    // For whoever is named nowhere here; and should SNS hold a filter of the body against these words.
    default: json,
    email: message,
    application: message,
    sms,
    sqs: json,
    lambda: json,
    http: json,
    https: json,
    firehose: json,
    'email-json': json,
  };
};

const MAX_SUBJECT = 99;

/** A subject that SNS takes: ASCII, fewer than 100 characters. Where it is too long the names give way, not the state. */
const subjectOf = (change: StateChange, overview: Overview, { environment }: Labels): string => {
  const written = (limits: { readonly environment: number; readonly name: number; readonly place: number }): string => {
    const place = registerPlace(change);
    const at = standingPlace(change, overview);
    const { predicate } = changeWords(change, overview);
    const rollback = isRollback(overview) ? ' rollback' : '';
    return [
      ...(environment === undefined ? [] : [`[${asciiText(environment, limits.environment)}]`]),
      cutRolloutName(change.rollout, limits.name - rollback.length, asciiText) +
        rollback +
        (place === undefined ? '' : ':'),
      ...(place === undefined ? [] : [asciiText(place, limits.place)]),
      predicate,
      ...(at === undefined ? [] : [`at ${asciiText(at, limits.place)}`]),
    ].join(' ');
  };
  const whole = written({ environment: 100, name: 200, place: 200 });
  return whole.length <= MAX_SUBJECT ? whole : written({ environment: 18, name: 30, place: 20 });
};

const asciiText = (text: string, limit: number): string => {
  const ascii = cleanText(text)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?')
    // Some signs come apart into a space and what is put over it.
    .trim();
  return cutText(ascii, limit, '...') || '?';
};

/** Keys of the document that filters go by. SQS takes no more than ten attributes raw, SNS none that is empty. */
const ATTRIBUTES = [
  'source',
  'name',
  'state',
  'register',
  'account',
  'region',
  'executionId',
  'version',
  'environment',
  'rollback',
] as const;

const attributesOf = (document: SnsDocument): Readonly<Record<string, string>> =>
  Object.fromEntries(ATTRIBUTES.flatMap((name) => (document[name] === undefined ? [] : [[name, document[name]]])));
