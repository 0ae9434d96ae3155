import { join } from 'node:path';
import { DisableRuleCommand, EnableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { WebClient } from '@slack/web-api';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Stack, StackOptions } from '../../local/stack.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import type { CompiledStack } from '../../local/template/compile-template.ts';
import type { Template } from '../../local/template/resolve-template.ts';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import type { Repository } from '../../scripts/setup/repository.ts';
import type { Row } from '../../scripts/setup/row.ts';
import { SLACK_SCOPES } from '../../scripts/setup/slack-scopes.ts';
import { setupOf, without, withProperties } from '../support/setup.ts';
import { aStack } from '../support/stack.ts';

const ROOT = join(import.meta.dirname, '../..');

const CHANNELS = { deployments: 'C0DEPLOYMENTS', incidents: 'C0INCIDENTS' };
const TOKEN = '/gatehouse/local/slack-token';
const SECRET = '/gatehouse/local/slack-signing-secret';
const SQS = 'arn:aws:sqs:us-east-1:000000000000';

const CONFIG = compileConfig(`
slack: { workspace: T0GATEHOUSE, channels: { deployments: C0DEPLOYMENTS, incidents: C0INCIDENTS } }
routes:
  - to: [{ slack: deployments }]
  - { name: failures, match: { state: failed }, to: [{ slack: incidents }, { slack: deployments }, { sns: releases }] }
`);

let compiled: CompiledStack;
let repository: Repository;
let stack: Stack | undefined;

beforeAll(async () => {
  compiled = await compileTemplate({ root: ROOT, stage: 'local' });
  repository = { config: { kind: 'valid', config: CONFIG }, template: compiled.template };
});

afterEach(async () => {
  await stack?.stop();
  stack = undefined;
});

