import type { Answer } from '../setup/answer.ts';
import type { DeployedFunction, DeployedMapping, Simulated } from '../setup/deployed.ts';
import type { ExpectedFunction, ExpectedStack } from '../setup/expected-stack.ts';
import { awsCommand, deployCommand } from '../setup/place.ts';
import type { Place } from '../setup/place.ts';
import { unanswered } from '../setup/row.ts';
import type { Row } from '../setup/row.ts';
import { allows } from './policy.ts';

const FUNCTIONS = 'Functions';
const PERMISSIONS = 'Permissions';

/** Whether a function is there and is set up as serverless.yml says. Values of variables are not told. */
export const checkFunction = (
  { name, runtime, environment }: ExpectedFunction,
  answer: Answer<DeployedFunction>,
  place: Place,
): readonly Row[] => {
  const remedy = deployCommand(place);
  if (answer.kind === 'missing') {
    return [{ group: FUNCTIONS, name, status: 'problem', says: 'there is no such function', remedy }];
  }
  if (answer.kind !== 'told') {
    return unanswered(FUNCTIONS, name, answer);
  }
  const deployed = answer.value;
  const odd = Object.keys(environment).filter(
    (key) =>
      !isSameValue(
        environment[key] ?? '',
        Object.hasOwn(deployed.environment, key) ? deployed.environment[key] : undefined,
      ),
  );
  const problems = [
    ...(deployed.runtime === runtime ? [] : [`runs on ${deployed.runtime}, serverless.yml says ${runtime}`]),
    ...(odd.length === 0 ? [] : [`has other values than serverless.yml for ${odd.join(', ')}`]),
    ...(deployed.state === 'Failed' ? ['is in the state Failed'] : []),
    ...(deployed.update === 'Failed' ? ['its last update failed'] : []),
  ];
  return problems.length > 0
    ? problems.map((says) => ({ group: FUNCTIONS, name, status: 'problem', says, remedy }))
    : [{ group: FUNCTIONS, name, status: 'ok', says: deployed.runtime }];
};

/** On this machine a URL has another host, and nothing else. */
const isSameValue = (expected: string, deployed: string | undefined): boolean => {
  if (expected === deployed || deployed === undefined) {
    return expected === deployed;
  }
  const here = URL.canParse(deployed) ? new URL(deployed) : undefined;
  return here?.hostname === '127.0.0.1' && URL.canParse(expected) && new URL(expected).pathname === here.pathname;
};

/** Whether the queue that feeds a function does so. */
export const checkMapping = (
  { functionName, queueArn }: ExpectedStack['mappings'][number],
  answer: Answer<readonly DeployedMapping[]>,
  place: Place,
): readonly Row[] => {
  const name = `${queueArn.split(':').at(-1) ?? queueArn} → ${functionName}`;
  if (answer.kind !== 'told' && answer.kind !== 'missing') {
    return unanswered(FUNCTIONS, name, answer);
  }
  const found = answer.kind === 'told' ? answer.value.find((each) => each.queueArn === queueArn) : undefined;
  if (found === undefined) {
    return [
      { group: FUNCTIONS, name, status: 'problem', says: 'the queue feeds nobody', remedy: deployCommand(place) },
    ];
  }
  return ['Disabled', 'Disabling'].includes(found.state)
    ? [
        {
          group: FUNCTIONS,
          name,
          status: 'problem',
          says: 'is switched off: what comes in is not handled',
          remedy: awsCommand(place, `lambda update-event-source-mapping --enabled --uuid ${found.id}`),
        },
      ]
    : [{ group: FUNCTIONS, name, status: 'ok', says: found.state.toLowerCase() }];
};

/** Whether a rule may call its function. */
export const checkInvocation = (
  { functionName, ruleArn }: ExpectedStack['invocations'][number],
  answer: Answer<unknown>,
  place: Place,
): readonly Row[] => {
  const name = `${ruleArn.split('/').at(-1) ?? ruleArn} → ${functionName}`;
  const isAllowed =
    answer.kind === 'told' &&
    allows(answer.value, {
      principals: ['events.amazonaws.com'],
      action: 'lambda:InvokeFunction',
      context: { 'aws:sourcearn': ruleArn },
    });
  if (isAllowed) {
    return [{ group: FUNCTIONS, name, status: 'ok', says: 'the rule may call the function' }];
  }
  return answer.kind === 'told' || answer.kind === 'missing'
    ? [
        {
          group: FUNCTIONS,
          name,
          status: 'problem',
          says: 'the rule may not call the function: nothing is tried again',
          remedy: deployCommand(place),
        },
      ]
    : unanswered(FUNCTIONS, name, answer);
};

const BOUNDED = '; if it stays so, a permissions boundary or a policy of your organisation does not allow it';

/** Whether a function's role allows what the function does. */
export const checkPermissions = (
  name: string,
  answers: readonly Answer<readonly Simulated[]>[],
  place: Place,
): readonly Row[] => {
  const unsaid = answers.find(({ kind }) => kind !== 'told');
  if (unsaid !== undefined) {
    return unsaid.kind === 'missing'
      ? [{ group: PERMISSIONS, name, status: 'problem', says: 'its role is gone', remedy: deployCommand(place) }]
      : unanswered(PERMISSIONS, name, unsaid);
  }
  const all = answers.flatMap((answer) => (answer.kind === 'told' ? answer.value : []));
  const refused = all.filter(({ decision }) => decision !== 'allowed');
  return refused.length === 0
    ? [{ group: PERMISSIONS, name, status: 'ok', says: `may do all that it does (${all.length} permissions)` }]
    : refused.map(({ action, resource, decision }) => ({
        group: PERMISSIONS,
        name,
        status: 'problem',
        says: `may not ${action} on ${resource}`,
        remedy:
          decision === 'explicitDeny'
            ? 'a policy of your organisation, a boundary or the role forbids it: ask who looks after the account'
            : deployCommand(place) + (place.local === undefined ? BOUNDED : ''),
      }));
};
