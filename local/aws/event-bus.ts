import type { JsonRecord } from '../json.ts';
import { isRecord, own } from '../json.ts';
import type { EventRule, RuleTarget } from './event-rule.ts';

/** The default event bus: what comes in goes to the targets of every enabled rule that matches. */
export type EventBus = {
  readonly put: (event: JsonRecord) => void;
  /** Sends an event to the targets of one rule, whatever its pattern: what a schedule does. */
  readonly send: (rule: EventRule, event: JsonRecord) => void;
  /** How many deliveries are still under way. */
  readonly pending: () => number;
};

/** Puts a text where an ARN points: into a queue or into a function. Rejects when it cannot. */
export type DeliverToTarget = (message: {
  readonly arn: string;
  readonly body: string;
  readonly groupId?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}) => Promise<void>;

/** EventBridge goes on for a day; here a target that is gone stays gone. */
const TRIES = 3;

/** Starts a bus. What cannot be delivered ends in the target's dead-letter queue, or is told to `log` where it has none. */
export const createEventBus = (options: {
  readonly rules: readonly EventRule[];
  readonly deliver: DeliverToTarget;
  /** Told of whatever is put on the bus. */
  readonly onEvent?: (event: JsonRecord) => void;
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}): EventBus => {
  const { rules, deliver, onEvent, wait, log } = options;
  const pending = new Set<Promise<void>>();

  const deliverOrBury = async (rule: EventRule, target: RuleTarget, event: JsonRecord): Promise<void> => {
    const groupId = target.SqsParameters?.MessageGroupId;
    const message = { arn: target.Arn, body: bodyFor(target, event), ...(groupId !== undefined && { groupId }) };
    const failure = await tryToDeliver(() => deliver(message), wait);
    if (failure === undefined) {
      return;
    }
    const deadLetterArn = target.DeadLetterConfig?.Arn;
    if (deadLetterArn === undefined) {
      log(`An event is lost: the target ${target.Id} of the rule ${rule.name} failed. ${failure}`);
      return;
    }
    const attributes = {
      RULE_ARN: rule.arn,
      TARGET_ARN: target.Arn,
      ERROR_CODE: 'SDK_CLIENT_ERROR',
      ERROR_MESSAGE: failure,
    };
    await deliver({ arn: deadLetterArn, body: message.body, attributes });
  };

  const start = (delivery: Promise<void>): void => {
    const settled = delivery
      .catch((error: unknown) => {
        log(`An event is lost: ${describe(error)}`);
      })
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };

  const send: EventBus['send'] = (rule, event) => {
    for (const target of rule.targets) {
      start(deliverOrBury(rule, target, event));
    }
  };

  return {
    put: (event) => {
      onEvent?.(event);
      for (const rule of rules.filter(({ state, matches }) => state === 'ENABLED' && matches(event))) {
        send(rule, event);
      }
    },
    send,
    pending: () => pending.size,
  };
};

/** Why it could not be delivered; undefined when it was. */
const tryToDeliver = async (
  deliver: () => Promise<void>,
  wait: (milliseconds: number) => Promise<void>,
): Promise<string | undefined> => {
  let failure = '';
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    try {
      await deliver();
      return undefined;
    } catch (error) {
      failure = describe(error);
    }
    if (attempt < TRIES) {
      await wait(100 * attempt);
    }
  }
  return failure;
};

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const bodyFor = ({ Input, InputPath }: RuleTarget, event: JsonRecord): string =>
  Input ?? JSON.stringify(InputPath === undefined ? event : (valueAt(event, InputPath) ?? {}));

/** What a JSON path such as `$.detail.pipeline` points at. */
const valueAt = (event: JsonRecord, path: string): unknown => {
  const start: unknown = event;
  return path
    .split('.')
    .slice(1)
    .reduce((value, key) => (isRecord(value) ? own(value, key) : undefined), start);
};