const start = async (change: (template: Template) => Template = (same) => same, more: Partial<StackOptions> = {}) => {
  stack = await aStack({ ...compiled, template: change(compiled.template) }, CHANNELS, more);
  const client = { endpoint: stack.aws, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  return { stack, client, ...setupOf(stack, repository) };
};

/** What a healthy stack is told to be, to compare with. */
const whenAllIsWell = async (): Promise<readonly Row[]> => {
  const well = await aStack(compiled, CHANNELS);
  try {
    return await setupOf(well, repository).doctor();
  } finally {
    await well.stop();
  }
};

const textOf = (row: Row): string => JSON.stringify(row);

/** The rows that are new, and the names of those that are gone, compared with a healthy stack. */
const comparedWithHealth = async (rows: readonly Row[]) => {
  const well = await whenAllIsWell();
  return {
    says: rows.filter((row) => !well.some((other) => textOf(other) === textOf(row))),
    insteadOf: well.filter((row) => !rows.some((other) => textOf(other) === textOf(row))).map(({ name }) => name),
  };
};

const problem = (group: string, name: string, says: string, remedy: string): Row => ({
  group,
  name,
  status: 'problem',
  says,
  remedy,
});

const REDEPLOY = 'end npm start and start it again';

const AWS_OPTIONS = '--region us-east-1 --endpoint-url AWS';
const PUT_TOKEN = `aws ssm put-parameter --type SecureString --name ${TOKEN} --value "$SLACK_BOT_TOKEN"`;

const SLACK_ROWS = [
  'auth.test',
  'workspace',
  'chat:write',
  'channels:history',
  'groups:history',
  'channels:read',
  'groups:read',
  'users:read',
  'usergroups:read',
  '#deployments (C0DEPLOYMENTS)',
  '#incidents (C0INCIDENTS)',
];

const CHANNELS_NOT_ASKED: Row = {
  group: 'Slack channels',
  name: 'channels',
  status: 'skipped',
  says: 'can be looked at once there is a token of the right workspace that Slack accepts',
};

describe('doctor, when all is well', () => {
  it('finds no problem and skips nothing', async () => {
    const rows = await whenAllIsWell();
    expect(rows.filter(({ status }) => status === 'problem' || status === 'skipped')).toEqual([]);
    expect(rows.filter(({ status }) => status === 'note').map(({ name }) => name)).toEqual([
      'gatehouse-local-releases',
      'gatehouse-local-alarms',
    ]);
  });

  it('has looked at every part of the stack', async () => {
    const names = (await whenAllIsWell()).map(({ name }) => name);
    const parts = Object.values(compiled.template.Resources).flatMap(({ Type, Properties }) => {
      const key = new Map([
        ['AWS::Events::Rule', 'Name'],
        ['AWS::SQS::Queue', 'QueueName'],
        ['AWS::Lambda::Function', 'FunctionName'],
        ['AWS::SNS::Topic', 'TopicName'],
      ]).get(Type);
      return key === undefined ? [] : [Properties[key]];
    });
    expect(parts.filter((part) => typeof part !== 'string' || !names.includes(part))).toEqual([]);
    expect(parts.length).toBeGreaterThan(10);
  });
});

describe('doctor, about the Slack token', () => {
  it('wants the parameter where the functions read it', async () => {
    const { client, doctor } = await start();
    await new SSMClient(client).send(new DeleteParameterCommand({ Name: TOKEN }));
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem('Slack token', TOKEN, 'there is no such parameter', `${PUT_TOKEN} ${AWS_OPTIONS}`),
        CHANNELS_NOT_ASKED,
      ],
      insteadOf: [TOKEN, ...SLACK_ROWS],
    });
  });

  it('wants a SecureString', async () => {
    const { client, doctor } = await start();
    const ssm = new SSMClient(client);
    await ssm.send(new DeleteParameterCommand({ Name: TOKEN }));
    await ssm.send(new PutParameterCommand({ Name: TOKEN, Type: 'String', Value: 'xoxb-gatehouse-local' }));
    expect((await comparedWithHealth(await doctor())).says).toEqual([
      problem(
        'Slack token',
        TOKEN,
        'is a String, which anybody with read access sees: it has to be a SecureString',
        `aws ssm delete-parameter --name ${TOKEN} ${AWS_OPTIONS} && ${PUT_TOKEN} ${AWS_OPTIONS}`,
      ),
    ]);
  });

  it('says so when Slack does not accept it', async () => {
    const { client, doctor } = await start();
    await new SSMClient(client).send(
      new PutParameterCommand({ Name: TOKEN, Type: 'SecureString', Value: 'xoxb-other', Overwrite: true }),
    );
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem(
          'Slack token',
          'auth.test',
          'Slack does not accept the token: invalid_auth',
          `https://api.slack.com/apps → your app → Install App → Reinstall to Workspace; then ${PUT_TOKEN} --overwrite ${AWS_OPTIONS}`,
        ),
        CHANNELS_NOT_ASKED,
      ],
      insteadOf: SLACK_ROWS,
    });
  });

  it('compares its workspace with gatehouse.yml', async () => {
    const { doctor } = await start(undefined, { workspace: 'T0ELSEWHERE' });
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem(
          'Slack token',
          'workspace',
          'the token is of T0ELSEWHERE (Gatehouse), gatehouse.yml says T0GATEHOUSE',
          'set slack.workspace in gatehouse.yml to T0ELSEWHERE, or install the app in T0GATEHOUSE and store its token',
        ),
        CHANNELS_NOT_ASKED,
      ],
      insteadOf: ['workspace', '#deployments (C0DEPLOYMENTS)', '#incidents (C0INCIDENTS)'],
    });
  });

  it('wants the scope to post', async () => {
    const botScopes = SLACK_SCOPES.map(({ scope }) => scope).filter((scope) => scope !== 'chat:write');
    const { doctor } = await start(undefined, { botScopes });
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem(
          'Slack token',
          'chat:write',
          'the bot lacks this scope: nothing can be posted',
          'https://api.slack.com/apps → your app → OAuth & Permissions → Bot Token Scopes → Add chat:write; then Reinstall to Workspace (the token stays)',
        ),
      ],
      insteadOf: ['chat:write'],
    });
  });

  it('tells what does not work without the optional scopes', async () => {
    const { doctor } = await start(undefined, { botScopes: ['chat:write', 'groups:history'] });
    const { says } = await comparedWithHealth(await doctor());
    expect(says.map(({ name, status }) => [name, status])).toEqual([
      ['channels:history', 'note'],
      ['channels:read', 'note'],
      ['groups:read', 'note'],
      ['users:read', 'note'],
      ['usergroups:read', 'note'],
      ['#deployments (C0DEPLOYMENTS)', 'skipped'],
      ['#incidents (C0INCIDENTS)', 'skipped'],
    ]);
    expect(says.at(-1)?.remedy).toMatch(/^npm run hello -- --stage local --port \d+ finds out by posting$/);
  });
});

