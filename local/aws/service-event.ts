import { randomUUID } from 'node:crypto';
import type { JsonRecord } from '../json.ts';
import { ACCOUNT, REGION } from './account.ts';

/** Fills in what EventBridge puts around a detail, where the event does not bring it: id, account, time, region. */
export const completeEvent = (event: JsonRecord, now: Date): JsonRecord => ({
  version: '0',
  id: randomUUID(),
  'detail-type': '',
  source: '',
  account: ACCOUNT,
  time: toSeconds(now),
  region: REGION,
  resources: [],
  detail: {},
  ...event,
});

/** What a rule with a schedule sends. */
export const scheduledEvent = (ruleArn: string, now: Date): JsonRecord =>
  completeEvent({ 'detail-type': 'Scheduled Event', source: 'aws.events', resources: [ruleArn] }, now);

/** A time as EventBridge writes it, in whole seconds. */
export const toSeconds = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z');
