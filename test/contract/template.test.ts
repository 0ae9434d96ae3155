import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { readEventRule } from '../../local/aws/event-rule.ts';
import { DEPLOYED } from '../../local/virtual/world.ts';
import { secretsIn } from '../../scripts/config/secret-literals.ts';
import { ROOT } from '../support/command.ts';
import { packaged } from '../support/packaged.ts';
import type { Packaged } from '../support/packaged.ts';

const Queue = v.object({
  MessageRetentionPeriod: v.number(),
  VisibilityTimeout: v.optional(v.number(), 30),
  SqsManagedSseEnabled: v.boolean(),
  RedrivePolicy: v.optional(v.object({ deadLetterTargetArn: v.string(), maxReceiveCount: v.number() })),
});

const EventSource = v.object({
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  BatchSize: v.number(),
  ScalingConfig: v.object({ MaximumConcurrency: v.number() }),
});

const Alarm = v.object({
  AlarmName: v.string(),
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Name: v.string(), Value: v.string() })), []),
  Period: v.number(),
  EvaluationPeriods: v.number(),
  Threshold: v.number(),
  ComparisonOperator: v.string(),
  TreatMissingData: v.string(),
  AlarmActions: v.array(v.string()),
  OKActions: v.array(v.string()),
});

const Filter = v.object({
  FilterPattern: v.string(),
  MetricTransformations: v.array(v.object({ MetricNamespace: v.string(), MetricName: v.string() })),
});

const Lambda = v.object({
  Runtime: v.string(),
  Timeout: v.number(),
  Environment: v.object({ Variables: v.record(v.string(), v.string()) }),
  ReservedConcurrentExecutions: v.optional(v.number()),
});

const LogGroup = v.object({ LogGroupName: v.string(), RetentionInDays: v.optional(v.number()) });

const Outputs = v.object({ Outputs: v.record(v.string(), v.object({ Value: v.unknown() })) });

let stack: Packaged;
let resources: Packaged['resources'];

beforeAll(async () => {
  stack = await packaged();
  resources = stack.resources;
});

const queues = () =>
  resources('AWS::SQS::Queue').map(({ name, arn, properties }) => ({ name, arn, ...v.parse(Queue, properties) }));

const functions = () =>
  resources('AWS::Lambda::Function').map(({ name, properties }) => ({ name, ...v.parse(Lambda, properties) }));

const alarms = () => resources('AWS::CloudWatch::Alarm').map(({ properties }) => v.parse(Alarm, properties));

const rules = () => resources('AWS::Events::Rule').map(readEventRule);

