import { describe, expect, it } from 'vitest';
import { factId } from '../../../shared/rollout/fact-id.ts';
import { parseEvent, parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { ParsedEvent } from '../../../shared/rollout/parsed-event.ts';
import { aDeploymentEvent, aNotification, aPipelineEvent } from '../../support/events.ts';
import { aChange, TEN_O_CLOCK } from '../../support/rollouts.ts';

const STARTED: ParsedEvent = { kind: 'change', change: aChange() };

const topicRecord = (message: string): object => {
  const notification: unknown = JSON.parse(aNotification(message));
  return { EventSource: 'aws:sns', Sns: notification };
};
const queueRecord = (body: string): object => ({ eventSource: 'aws:sqs', messageId: 'm1', body });
const records = (...all: readonly object[]): string => JSON.stringify({ Records: all });

const wrapped = (layers: number): string => (layers === 0 ? aPipelineEvent() : aNotification(wrapped(layers - 1)));

describe('an event', () => {
  it.each([
    ['bare', aPipelineEvent()],
    ['in a notification', aNotification(aPipelineEvent())],
    ['in a notification to a function', records(topicRecord(aPipelineEvent()))],
    ['in a record of a queue', records(queueRecord(aPipelineEvent()))],
    ['in a notification to a queue, as its function gets it', records(queueRecord(aNotification(aPipelineEvent())))],
  ])('is read %s (B27)', (_, text) => {
    expect(parseEventText(text)).toEqual(STARTED);
    expect(parseEvent(JSON.parse(text))).toEqual(STARTED);
  });

  it('is read in four wrappings and in no more', () => {
    expect(parseEventText(wrapped(4))).toEqual(STARTED);
    expect(parseEventText(wrapped(5))).toEqual({ kind: 'quarantined', reason: 'wrapped too often' });
  });

  it.each([
    ['a sentence', aNotification('The trigger was made.'), 'ignored', 'an SNS message in plain text'],
    ['nothing', aNotification(''), 'ignored', 'an SNS message in plain text'],
    ['half an object', aNotification('{"source":'), 'quarantined', 'not JSON'],
    ['a list', aNotification('[]'), 'quarantined', 'an event is a JSON object, this is an array'],
    [
      'a question whether to subscribe',
      aNotification('You have chosen to subscribe', { Type: 'SubscriptionConfirmation' }),
      'ignored',
      'an SNS message about a subscription',
    ],
    ['something else', aNotification('{"a":1}'), 'quarantined', 'source: missing; detail-type: missing'],
    [
      'two records',
      records(queueRecord(aPipelineEvent()), queueRecord(aPipelineEvent())),
      'quarantined',
      'wrapped in something that is neither one SNS notification nor one record of Lambda',
    ],
    [
      'no record',
      '{"Records":[]}',
      'quarantined',
      'wrapped in something that is neither one SNS notification nor one record of Lambda',
    ],
  ])('is not found in %s', (_, text, kind, reason) => {
    expect(parseEventText(text)).toEqual({ kind, reason });
  });
});

describe('a notification rule', () => {
  const spelled = (text: string): string =>
    text.replace('"detail-type"', '"detailType"').replace('"id":"event-1",', '').replace('"version":"0",', '');

  it.each([
    ['pipeline', aPipelineEvent({}, { 'execution-trigger': { 'trigger-type': 'Webhook' } })],
    ['deployment', aDeploymentEvent()],
  ])('tells of a %s what the event itself tells, under an id made of that (B75)', (_, text) => {
    const [byBus, byRule] = [parseEventText(text), parseEventText(aNotification(spelled(text)))];
    if (byBus.kind !== 'change' || byRule.kind !== 'change') {
      throw new Error(`read as ${byBus.kind} and ${byRule.kind}`);
    }
    const eventId = factId(byBus.change);
    expect(eventId).toMatch(/^[0-9a-f]{32}$/);
    const version = { ...byBus.change.version, eventId };
    const { trigger } = byBus.change.facts;
    expect(byRule.change).toEqual({
      ...byBus.change,
      version,
      facts: { ...(trigger && { trigger: { ...trigger, version } }) },
    });
  });

  it('without its source is put aside', () => {
    expect(parseEventText(JSON.stringify({ detailType: 'CodePipeline Pipeline Execution State Change' }))).toEqual({
      kind: 'quarantined',
      reason: 'source: missing',
    });
  });
});

describe('factId', () => {
  const base = aChange();
  const deployed = aChange({ rollout: { ...base.rollout, source: 'codedeploy', application: 'shop', group: 'prod' } });

  it('is the same whatever the event id, within one second', () => {
    const again = aChange({ version: { time: TEN_O_CLOCK + 999, eventId: 'event-2' } });
    expect(factId(again)).toBe(factId(base));
  });

  it.each([
    ['another state', aChange({ state: 'failed' })],
    ['another step towards one state', aChange({ version: { rank: 11 } })],
    ['another attempt', aChange({ version: { attempt: 2 } })],
    ['another second', aChange({ version: { time: TEN_O_CLOCK + 1000 } })],
    ['another register', aChange({ register: { kind: 'stage', stage: 'rollout' } })],
    ['another rollout', aChange({ rollout: { ...base.rollout, executionId: 'x' } })],
    ['another service', deployed],
  ])('differs for %s', (_, other) => {
    expect(factId(other)).not.toBe(factId(base));
  });

  it('of a deployment is the same whenever it was told: no state of one comes twice', () => {
    const later = { ...deployed, version: { ...deployed.version, time: TEN_O_CLOCK + 2000 } };
    expect(factId(later)).toBe(factId(deployed));
  });
});
