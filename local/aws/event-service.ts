import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { JsonRecord } from '../json.ts';
import { isRecord, parseJson } from '../json.ts';
import { ACCOUNT, REGION } from './account.ts';
import type { EventBus } from './event-bus.ts';
import { matchesPattern } from './event-pattern.ts';
import type { EventRule } from './event-rule.ts';
import { answer, jsonService, refusal } from './service.ts';
import type { Operation, Outcome, Service } from './service.ts';
import { completeEvent, toSeconds } from './service-event.ts';

const MAX_ENTRIES = 10;
const MAX_BYTES = 1024 * 1024;

const BUS_ARN = `arn:aws:events:${REGION}:${ACCOUNT}:event-bus/default`;

const Entry = v.object({
  Source: v.optional(v.string(), ''),
  DetailType: v.optional(v.string(), ''),
  Detail: v.optional(v.string(), ''),
  Resources: v.optional(v.array(v.string()), []),
  Time: v.optional(v.number()),
  EventBusName: v.optional(v.string(), 'default'),
});

const PutEvents = v.object({ Entries: v.array(Entry) });

/** EventBridge's API for the default bus. Events of `aws.*` sources are taken too: here nobody else sends them. */
export const createEventService = (options: {
  readonly rules: readonly EventRule[];
  /** Switches a rule on or off. */
  readonly setState: (rule: EventRule, state: 'ENABLED' | 'DISABLED') => void;
  readonly bus: EventBus;
  readonly now: () => Date;
}): Service => {
  const { rules, setState, bus, now } = options;
  const byName = (input: JsonRecord, key: string): EventRule | undefined =>
    rules.find(({ name }) => name === input[key]);
  const switchTo =
    (state: 'ENABLED' | 'DISABLED'): Operation =>
    (input) => {
      const rule = byName(input, 'Name');
      if (rule === undefined) {
        return noRule(input['Name']);
      }
      setState(rule, state);
      return answer({});
    };
  return jsonService(
    new Map<string, Operation>([
      ['EnableRule', switchTo('ENABLED')],
      ['DisableRule', switchTo('DISABLED')],
      ['PutEvents', (input) => putEvents(input, bus, now)],
      ['ListRules', () => answer({ Rules: rules.map(describeRule) })],
      [
        'DescribeRule',
        (input) => {
          const rule = byName(input, 'Name');
          return rule === undefined ? noRule(input['Name']) : answer(describeRule(rule));
        },
      ],
      [
        'ListTargetsByRule',
        (input) => {
          const rule = byName(input, 'Rule');
          return rule === undefined ? noRule(input['Rule']) : answer({ Targets: rule.targets });
        },
      ],
      ['TestEventPattern', testPattern],
      ['ListEventBuses', () => answer({ EventBuses: [{ Name: 'default', Arn: BUS_ARN }] })],
    ]),
  );
};

const noRule = (name: unknown): Outcome =>
  refusal('ResourceNotFoundException', `Rule ${String(name)} does not exist on EventBus default.`);

const describeRule = ({ name, arn, state, description, pattern, schedule }: EventRule): JsonRecord => ({
  Name: name,
  Arn: arn,
  State: state,
  EventBusName: 'default',
  ...(description !== undefined && { Description: description }),
  ...(pattern !== undefined && { EventPattern: JSON.stringify(pattern) }),
  ...(schedule !== undefined && { ScheduleExpression: schedule }),
});

const putEvents = (input: JsonRecord, bus: EventBus, now: () => Date): Outcome => {
  const parsed = v.safeParse(PutEvents, input);
  if (!parsed.success) {
    return refusal('ValidationException', v.summarize(parsed.issues));
  }
  const { Entries: entries } = parsed.output;
  if (entries.length === 0 || entries.length > MAX_ENTRIES) {
    return refusal('ValidationException', `Entries must have 1 to ${MAX_ENTRIES} members.`);
  }
  if (Buffer.byteLength(JSON.stringify(entries)) > MAX_BYTES) {
    return refusal('ValidationException', 'Total size of the entries in the request is over the limit.');
  }
  const results = entries.map((entry) => {
    const read = readEntry(entry, now);
    if (read.kind === 'event') {
      bus.put(read.event);
      return { EventId: read.event['id'] };
    }
    return { ErrorCode: read.code, ErrorMessage: read.message };
  });
  return answer({ FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results });
};

type ReadEntry =
  | { readonly kind: 'event'; readonly event: JsonRecord }
  | { readonly kind: 'invalid'; readonly code: string; readonly message: string };

const readEntry = (entry: v.InferOutput<typeof Entry>, now: () => Date): ReadEntry => {
  const { Source, DetailType, Detail, Resources, Time, EventBusName } = entry;
  const missing = Object.entries({ Source, DetailType, Detail }).find(([, value]) => value === '');
  if (missing !== undefined) {
    const [name] = missing;
    return {
      kind: 'invalid',
      code: 'InvalidArgument',
      message: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
    };
  }
  if (EventBusName !== 'default' && EventBusName !== BUS_ARN) {
    return { kind: 'invalid', code: 'InvalidArgument', message: 'Only the default event bus is here.' };
  }
  const detail = parseJson(Detail);
  if (!isRecord(detail)) {
    return { kind: 'invalid', code: 'MalformedDetail', message: 'Detail is malformed.' };
  }
  const time = Time === undefined ? now() : new Date(Time * 1000);
  const event = completeEvent(
    {
      version: '0',
      id: randomUUID(),
      'detail-type': DetailType,
      source: Source,
      account: ACCOUNT,
      time: toSeconds(time),
      region: REGION,
      resources: Resources,
      detail,
    },
    time,
  );
  return { kind: 'event', event };
};

const TestEventPattern = v.object({ EventPattern: v.string(), Event: v.string() });

const testPattern: Operation = (input) => {
  const parsed = v.safeParse(TestEventPattern, input);
  if (!parsed.success) {
    return refusal('ValidationException', v.summarize(parsed.issues));
  }
  try {
    const { EventPattern, Event } = parsed.output;
    return answer({ Result: matchesPattern(parseJson(EventPattern), parseJson(Event)) });
  } catch (error) {
    return refusal(
      'InvalidEventPatternException',
      error instanceof Error ? error.message : 'Event pattern is not valid.',
    );
  }
};