describe('the packaged template', () => {
  it('has a dead-letter queue behind every queue that a function reads, which keeps messages no shorter (F12)', () => {
    const sources = resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => properties['EventSourceArn']);
    const all = queues();
    const read = all.filter(({ arn }) => sources.includes(arn));
    expect(read.map(({ name }) => name).sort()).toEqual([
      'gatehouse-test-checks',
      'gatehouse-test-events',
      'gatehouse-test-votes.fifo',
      'gatehouse-test-wake-ups.fifo',
    ]);
    for (const { MessageRetentionPeriod, RedrivePolicy } of read) {
      const dead = all.find(({ arn }) => arn === RedrivePolicy?.deadLetterTargetArn);
      expect(RedrivePolicy?.maxReceiveCount ?? 0).toBeGreaterThanOrEqual(100);
      expect(dead?.MessageRetentionPeriod ?? 0).toBeGreaterThanOrEqual(MessageRetentionPeriod);
    }
  });

  it('keeps events for fourteen days', () => {
    const events = queues().find(({ name }) => name === 'gatehouse-test-events');
    expect(events?.MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
  });

  it('waits out five hours in which events cannot be handled, before it puts one aside', () => {
    const events = queues().find(({ name }) => name === 'gatehouse-test-events');
    const receives = events?.RedrivePolicy?.maxReceiveCount ?? 0;
    expect((receives * (events?.VisibilityTimeout ?? 0)) / 3600).toBeGreaterThanOrEqual(5);
  });

  it('tries a vote for longer than decide does, which then tells whoever clicked (F47)', () => {
    const votes = queues().find(({ name }) => name === 'gatehouse-test-votes.fifo');
    const receives = votes?.RedrivePolicy?.maxReceiveCount ?? 0;
    expect((receives * (votes?.VisibilityTimeout ?? 0)) / 60).toBeGreaterThan(15);
  });

  it('encrypts every queue', () => {
    expect(queues().map(({ SqsManagedSseEnabled }) => SqsManagedSseEnabled)).toEqual(Array(9).fill(true));
  });

  it('gives every rule target a dead-letter queue (F61)', () => {
    const dead = queues().find(({ name }) => name === 'gatehouse-test-rules-dead')?.arn;
    const targets = rules().flatMap((rule) => rule.targets);
    expect(targets.map(({ DeadLetterConfig }) => DeadLetterConfig?.Arn)).toEqual([dead, dead, dead, dead]);
  });

  it('hides a message for longer than its function may run', () => {
    const all = queues();
    const functions = resources('AWS::Lambda::Function');
    const pairs = resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => [
      all.find(({ arn }) => arn === properties['EventSourceArn'])?.VisibilityTimeout,
      functions.find(({ arn }) => arn === properties['FunctionName'])?.properties['Timeout'],
    ]);
    expect(pairs).toEqual([
      [36, 30],
      [25, 20],
      [60, 30],
      [130, 120],
    ]);
  });

  it('matches every recorded event by a rule, and every rule matches a recorded event', () => {
    const samples = globSync('events/**/*.json', { cwd: ROOT })
      // What SNS brings did not come by a rule of ours.
      .filter((path) => !path.startsWith('events/envelopes/'))
      .map((path) => {
        const event: unknown = JSON.parse(readFileSync(join(ROOT, path), 'utf8'));
        return { path, event };
      });
    const patterned = rules().filter(({ pattern }) => pattern !== undefined);
    expect(samples.filter(({ event }) => !patterned.some(({ matches }) => matches(event)))).toEqual([]);
    expect(patterned.filter(({ matches }) => !samples.some(({ event }) => matches(event)))).toEqual([]);
  });

  it('is what the simulated world is made like', () => {
    const sources = resources('AWS::Lambda::EventSourceMapping').map(({ properties }) =>
      v.parse(EventSource, properties),
    );
    const all = queues();
    const deployed = (name: 'notify' | 'deliver') => {
      const lambda = resources('AWS::Lambda::Function').find(({ arn }) => arn.endsWith(`-${name}`));
      const source = sources.find(({ FunctionName }) => FunctionName === lambda?.arn);
      const queue = all.find(({ arn }) => arn === source?.EventSourceArn);
      return {
        timeoutMs: 1000 * Number(lambda?.properties['Timeout']),
        batchSize: source?.BatchSize,
        maximumConcurrency: source?.ScalingConfig.MaximumConcurrency,
        visibilityMs: 1000 * (queue?.VisibilityTimeout ?? 0),
        maxReceives: queue?.RedrivePolicy?.maxReceiveCount,
      };
    };
    expect({ notify: deployed('notify'), deliver: deployed('deliver') }).toEqual({
      notify: DEPLOYED.notify,
      deliver: DEPLOYED.deliver,
    });
    expect(rules().find(({ schedule }) => schedule !== undefined)?.schedule).toBe('rate(1 minute)');
    expect(DEPLOYED.sweep.everyMs).toBe(60_000);
  });

  it('counts what the functions really log', () => {
    const code = globSync(['functions/*/*.ts', 'shared/validation/*.ts'], { cwd: ROOT })
      .map((path) => readFileSync(join(ROOT, path), 'utf8'))
      .join('');
    const filters = Object.values(stack.template.Resources)
      .filter(({ Type }) => Type === 'AWS::Logs::MetricFilter')
      .map(({ Properties }) => v.parse(Filter, Properties));
    const messages = filters.map(({ FilterPattern }) => /"([^"*]+)\*?"/.exec(FilterPattern)?.[1] ?? FilterPattern);
    expect(messages).toEqual([
      'delivery refused',
      'circuit opened',
      'event failed',
      'rollout not looked up',
      'rollout not asked about',
      'gate open too long',
      'gate not decided',
      'click not taken',
      'signature refused',
      'verdict moot',
      'verdict moot',
      'verdict not reported',
      'verdict not reported',
      'run ended by the sweep',
      'hook not begun',
      'event quarantined',
    ]);
    expect(messages.filter((message) => !new RegExp(`log\\.(?:warn|error)\\('${message}`).test(code))).toEqual([]);
    const counted = filters.flatMap(({ MetricTransformations }) => MetricTransformations);
    for (const metric of counted) {
      expect(alarms()).toContainEqual(
        expect.objectContaining({ Namespace: metric.MetricNamespace, MetricName: metric.MetricName }),
      );
    }
  });

  it('runs on a Node that is not deprecated, the one that the tests run on', () => {
    const [major] = process.versions.node.split('.');
    expect(functions().map(({ Runtime }) => Runtime)).toEqual(Array(6).fill(`nodejs${major ?? ''}.x`));
    expect(['nodejs22.x', 'nodejs24.x']).toContain(functions()[0]?.Runtime);
  });

  it('keeps the log of each function and of the HTTP API, and not for ever', () => {
    const kept = resources('AWS::Logs::LogGroup').map(({ properties }) => v.parse(LogGroup, properties));
    const names = [...functions().map(({ name }) => `/aws/lambda/${name}`), '/aws/vendedlogs/gatehouse-test-http'];
    expect(kept).toEqual(names.map((LogGroupName) => ({ LogGroupName, RetentionInDays: 30 })));
  });

  it('reserves no concurrency, which new accounts do not have, and bounds what reads queues', () => {
    expect(functions().map(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions)).toEqual(
      Array(6).fill(undefined),
    );
    const bounds = resources('AWS::Lambda::EventSourceMapping').map(
      ({ properties }) => v.parse(EventSource, properties).ScalingConfig.MaximumConcurrency,
    );
    expect(bounds).toEqual([10, 20, 10, 5]);
  });

  it('lets a sweep that failed be: the next one is a minute away', () => {
    const retries = resources('AWS::Lambda::EventInvokeConfig').map(({ properties }) => [
      properties['FunctionName'],
      properties['MaximumRetryAttempts'],
      properties['MaximumEventAgeInSeconds'],
    ]);
    expect(retries).toContainEqual(['gatehouse-test-sweep', 0, 60]);
  });

  it('has a call of the hook that failed for good come to the checks queue (F53)', () => {
    const configs = resources('AWS::Lambda::EventInvokeConfig').map(({ properties }) => properties);
    const checks = queues().find(({ name }) => name === 'gatehouse-test-checks');
    expect(configs).toContainEqual(
      expect.objectContaining({
        FunctionName: 'CodeDeployHook_gatehouse-test',
        MaximumRetryAttempts: 2,
        MaximumEventAgeInSeconds: 900,
        DestinationConfig: { OnFailure: { Destination: checks?.arn } },
      }),
    );
  });

  it('gives whoever tells verdicts a name that CodeDeploy may invoke, no longer than Lambda takes', () => {
    const names = functions().map(({ name }) => name);
    expect(names).toContain('CodeDeployHook_gatehouse-test');
    expect(names.every((name) => name.length <= 64)).toBe(true);
  });

  it('can restore the table to any second of the last weeks, and forgets what has expired', () => {
    const [table, ...others] = resources('AWS::DynamoDB::Table').map(({ properties }) => properties);
    expect(others).toEqual([]);
    expect(table).toMatchObject({
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
  });

  it('S50: holds no secret in the template and its outputs, and in environments only the name of the parameter that does', () => {
    expect(secretsIn(stack.text)).toEqual([]);
    expect(functions().map(({ name, Environment }) => [name, Environment.Variables])).toEqual([
      [
        'gatehouse-test-notify',
        {
          ...COMMON,
          TOPIC_ARN_PREFIX: `arn:aws:sns:${REGION}:${ACCOUNT}:gatehouse-test-`,
          OLDEST_EVENT_DAYS: '45',
          CHECKS_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-checks`,
          VOTES_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-votes.fifo`,
        },
      ],
      [
        'gatehouse-test-deliver',
        {
          ...COMMON,
          SLACK_API_URL: 'https://slack.com/api/',
          SLACK_TOKEN_PARAMETER: '/gatehouse/test/slack-token',
        },
      ],
      [
        'gatehouse-test-decide',
        {
          ...COMMON,
          CHECKS_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-checks`,
          SLACK_API_URL: 'https://slack.com/api/',
          SLACK_TOKEN_PARAMETER: '/gatehouse/test/slack-token',
        },
      ],
      [
        'gatehouse-test-interact',
        {
          ...COMMON,
          VOTES_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-votes.fifo`,
          SLACK_API_URL: 'https://slack.com/api/',
          SLACK_TOKEN_PARAMETER: '/gatehouse/test/slack-token',
          SLACK_SIGNING_SECRET_PARAMETER: '/gatehouse/test/slack-signing-secret',
          SLACK_SIGNING_SECRET_PARAMETER_PREVIOUS: '/gatehouse/test/slack-signing-secret-previous',
        },
      ],
      [
        'CodeDeployHook_gatehouse-test',
        {
          ...COMMON,
          ACCOUNT_ID: ACCOUNT,
          PARTITION: 'aws',
          CHECKS_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-checks`,
          VOTES_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-votes.fifo`,
        },
      ],
      [
        'gatehouse-test-sweep',
        {
          ...COMMON,
          ACCOUNT_ID: ACCOUNT,
          PARTITION: 'aws',
          CHECKS_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-checks`,
          EVENTS_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-events`,
          VOTES_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-votes.fifo`,
        },
      ],
    ]);
    expect(stack.text).not.toMatch(/resolve:(?:ssm|secretsmanager)/);
  });

  it('tells where everything is that people look for', () => {
    const { Outputs: outputs } = v.parse(Outputs, JSON.parse(stack.text));
    const { SlackRequestUrl: address, HttpApiLogGroupName: accessLog, ...others } = outputs;
    expect([address?.Value, accessLog?.Value]).toEqual([
      { 'Fn::Sub': '${HttpApi.ApiEndpoint}/slack' },
      { Ref: 'HttpApiLogGroup' },
    ]);
    const told = Object.values(others).map(({ Value }) => v.parse(v.object({ Ref: v.string() }), Value).Ref);
    const looked = [
      'AWS::DynamoDB::Table',
      'AWS::Lambda::Function',
      'AWS::S3::Bucket',
      'AWS::SNS::Topic',
      'AWS::SQS::Queue',
    ]
      .flatMap(resources)
      .map(({ logicalId }) => logicalId)
      // Nobody but deliver reads wake-ups, nobody but decide votes, and nobody but validate looks.
      .filter((id) => id !== 'WakeUpsQueue' && id !== 'VotesQueue' && id !== 'ChecksQueue');
    expect(told.sort()).toEqual(looked.sort());
  });

  it('has one door, for POST /slack, which takes a hundred requests a second and logs neither query nor body', () => {
    const properties = (type: string) => resources(type).map((resource) => resource.properties);
    const [api] = resources('AWS::ApiGatewayV2::Api');
    const [integration] = resources('AWS::ApiGatewayV2::Integration');
    expect(properties('AWS::ApiGatewayV2::Api')).toEqual([expect.objectContaining({ ProtocolType: 'HTTP' })]);
    // No page of somebody else's may ask, and nothing but what the signature proves lets anybody in.
    expect(api?.properties).not.toHaveProperty('CorsConfiguration');
    expect(properties('AWS::ApiGatewayV2::Route')).toEqual([
      {
        ApiId: api?.ref,
        RouteKey: 'POST /slack',
        AuthorizationType: 'NONE',
        Target: `integrations/${integration?.ref ?? ''}`,
      },
    ]);
    expect(properties('AWS::ApiGatewayV2::Integration')).toEqual([
      {
        ApiId: api?.ref,
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:gatehouse-test-interact`,
        PayloadFormatVersion: '2.0',
      },
    ]);
    const [stage, ...others] = properties('AWS::ApiGatewayV2::Stage');
    expect(others).toEqual([]);
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingBurstLimit: 200, ThrottlingRateLimit: 100 },
    });
    const AccessLog = v.object({ DestinationArn: v.string(), Format: v.string() });
    const { DestinationArn, Format } = v.parse(AccessLog, stage?.['AccessLogSettings']);
    expect(DestinationArn).toContain(':/aws/vendedlogs/gatehouse-test-http:');
    const logged = [...Format.matchAll(/\$context\.([\w.]+)/g)].map(([, name]) => name);
    expect(logged).toEqual([
      'requestId',
      'requestTime',
      'identity.sourceIp',
      'routeKey',
      'status',
      'responseLength',
      'responseLatency',
      'error.message',
      'integrationErrorMessage',
    ]);
  });

  it('tags the stack, and by it everything that can carry a tag', () => {
    const text = readFileSync(join(ROOT, 'serverless.yml'), 'utf8');
    const provider: unknown = parseDocument(text, { logLevel: 'error' }).get('provider', true);
    const tags = v.parse(v.object({ stackTags: v.string(), tags: v.string() }), JSON.parse(JSON.stringify(provider)));
    expect(tags).toEqual({ stackTags: '${self:custom.tags}', tags: '${self:custom.tags}' });
  });
});

