import { describe, expect, it } from 'vitest';
import { readEventRule } from '../../../local/aws/event-rule.ts';
import { checkQueue, checkRule } from '../../../scripts/doctor/check-events.ts';
import {
  checkFunction,
  checkInvocation,
  checkMapping,
  checkPermissions,
} from '../../../scripts/doctor/check-functions.ts';
import { denied, DEPLOY, glance, missing, PROD, told } from '../../support/rows.ts';

const ARN = 'arn:aws:events:eu-west-1:1:rule/r';

const RULE = readEventRule({
  logicalId: 'Rule',
  name: 'r',
  ref: 'r',
  arn: ARN,
  properties: {
    EventPattern: { source: ['aws.codepipeline'], 'detail-type': ['a', 'b'] },
    Targets: [{ Id: 't', Arn: 'queue', DeadLetterConfig: { Arn: 'dead' } }],
  },
});

const unasked = (action: string) => `you may not ask: your credentials lack ${action}`;

describe('checkRule', () => {
  const deployed = { state: 'ENABLED', pattern: RULE.pattern, schedule: undefined };
  const targets = told([{ arn: 'queue', deadLetterArn: 'dead' }]);

  it('is content with a rule that is as it should be, whatever else it leads to', () => {
    const more = told([
      { arn: 'other', deadLetterArn: undefined },
      { arn: 'queue', deadLetterArn: 'dead' },
    ]);
    expect(glance(checkRule(RULE, { rule: told(deployed), targets: more }, PROD))).toEqual([
      ['ok', 'r', 'enabled, with the pattern of serverless.yml'],
    ]);
  });

  it.each([
    ['is not there', missing, targets, [['problem', 'r', 'there is no such rule']]],
    [
      'is disabled',
      told({ ...deployed, state: 'DISABLED' }),
      targets,
      [['problem', 'r', 'is disabled: no event passes']],
    ],
    [
      'has another pattern',
      told({ ...deployed, pattern: { source: ['aws.codepipeline'] } }),
      targets,
      [['problem', 'r', 'has another pattern than serverless.yml']],
    ],
    [
      'follows a schedule instead',
      told({ ...deployed, schedule: 'rate(1 day)' }),
      targets,
      [['problem', 'r', 'has another pattern than serverless.yml']],
    ],
    ['leads nowhere', told(deployed), told([]), [['problem', 'r', 'does not lead to queue']]],
    [
      'has lost its dead-letter queue',
      told(deployed),
      told([{ arn: 'queue', deadLetterArn: undefined }]),
      [['problem', 'r', 'has no dead-letter queue behind queue: what cannot be handed over is lost']],
    ],
    [
      'may not be looked at',
      denied('events:DescribeRule'),
      denied('events:ListTargetsByRule'),
      [
        ['skipped', 'r', unasked('events:DescribeRule')],
        ['skipped', 'targets of r', unasked('events:ListTargetsByRule')],
      ],
    ],
  ])('finds a rule that %s', (_name, rule, its, rows) => {
    expect(glance(checkRule(RULE, { rule, targets: its }, PROD))).toEqual(rows);
  });

  it('switches a rule on by one command', () => {
    const [row] = checkRule(RULE, { rule: told({ ...deployed, state: 'DISABLED' }), targets }, PROD);
    expect(row?.remedy).toBe('aws events enable-rule --name r --region eu-west-1');
  });
});

describe('checkQueue', () => {
  const QUEUE = {
    name: 'q',
    arn: 'arn:q',
    url: 'https://q',
    deadLettersOf: undefined,
    senders: [],
    forDeadLetters: false,
  };
  const DEAD = { ...QUEUE, deadLettersOf: 'source', forDeadLetters: true };
  const open = {
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'sqs:SendMessage', Resource: 'arn:q' },
    ],
  };

  it.each([
    ['a queue that is busy', QUEUE, told({ messages: 7, policy: undefined }), ['ok', 'q', 'is there, 7 waiting']],
    [
      'a dead-letter queue that is empty',
      DEAD,
      told({ messages: 0, policy: undefined }),
      ['ok', 'q', 'is there, and empty'],
    ],
    [
      'a queue that lets its rules in',
      { ...QUEUE, senders: [ARN] },
      told({ messages: 0, policy: open }),
      ['ok', 'q', 'is there, 0 waiting'],
    ],
    [
      'a queue that does not',
      { ...QUEUE, senders: [ARN] },
      told({ messages: 0, policy: undefined }),
      ['problem', 'q', 'its policy does not let the rule r in'],
    ],
    [
      'a dead-letter queue that holds something',
      DEAD,
      told({ messages: 2, policy: undefined }),
      ['problem', 'q', 'holds 2 messages that could not be handled'],
    ],
    ['a queue that is not there', QUEUE, missing, ['problem', 'q', 'there is no such queue']],
    [
      'a queue that nobody may ask',
      QUEUE,
      denied('sqs:GetQueueAttributes'),
      ['skipped', 'q', unasked('sqs:GetQueueAttributes')],
    ],
  ])('says what is to be said of %s', (_name, queue, answer, row) => {
    expect(glance(checkQueue(queue, answer, PROD))).toEqual([row]);
  });

  it('moves messages back only where SQS can: behind another queue', () => {
    const remedyOf = (queue: typeof DEAD | (typeof QUEUE & { forDeadLetters: true })) =>
      checkQueue(queue, told({ messages: 1, policy: undefined }), PROD).map(({ remedy }) => remedy);
    expect(remedyOf(DEAD)).toEqual([
      'mend the cause (the log of the function that reads source has it), then aws sqs start-message-move-task --source-arn arn:q --region eu-west-1',
    ]);
    expect(remedyOf({ ...QUEUE, forDeadLetters: true })).toEqual([
      "the message's ERROR_MESSAGE says why: aws sqs receive-message --queue-url https://q --message-attribute-names All --region eu-west-1",
    ]);
  });
});

