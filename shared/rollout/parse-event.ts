import * as v from 'valibot';
import { describeIssues } from '../describe-issues.ts';
import { readApprovalRequest } from './approval-request.ts';
import { factId } from './fact-id.ts';
import { openText, openValue } from './open-envelope.ts';
import type { Opened } from './open-envelope.ts';
import { isTriggerMessage, parseCodeDeployEvent, parseTriggerMessage } from './parse-codedeploy.ts';
import { parseCodePipelineEvent } from './parse-codepipeline.ts';
import { parseEcsEvent } from './parse-ecs.ts';
import { ignored, quarantined } from './parsed-event.ts';
import type { ParseDetail, ParsedEvent } from './parsed-event.ts';
import type { Fact, Facts, StateChange } from './rollout.ts';
import type { Version } from './version.ts';

// Foreign words are looked up in a Map: an object would find `constructor`.
const SOURCES: ReadonlyMap<string, ParseDetail> = new Map([
  ['aws.codepipeline', parseCodePipelineEvent],
  ['aws.codedeploy', parseCodeDeployEvent],
  ['aws.ecs', parseEcsEvent],
]);

const Sourced = v.looseObject({ source: v.string(), 'detail-type': v.string() });

/** What a notification rule of AWS's developer tools makes of an event: other spellings, no id. */
const Notified = v.looseObject({ source: v.string(), detailType: v.string() });

/** What EventBridge adds: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-replay-archived-event.html */
const Replayed = v.object({ 'replay-name': v.pipe(v.string(), v.regex(/^[\w.-]{1,64}$/)) });

/** Reads the text of a message: an event as JSON, in whatever envelopes it came. */
export const parseEventText = (text: string): ParsedEvent => parseOpened(openText(text));

/** Reads one event: a state change, something of no concern, or what cannot be used, with the reason. */
export const parseEvent = (event: unknown): ParsedEvent => parseOpened(openValue(event));

const parseOpened = (opened: Opened): ParsedEvent => {
  if (opened.kind !== 'content') {
    return opened;
  }
  const { content, sentAt } = opened;
  if (!('source' in content) && isTriggerMessage(content)) {
    return parseTriggerMessage(content, sentAt);
  }
  const request = 'source' in content ? undefined : readApprovalRequest(content);
  if (request !== undefined) {
    return { kind: 'approval', request, sentAt };
  }
  const parsed =
    'detailType' in content && !('detail-type' in content) ? parseNotified(content) : parseSourced(content);
  const replayed = v.safeParse(Replayed, content);
  return parsed.kind === 'change' && replayed.success ? { ...parsed, replay: replayed.output['replay-name'] } : parsed;
};

const parseSourced = (event: object): ParsedEvent => {
  const sourced = v.safeParse(Sourced, event);
  if (!sourced.success) {
    return quarantined(describeIssues(sourced.issues));
  }
  const parse = SOURCES.get(sourced.output.source);
  return parse === undefined ? ignored('unknown source') : parse(sourced.output['detail-type'], event);
};

const parseNotified = (content: object): ParsedEvent => {
  const notified = v.safeParse(Notified, content);
  if (!notified.success) {
    return quarantined(describeIssues(notified.issues));
  }
  const parsed = parseSourced({ ...notified.output, 'detail-type': notified.output.detailType, id: 'none' });
  return parsed.kind === 'change' ? { kind: 'change', change: identified(parsed.change) } : parsed;
};

/** A change of an event that has no id goes by what it tells. */
const identified = (change: StateChange): StateChange => {
  const version: Version = { ...change.version, eventId: factId(change) };
  return { ...change, version, facts: withVersion(change.facts, version) };
};

/** Events tell these facts; the others are looked up. */
const withVersion = ({ trigger, stopReason, failure, rollbackOf }: Facts, version: Version): Facts => {
  const told = <Value>(fact: Fact<Value>): Fact<Value> => ({ version, value: fact.value });
  return {
    ...(trigger && { trigger: told(trigger) }),
    ...(stopReason && { stopReason: told(stopReason) }),
    ...(failure && { failure: told(failure) }),
    ...(rollbackOf && { rollbackOf: told(rollbackOf) }),
  };
};