describe('doctor, about channels', () => {
  const leave = (slack: string) =>
    fetch(`${slack}/_membership`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ channel: 'incidents', member: false }),
    });

  it('wants the bot invited', async () => {
    const { stack, doctor } = await start();
    await leave(stack.slack);
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem(
          'Slack channels',
          '#incidents (C0INCIDENTS)',
          '@gatehouse is not in the channel',
          'write /invite @gatehouse in #incidents',
        ),
      ],
      insteadOf: ['#incidents (C0INCIDENTS)'],
    });
  });

  it('says so when the workspace has no such channel', async () => {
    stack = await aStack(compiled, { deployments: 'C0DEPLOYMENTS' });
    expect(await comparedWithHealth(await setupOf(stack, repository).doctor())).toEqual({
      says: [
        problem(
          'Slack channels',
          '#incidents (C0INCIDENTS)',
          "@gatehouse sees no channel C0INCIDENTS: it is private and the bot was not invited, or the id is wrong or another workspace's",
          'write /invite @gatehouse in the channel; if its “About” tab shows another id, correct slack.channels in gatehouse.yml',
        ),
      ],
      insteadOf: ['#incidents (C0INCIDENTS)'],
    });
  });
});

describe('doctor, about the account', () => {
  it('says in which region the stage is', async () => {
    const { stack } = await start();
    const { says } = await comparedWithHealth(await setupOf(stack, repository, 'eu-west-1').doctor());
    expect(says).toEqual([
      problem(
        'AWS',
        'region',
        'eu-west-1 has no stage local: it is in us-east-1',
        'leave --region out, or say --region us-east-1',
      ),
      {
        group: 'The rest',
        name: 'Slack and AWS',
        status: 'skipped',
        says: 'can be looked at in the region where the stage is',
      },
    ]);
  });

  it('says what is to be started when nobody answers', async () => {
    const { stack: gone, doctor } = await start();
    await gone.stop();
    const { says } = await comparedWithHealth(await doctor());
    expect(says).toEqual([
      problem(
        'AWS',
        'local stack',
        'AWS does not answer: ECONNREFUSED',
        'start it in another terminal with npm start; with another port: --port',
      ),
      { group: 'The rest', name: 'Slack and AWS', status: 'skipped', says: 'can be looked at once AWS lets you in' },
    ]);
  });

  it('looks before the first deploy at what can be there by then', async () => {
    stack = await aStack({ ...compiled, template: { ...compiled.template, Resources: {} } }, CHANNELS);
    const client = {
      endpoint: stack.aws,
      region: 'us-east-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    };
    await new SSMClient(client).send(
      new PutParameterCommand({ Name: TOKEN, Type: 'SecureString', Value: 'xoxb-gatehouse-local' }),
    );
    const rows = await setupOf(stack, repository).doctor();
    expect(rows.map(({ name, status }) => [name, status])).toEqual([
      ['Node.js', 'ok'],
      ['gatehouse.yml', 'ok'],
      ['credentials', 'ok'],
      ['region', 'note'],
      [TOKEN, 'ok'],
      ['channels', 'skipped'],
      [SECRET, 'note'],
      ['rules, queues, functions, permissions', 'skipped'],
    ]);
  });
});

describe('doctor, about the signing secret', () => {
  const put = async (
    client: ConstructorParameters<typeof SSMClient>[0],
    Value: string,
    Type: 'String' | 'SecureString',
  ) => new SSMClient(client ?? {}).send(new PutParameterCommand({ Name: SECRET, Type, Value, Overwrite: true }));
  const CANARY = '8f742231b10e8888abcd99yyyzzz85a5';
  const PUT_SECRET = `https://api.slack.com/apps → your app → Basic Information → Signing Secret; then aws ssm put-parameter --type SecureString --name ${SECRET} --value "$SLACK_SIGNING_SECRET"`;

  it.each([
    [
      'not a secret of Slack',
      CANARY,
      'SecureString' as const,
      'is not a signing secret: that has 32 characters, 0 to 9 and a to f',
    ],
    [
      'not a SecureString',
      '0123456789abcdef0123456789abcdef',
      'String' as const,
      'is a String: it has to be a SecureString',
    ],
  ])('says so when it is %s', async (_name, value, type, says) => {
    const { client, doctor } = await start();
    await put(client, value, type);
    const rows = await doctor();
    const found = (await comparedWithHealth(rows)).says;
    expect(found.map((row) => [row.name, row.status, row.says])).toEqual([[SECRET, 'problem', says]]);
    expect(JSON.stringify(rows)).not.toContain(value);
  });

  it('notes that nobody can approve without one', async () => {
    const { client, doctor } = await start();
    await new SSMClient(client).send(new DeleteParameterCommand({ Name: SECRET }));
    expect((await comparedWithHealth(await doctor())).says).toEqual([
      {
        group: 'Approvals',
        name: SECRET,
        status: 'note',
        says: 'there is no signing secret: nobody can approve from Slack; notifications need none',
        remedy: `${PUT_SECRET} ${AWS_OPTIONS}`,
      },
    ]);
  });
});

describe('doctor, about what is deployed', () => {
  const changed = async (change: (template: Template) => Template) =>
    comparedWithHealth(await (await start(change)).doctor());

  it('finds a rule that is disabled, until it is enabled again', async () => {
    const Name = 'gatehouse-local-codepipeline';
    const { client, doctor } = await start();
    const events = new EventBridgeClient(client);
    await events.send(new DisableRuleCommand({ Name }));
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem(
          'Event rules',
          Name,
          'is disabled: no event passes',
          `aws events enable-rule --name ${Name} ${AWS_OPTIONS}`,
        ),
      ],
      insteadOf: [Name],
    });
    await events.send(new EnableRuleCommand({ Name }));
    expect(await comparedWithHealth(await doctor())).toEqual({ says: [], insteadOf: [] });
  });

  it('finds a rule with another pattern, and one without its dead-letter queue', async () => {
    const target = { Id: 'events-queue', Arn: { 'Fn::GetAtt': ['EventsQueue', 'Arn'] } };
    const { says } = await changed((all) =>
      withProperties(
        withProperties(all, 'CodePipelineRule', { EventPattern: { source: ['aws.codepipeline'] } }),
        'CodeDeployRule',
        { Targets: [target] },
      ),
    );
    expect(says).toEqual([
      problem('Event rules', 'gatehouse-local-codepipeline', 'has another pattern than serverless.yml', REDEPLOY),
      problem(
        'Event rules',
        'gatehouse-local-codedeploy',
        `has no dead-letter queue behind ${SQS}:gatehouse-local-events: what cannot be handed over is lost`,
        REDEPLOY,
      ),
    ]);
  });

  it('finds a rule that is not there and may not call its function', async () => {
    const { says } = await changed((all) => without(without(all, 'SweepRule'), 'SweepPermission'));
    expect(says).toEqual([
      problem('Event rules', 'gatehouse-local-sweep', 'there is no such rule', REDEPLOY),
      problem(
        'Functions',
        'gatehouse-local-sweep → gatehouse-local-sweep',
        'the rule may not call the function: nothing is tried again',
        REDEPLOY,
      ),
    ]);
  });

  it('finds a queue that does not let its rules in', async () => {
    const { says } = await changed((all) => without(all, 'EventsQueuePolicy'));
    expect(says).toEqual(
      ['codepipeline', 'codedeploy', 'ecs'].map((rule) =>
        problem(
          'Queues',
          'gatehouse-local-events',
          `its policy does not let the rule gatehouse-local-${rule} in`,
          REDEPLOY,
        ),
      ),
    );
  });

  it('finds messages in dead-letter queues, and says how to get them out', async () => {
    const { client, stack, doctor } = await start();
    const sqs = new SQSClient({ ...client, useQueueUrlAsEndpoint: false });
    for (const [queue, times] of [
      ['gatehouse-local-events-dead', 2],
      ['gatehouse-local-rules-dead', 1],
    ] as const) {
      for (let sent = 0; sent < times; sent += 1) {
        const QueueUrl = `${stack.aws}/000000000000/${queue}`;
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'xoxb-canary' }));
      }
    }
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [
        problem(
          'Queues',
          'gatehouse-local-events-dead',
          'holds 2 messages that could not be handled',
          `mend the cause (the log of the function that reads gatehouse-local-events has it), then aws sqs start-message-move-task --source-arn ${SQS}:gatehouse-local-events-dead ${AWS_OPTIONS}`,
        ),
        problem(
          'Queues',
          'gatehouse-local-rules-dead',
          'holds 1 message that could not be handed over',
          `the message's ERROR_MESSAGE says why: aws sqs receive-message --queue-url AWS/000000000000/gatehouse-local-rules-dead --message-attribute-names All ${AWS_OPTIONS}`,
        ),
      ],
      insteadOf: ['gatehouse-local-events-dead', 'gatehouse-local-rules-dead'],
    });
  });

  it('finds functions that are set up otherwise, and names no value', async () => {
    const Environment = { Variables: { TABLE_NAME: 'canary', URL_SUFFIX: 'amazonaws.com' } };
    const { says } = await changed((all) =>
      withProperties(withProperties(all, 'SweepLambdaFunction', { Environment }), 'NotifyLambdaFunction', {
        Runtime: 'nodejs22.x',
      }),
    );
    expect(says).toEqual([
      problem('Functions', 'gatehouse-local-notify', 'runs on nodejs22.x, serverless.yml says nodejs24.x', REDEPLOY),
      problem(
        'Functions',
        'gatehouse-local-sweep',
        'has other values than serverless.yml for TABLE_NAME, WAKE_UPS_QUEUE_URL, EVENTS_QUEUE_URL, VOTES_QUEUE_URL, CHECKS_QUEUE_URL, ACCOUNT_ID, PARTITION',
        REDEPLOY,
      ),
    ]);
  });

  it('finds an event source that is switched off', async () => {
    const id = 'NotifyEventSourceMappingSQSEventsQueue';
    const { says } = await changed((all) => withProperties(all, id, { Enabled: false }));
    expect(says.map(({ name, says: text }) => [name, text])).toEqual([
      ['gatehouse-local-events → gatehouse-local-notify', 'is switched off: what comes in is not handled'],
    ]);
    expect(says[0]?.remedy).toMatch(/^aws lambda update-event-source-mapping --enabled --uuid [0-9a-f-]{36} --region/);
  });

  it('finds what a role does not allow', async () => {
    const Policies = [
      {
        PolicyDocument: {
          Statement: [
            {
              Effect: 'Allow',
              Action: ['codedeploy:*', 'codepipeline:*', 'dynamodb:*', 'ecs:*', 'logs:*', 'sqs:*'],
              Resource: '*',
            },
          ],
        },
      },
    ];
    const { says } = await changed((all) => withProperties(all, 'NotifyRole', { Policies }));
    expect(says).toEqual([
      problem(
        'Permissions',
        'gatehouse-local-notify',
        'may not sns:Publish on arn:aws:sns:us-east-1:000000000000:gatehouse-local-releases',
        REDEPLOY,
      ),
    ]);
  });

  it('finds topics that are not there', async () => {
    const { client, doctor } = await start();
    const TopicArn = 'arn:aws:sns:us-east-1:000000000000:gatehouse-local-releases';
    await new SNSClient(client).send(new DeleteTopicCommand({ TopicArn }));
    expect(await comparedWithHealth(await doctor())).toEqual({
      says: [problem('Topics', 'gatehouse-local-releases', 'there is no such topic', REDEPLOY)],
      insteadOf: ['gatehouse-local-releases', 'gatehouse-local-releases'],
    });
  });
});