describe('checkFunction', () => {
  const LAMBDA = {
    name: 'f',
    runtime: 'nodejs24.x',
    environment: { TABLE: 't', URL: 'https://slack.com/api/' },
    permissions: [],
  };
  const deployed = {
    runtime: 'nodejs24.x',
    environment: LAMBDA.environment,
    state: 'Active',
    update: 'Successful',
    role: 'r',
  };
  const check = (more: object) => glance(checkFunction(LAMBDA, told({ ...deployed, ...more }), PROD));

  it('is content with a function that is as it should be, and with more variables than that', () => {
    expect(check({ environment: { ...LAMBDA.environment, MORE: '1' } })).toEqual([['ok', 'f', 'nodejs24.x']]);
  });

  it('takes an address on this machine for that of the world', () => {
    expect(check({ environment: { TABLE: 't', URL: 'http://127.0.0.1:4567/api/' } })).toEqual([
      ['ok', 'f', 'nodejs24.x'],
    ]);
  });

  it.each([
    [{ runtime: 'nodejs22.x' }, 'runs on nodejs22.x, serverless.yml says nodejs24.x'],
    [{ environment: { TABLE: 'canary' } }, 'has other values than serverless.yml for TABLE, URL'],
    [
      { environment: { TABLE: 't', URL: 'https://canary.example.com/api/' } },
      'has other values than serverless.yml for URL',
    ],
    [{ environment: { TABLE: 't', URL: 'http://127.0.0.1/other' } }, 'has other values than serverless.yml for URL'],
    [{ state: 'Failed' }, 'is in the state Failed'],
    [{ update: 'Failed' }, 'its last update failed'],
  ])('finds %o', (more, says) => {
    expect(check(more)).toEqual([['problem', 'f', says]]);
  });

  it('finds a function that is not there or not to be seen', () => {
    expect(checkFunction(LAMBDA, missing, PROD)).toEqual([
      { group: 'Functions', name: 'f', status: 'problem', says: 'there is no such function', remedy: DEPLOY },
    ]);
    expect(glance(checkFunction(LAMBDA, denied('lambda:GetFunctionConfiguration'), PROD))).toEqual([
      ['skipped', 'f', unasked('lambda:GetFunctionConfiguration')],
    ]);
  });
});

describe('checkMapping', () => {
  const MAPPING = { functionName: 'f', queueArn: 'arn:aws:sqs:eu-west-1:1:q' };
  const fed = (state: string) => told([{ id: 'u', queueArn: MAPPING.queueArn, state }]);

  it.each([
    [fed('Enabled'), ['ok', 'q → f', 'enabled']],
    [fed('Updating'), ['ok', 'q → f', 'updating']],
    [fed('Disabled'), ['problem', 'q → f', 'is switched off: what comes in is not handled']],
    [told([]), ['problem', 'q → f', 'the queue feeds nobody']],
    [missing, ['problem', 'q → f', 'the queue feeds nobody']],
    [denied('lambda:ListEventSourceMappings'), ['skipped', 'q → f', unasked('lambda:ListEventSourceMappings')]],
  ])('says of %o what it is', (answer, row) => {
    expect(glance(checkMapping(MAPPING, answer, PROD))).toEqual([row]);
  });
});

describe('checkInvocation', () => {
  const policy = (source: string) => ({
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'lambda:InvokeFunction',
        Condition: { ArnLike: { 'AWS:SourceArn': source } },
      },
    ],
  });
  const MAY_NOT = ['problem', 'r → f', 'the rule may not call the function: nothing is tried again'];

  it.each([
    [told(policy(ARN)), ['ok', 'r → f', 'the rule may call the function']],
    [told(policy(`${ARN}x`)), MAY_NOT],
    [missing, MAY_NOT],
    [denied('lambda:GetPolicy'), ['skipped', 'r → f', unasked('lambda:GetPolicy')]],
  ])('says of %o what it is', (answer, row) => {
    expect(glance(checkInvocation({ functionName: 'f', ruleArn: ARN }, answer, PROD))).toEqual([row]);
  });
});

describe('checkPermissions', () => {
  const simulated = (decision: string) => told([{ action: 'sns:Publish', resource: 'arn:t', decision }]);
  const MAY_NOT = ['problem', 'f', 'may not sns:Publish on arn:t'];

  it.each([
    [
      [simulated('allowed'), simulated('allowed')],
      ['ok', 'f', 'may do all that it does (2 permissions)'],
    ],
    [[simulated('allowed'), simulated('implicitDeny')], MAY_NOT],
    [[simulated('unknown')], MAY_NOT],
    [
      [simulated('allowed'), missing],
      ['problem', 'f', 'its role is gone'],
    ],
    [[denied('iam:SimulatePrincipalPolicy')], ['skipped', 'f', unasked('iam:SimulatePrincipalPolicy')]],
  ])('says of %o what it comes to', (answers, row) => {
    expect(glance(checkPermissions('f', answers, PROD))).toEqual([row]);
  });

  it('sends to another person for what no deploy can change', () => {
    const remedyOf = (decision: string) => checkPermissions('f', [simulated(decision)], PROD)[0]?.remedy;
    expect(remedyOf('implicitDeny')).toBe(
      `${DEPLOY}; if it stays so, a permissions boundary or a policy of your organisation does not allow it`,
    );
    expect(remedyOf('explicitDeny')).toBe(
      'a policy of your organisation, a boundary or the role forbids it: ask who looks after the account',
    );
  });
});
