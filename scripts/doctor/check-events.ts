import { isDeepStrictEqual } from 'node:util';
import type { EventRule } from '../../local/aws/event-rule.ts';
import type { Answer } from '../setup/answer.ts';
import type { DeployedQueue, DeployedRule, DeployedTarget } from '../setup/deployed.ts';
import type { ExpectedQueue } from '../setup/expected-stack.ts';
import { awsCommand, deployCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { allows } from './policy.ts';

const RULES = 'Event rules';
const QUEUES = 'Queues';

/** Whether a rule is there, is enabled, and does what serverless.yml says. */
export const checkRule = (
  expected: EventRule,
  answers: { readonly rule: Answer<DeployedRule>; readonly targets: Answer<readonly DeployedTarget[]> },
  place: Place,
): readonly Row[] => {
  const { name } = expected;
  const { rule, targets } = answers;
  if (rule.kind === 'missing') {
    return [{ group: RULES, name, status: 'problem', says: 'there is no such rule', remedy: deployCommand(place) }];
  }
  const wrong: readonly Row[] = [
    ...(rule.kind === 'told' ? wrongRule(expected, rule.value, place) : unanswered(RULES, name, rule)),
    ...(targets.kind === 'told'
      ? wrongTargets(expected, targets.value, place)
      : unanswered(RULES, `targets of ${name}`, targets)),
  ];
  const what = expected.schedule ?? 'enabled, with the pattern of serverless.yml';
  return wrong.length > 0 ? wrong : [{ group: RULES, name, status: 'ok', says: what }];
};

const wrongRule = (expected: EventRule, { state, pattern, schedule }: DeployedRule, place: Place): readonly Row[] => {
  const { name } = expected;
  return [
    ...(state === 'DISABLED'
      ? [
          {
            group: RULES,
            name,
            status: 'problem' as const,
            says: 'is disabled: no event passes',
            remedy: awsCommand(place, `events enable-rule --name ${name}`),
          },
        ]
      : []),
    ...(isDeepStrictEqual(pattern, expected.pattern) && schedule === expected.schedule
      ? []
      : [
          {
            group: RULES,
            name,
            status: 'problem' as const,
            says: `has another ${expected.schedule === undefined ? 'pattern' : 'schedule'} than serverless.yml`,
            remedy: deployCommand(place),
          },
        ]),
  ];
};

const wrongTargets = (
  { name, targets }: EventRule,
  deployed: readonly DeployedTarget[],
  place: Place,
): readonly Row[] =>
  targets.flatMap(({ Arn, DeadLetterConfig }): readonly Row[] => {
    const found = deployed.find(({ arn }) => arn === Arn);
    const says =
      found === undefined
        ? `does not lead to ${Arn}`
        : found.deadLetterArn === DeadLetterConfig?.Arn
          ? undefined
          : `has no dead-letter queue behind ${Arn}: what cannot be handed over is lost`;
    return says === undefined ? [] : [{ group: RULES, name, status: 'problem', says, remedy: deployCommand(place) }];
  });

/** Whether a queue is there, lets its rules in, and, where that would be bad news, is empty. */
export const checkQueue = (expected: ExpectedQueue, answer: Answer<DeployedQueue>, place: Place): readonly Row[] => {
  const { name, senders, forDeadLetters } = expected;
  if (answer.kind === 'missing') {
    return [{ group: QUEUES, name, status: 'problem', says: 'there is no such queue', remedy: deployCommand(place) }];
  }
  if (answer.kind !== 'told') {
    return unanswered(QUEUES, name, answer);
  }
  const { messages, policy } = answer.value;
  const shutOut = senders.filter(
    (rule) =>
      !allows(policy, {
        principals: ['events.amazonaws.com'],
        action: 'sqs:SendMessage',
        context: { 'aws:sourcearn': rule },
      }),
  );
  const wrong: readonly Row[] = [
    ...shutOut.map((rule) => ({
      group: QUEUES,
      name,
      status: 'problem' as const,
      says: `its policy does not let the rule ${rule.split('/').at(-1) ?? rule} in`,
      remedy: deployCommand(place),
    })),
    ...(forDeadLetters && messages > 0
      ? [
          {
            group: QUEUES,
            name,
            status: 'problem' as const,
            says: `holds ${messages} message${messages === 1 ? '' : 's'} that could not be ${expected.deadLettersOf === undefined ? 'handed over' : 'handled'}`,
            remedy: emptyQueue(expected, place),
          },
        ]
      : []),
  ];
  return wrong.length > 0
    ? wrong
    : [
        {
          group: QUEUES,
          name,
          status: 'ok',
          says: forDeadLetters ? 'is there, and empty' : `is there, ${messages} waiting`,
        },
      ];
};

/**
 * SQS moves messages back only from the dead-letter queue of another queue:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
const emptyQueue = ({ arn, url, deadLettersOf }: ExpectedQueue, place: Place): string =>
  deadLettersOf === undefined
    ? `the message's ERROR_MESSAGE says why: ${awsCommand(place, `sqs receive-message --queue-url ${url} --message-attribute-names All`)}`
    : `mend the cause (the log of the function that reads ${deadLettersOf} has it), then ${awsCommand(place, `sqs start-message-move-task --source-arn ${arn}`)}`;