describe('hello', () => {
  const messagesIn = async ({ slack, slackReaderToken }: Stack, channel: string) => {
    const { messages = [] } = await new WebClient(slackReaderToken, {
      slackApiUrl: `${slack}/api/`,
    }).conversations.history({ channel });
    return messages.map(({ text }) => text);
  };

  it('posts once to each destination, however many routes lead there', async () => {
    const published: string[] = [];
    const { stack, hello } = await start(undefined, { onPublish: ({ message }) => published.push(message) });
    expect((await hello()).map(({ name, status }) => [name, status])).toEqual([
      ['#deployments (C0DEPLOYMENTS)', 'ok'],
      ['#incidents (C0INCIDENTS)', 'ok'],
      ['arn:aws:sns:us-east-1:000000000000:gatehouse-local-releases', 'ok'],
    ]);
    expect(published).toEqual([expect.stringContaining('everybody may ignore this message')]);
    for (const channel of Object.values(CHANNELS)) {
      expect(await messagesIn(stack, channel)).toEqual([expect.stringContaining('everybody may ignore this')]);
    }
  });

  const refusing = async (method: 'POST', path: string, body: object) => {
    const { stack, hello } = await start();
    await fetch(`${stack.slack}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await hello()).filter(({ status }) => status !== 'ok');
  };

  it('says which invitation is missing', async () => {
    expect(await refusing('POST', '/_membership', { channel: 'incidents', member: false })).toEqual([
      problem(
        'Slack channels',
        '#incidents (C0INCIDENTS)',
        '@gatehouse is not in the channel',
        'write /invite @gatehouse in #incidents',
      ),
    ]);
  });

  it('says which scope is missing', async () => {
    const { hello } = await start(undefined, { botScopes: ['channels:read'] });
    expect((await hello()).filter(({ status }) => status !== 'ok')).toEqual(
      ['#deployments (C0DEPLOYMENTS)', '#incidents (C0INCIDENTS)'].map((name) =>
        problem(
          'Slack channels',
          name,
          'the bot lacks the scope chat:write',
          'https://api.slack.com/apps → your app → OAuth & Permissions → Bot Token Scopes → Add chat:write; then Reinstall to Workspace (the token stays)',
        ),
      ),
    );
  });

  it('says which topic is missing, and goes on with the others', async () => {
    const { client, hello } = await start();
    const TopicArn = 'arn:aws:sns:us-east-1:000000000000:gatehouse-local-releases';
    await new SNSClient(client).send(new DeleteTopicCommand({ TopicArn }));
    expect((await hello()).filter(({ status }) => status !== 'ok')).toEqual([
      problem('SNS topics', TopicArn, 'there is no such topic', REDEPLOY),
    ]);
  });

  it('posts nothing without the token, and still publishes', async () => {
    const { client, hello } = await start();
    await new SSMClient(client).send(new DeleteParameterCommand({ Name: TOKEN }));
    expect((await hello()).map(({ name, status }) => [name, status])).toEqual([
      [TOKEN, 'problem'],
      ['#deployments (C0DEPLOYMENTS)', 'skipped'],
      ['#incidents (C0INCIDENTS)', 'skipped'],
      ['arn:aws:sns:us-east-1:000000000000:gatehouse-local-releases', 'ok'],
    ]);
  });
});
