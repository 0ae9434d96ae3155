import * as v from 'valibot';
import type { Resource } from '../template/resolve-template.ts';
import { compilePattern } from './event-pattern.ts';

const Target = v.object({
  Id: v.string(),
  Arn: v.string(),
  Input: v.optional(v.string()),
  InputPath: v.optional(v.string()),
  SqsParameters: v.optional(v.object({ MessageGroupId: v.string() })),
  DeadLetterConfig: v.optional(v.object({ Arn: v.optional(v.string()) })),
  InputTransformer: v.optional(v.never('is not supported here')),
});

const RuleProperties = v.object({
  Description: v.optional(v.string()),
  EventPattern: v.optional(v.unknown()),
  ScheduleExpression: v.optional(v.string()),
  State: v.optional(v.string(), 'ENABLED'),
  Targets: v.optional(v.array(Target), []),
});

export type RuleTarget = v.InferOutput<typeof Target>;

/** A rule of the default event bus. */
export type EventRule = {
  readonly name: string;
  readonly arn: string;
  readonly state: string;
  readonly description: string | undefined;
  readonly pattern: unknown;
  readonly schedule: string | undefined;
  readonly targets: readonly RuleTarget[];
  readonly matches: (event: unknown) => boolean;
};

/** Reads an AWS::Events::Rule. Throws, naming the rule, on a pattern or a target that cannot be used here. */
export const readEventRule = ({ name, arn, logicalId, properties }: Resource): EventRule => {
  const parsed = v.safeParse(RuleProperties, properties);
  if (!parsed.success) {
    const places = parsed.issues.map((issue) => `${v.getDotPath(issue) ?? ''} ${issue.message}`);
    throw new Error(`The rule ${logicalId} cannot be used here: ${places.join('; ')}`);
  }
  const { Description, EventPattern, ScheduleExpression, State, Targets } = parsed.output;
  return {
    name,
    arn,
    state: State,
    description: Description,
    pattern: EventPattern,
    schedule: ScheduleExpression,
    targets: Targets,
    matches: EventPattern === undefined ? () => false : compileRulePattern(logicalId, EventPattern),
  };
};

const compileRulePattern = (logicalId: string, pattern: unknown): EventRule['matches'] => {
  try {
    return compilePattern(pattern);
  } catch (cause) {
    throw new Error(`The rule ${logicalId} has a pattern that EventBridge would refuse`, { cause });
  }
};
