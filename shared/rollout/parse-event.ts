import * as v from 'valibot';
import { parseCodePipelineEvent } from './parse-codepipeline.ts';
import { describeIssues } from '../describe-issues.ts';
import { ignored, quarantined } from './parsed-event.ts';
import type { ParseDetail, ParsedEvent } from './parsed-event.ts';

// Foreign words are looked up in a Map: an object would find `constructor`.
const SOURCES: ReadonlyMap<string, ParseDetail> = new Map([['aws.codepipeline', parseCodePipelineEvent]]);

const Sourced = v.looseObject({ source: v.string(), 'detail-type': v.string() });

/** Reads the text of a queue message: one EventBridge event as JSON. */
export const parseEventText = (text: string): ParsedEvent => {
  if (text.trim() === '') {
    return quarantined('empty');
  }
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch {
    return quarantined('not JSON');
  }
  return parseEvent(event);
};

/** Reads one EventBridge event: a state change, something of no concern, or what cannot be used, with the reason. */
export const parseEvent = (event: unknown): ParsedEvent => {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    return quarantined(`an event is a JSON object, this is ${nameOf(event)}`);
  }
  const sourced = v.safeParse(Sourced, event);
  if (!sourced.success) {
    return quarantined(describeIssues(sourced.issues));
  }
  const parse = SOURCES.get(sourced.output.source);
  return parse === undefined ? ignored('unknown source') : parse(sourced.output['detail-type'], event);
};

const nameOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