const COMMON = {
  TABLE_NAME: 'gatehouse-test',
  WAKE_UPS_QUEUE_URL: `https://sqs.example.com/${ACCOUNT}/gatehouse-test-wake-ups.fifo`,
  URL_SUFFIX: 'amazonaws.com',
};

describe('an alarm', () => {
  /** What the alarms on a metric watch. */
  const watched = (metric: string): readonly string[] =>
    alarms()
      .filter(({ MetricName }) => MetricName === metric)
      .flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => Value))
      .sort();

  const namesOf = (type: string): readonly string[] =>
    resources(type)
      .map(({ name }) => name)
      .sort();

  it('tells the alarm topic that it is raised, and that it is over', () => {
    const topic = [`arn:aws:sns:${REGION}:${ACCOUNT}:gatehouse-test-alarms`];
    expect(alarms().map(({ AlarmActions, OKActions }) => [AlarmActions, OKActions])).toEqual(
      Array(alarms().length).fill([topic, topic]),
    );
  });

  it('is raised by a single message in any dead-letter queue (F61)', () => {
    expect(watched('ApproximateNumberOfMessagesVisible')).toEqual(
      namesOf('AWS::SQS::Queue').filter((name) => name.includes('-dead')),
    );
    expect(
      alarms()
        .filter(({ MetricName }) => MetricName === 'ApproximateNumberOfMessagesVisible')
        .map(({ Threshold }) => Threshold),
    ).toEqual([1, 1, 1, 1, 1]);
  });

  it('is raised by a queue that does not move', () => {
    expect(watched('ApproximateAgeOfOldestMessage')).toEqual(
      namesOf('AWS::SQS::Queue').filter((name) => !name.includes('-dead')),
    );
  });

  it.each(['Errors', 'Throttles'])('is raised by %s of any function', (metric) => {
    expect(watched(metric)).toEqual(namesOf('AWS::Lambda::Function'));
  });

  it('is raised when EventBridge could not even write to the dead-letter queue, of any rule', () => {
    expect(watched('InvocationsFailedToBeSentToDlq')).toEqual(namesOf('AWS::Events::Rule'));
  });

  it('is raised when the sweep has not run for five minutes, and by silence in no other case', () => {
    expect(alarms().filter(({ TreatMissingData }) => TreatMissingData !== 'notBreaching')).toEqual([
      expect.objectContaining({
        AlarmName: 'gatehouse-test-sweep-silent',
        Namespace: 'AWS/Lambda',
        MetricName: 'Invocations',
        Dimensions: [{ Name: 'FunctionName', Value: 'gatehouse-test-sweep' }],
        Period: 300,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      }),
    ]);
  });

  it('is explained in docs/operations.md, and every alarm explained there exists', () => {
    const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
    const table = page.slice(page.indexOf('## Alarms'), page.indexOf('\n## ', page.indexOf('## Alarms') + 1));
    expect([...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)).toEqual(
      alarms().map(({ AlarmName }) => AlarmName.replace('gatehouse-test-', '')),
    );
  });
});
