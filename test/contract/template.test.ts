import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { readEventRule } from '../../local/aws/event-rule.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { resolveTemplate } from '../../local/template/resolve-template.ts';
import type { Resource, Template } from '../../local/template/resolve-template.ts';
import { DEPLOYED } from '../../local/virtual/world.ts';

const ROOT = join(import.meta.dirname, '../..');

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
  Namespace: v.string(),
  MetricName: v.string(),
  Dimensions: v.optional(v.array(v.object({ Value: v.string() })), []),
  AlarmActions: v.array(v.string()),
});

const Filter = v.object({
  FilterPattern: v.string(),
  MetricTransformations: v.array(v.object({ MetricNamespace: v.string(), MetricName: v.string() })),
});

const Statement = v.object({
  Effect: v.string(),
  Action: v.union([v.string(), v.array(v.string())]),
  Resource: v.union([v.string(), v.array(v.string())]),
  Condition: v.optional(v.unknown()),
});

const Role = v.object({
  Policies: v.array(v.object({ PolicyDocument: v.object({ Statement: v.array(Statement) }) })),
});

/** The template as it is packaged, made once: nothing here is said of a file that nobody deploys. */
let template: Template;
let resources: (type: string) => readonly Resource[];

beforeAll(async () => {
  ({ template } = await compileTemplate({ root: ROOT, stage: 'test' }));
  resources = resolveTemplate(template, {
    region: REGION,
    account: ACCOUNT,
    stackName: 'gatehouse-test',
    endpoint: 'https://sqs.example.com',
  });
});

const queues = () =>
  resources('AWS::SQS::Queue').map(({ name, arn, properties }) => ({ name, arn, ...v.parse(Queue, properties) }));

/** The rules that a queue's policy lets in, by name. */
const senders = (policy: string): readonly string[] =>
  [...JSON.stringify(template.Resources[policy]).matchAll(/:rule\/([\w-]+)/g)].flatMap(([, name]) => name ?? []);

const rules = () => resources('AWS::Events::Rule').map(readEventRule);

describe('the packaged template', () => {
  it('has a dead-letter queue behind every queue that a function reads, which keeps messages no shorter', () => {
    const sources = resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => properties['EventSourceArn']);
    const all = queues();
    const read = all.filter(({ arn }) => sources.includes(arn));
    expect(read.map(({ name }) => name).sort()).toEqual(['gatehouse-test-events', 'gatehouse-test-wake-ups.fifo']);
    for (const { MessageRetentionPeriod, RedrivePolicy } of read) {
      const dead = all.find(({ arn }) => arn === RedrivePolicy?.deadLetterTargetArn);
      expect(RedrivePolicy?.maxReceiveCount).toBe(100);
      expect(dead?.MessageRetentionPeriod ?? 0).toBeGreaterThanOrEqual(MessageRetentionPeriod);
    }
  });

  it('keeps events for fourteen days', () => {
    const events = queues().find(({ name }) => name === 'gatehouse-test-events');
    expect(events?.MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
  });

  it('takes nothing that was not encrypted on its way, at any queue', () => {
    const refused = Object.entries(template.Resources).flatMap(([, { Type, Properties }]) =>
      Type === 'AWS::SQS::QueuePolicy' && JSON.stringify(Properties).includes('"aws:SecureTransport":"false"')
        ? v.parse(v.array(v.object({ Ref: v.string() })), Properties['Queues']).map(({ Ref }) => Ref)
        : [],
    );
    expect(refused.sort()).toEqual(
      resources('AWS::SQS::Queue')
        .map(({ logicalId }) => logicalId)
        .sort(),
    );
  });

  it('encrypts every queue', () => {
    expect(queues().map(({ SqsManagedSseEnabled }) => SqsManagedSseEnabled)).toEqual(Array(5).fill(true));
  });

  it('gives every rule target a dead-letter queue that EventBridge may write to', () => {
    const dead = queues().find(({ name }) => name === 'gatehouse-test-rules-dead')?.arn;
    const targets = rules().flatMap((rule) => rule.targets);
    expect(targets.map(({ DeadLetterConfig }) => DeadLetterConfig?.Arn)).toEqual([dead, dead, dead]);
    expect(senders('RuleDeadLettersPolicy')).toEqual(rules().map(({ name }) => name));
  });

  it('lets the rules call their targets', () => {
    expect(senders('EventsQueuePolicy')).toEqual(['gatehouse-test-codepipeline', 'gatehouse-test-codedeploy']);
    expect(JSON.stringify(template.Resources['SweepPermission'])).toContain('"Fn::GetAtt":["SweepRule","Arn"]');
  });

  it('hides a message for longer than its function may run', () => {
    const all = queues();
    const functions = resources('AWS::Lambda::Function');
    const pairs = resources('AWS::Lambda::EventSourceMapping').map(({ properties }) => [
      all.find(({ arn }) => arn === properties['EventSourceArn'])?.VisibilityTimeout,
      functions.find(({ arn }) => arn === properties['FunctionName'])?.properties['Timeout'],
    ]);
    expect(pairs).toEqual([
      [180, 30],
      [60, 40],
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

  it('names the resources of every permission, and grants no permission to do anything', () => {
    const statements = resources('AWS::IAM::Role').flatMap(({ properties }) =>
      v.parse(Role, properties).Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    );
    expect(statements.length).toBeGreaterThan(9);
    for (const { Action, Resource } of statements) {
      expect([Action].flat().filter((action) => action.endsWith('*'))).toEqual([]);
      expect([Resource].flat().filter((resource) => !resource.startsWith('arn:aws:'))).toEqual([]);
    }
  });

  it('has one role for each function', () => {
    const roles = resources('AWS::Lambda::Function').map(({ name, properties }) => [name, properties['Role']]);
    expect(new Set(roles.map(([, role]) => role)).size).toBe(roles.length);
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

  it('raises an alarm for whatever lands in a dead-letter queue, waits too long, or crashes', () => {
    const alarms = resources('AWS::CloudWatch::Alarm').map(({ properties }) => v.parse(Alarm, properties));
    const of = (metric: string) =>
      alarms
        .filter(({ MetricName }) => MetricName === metric)
        .flatMap(({ Dimensions }) => Dimensions.map(({ Value }) => Value));
    const names = queues().map(({ name }) => name);
    expect(of('ApproximateNumberOfMessagesVisible').sort()).toEqual(
      names.filter((name) => name.includes('-dead')).sort(),
    );
    expect(of('ApproximateAgeOfOldestMessage').sort()).toEqual(names.filter((name) => !name.includes('-dead')).sort());
    expect(of('Errors').sort()).toEqual(
      resources('AWS::Lambda::Function')
        .map(({ name }) => name)
        .sort(),
    );
    expect(new Set(alarms.flatMap(({ AlarmActions }) => AlarmActions))).toEqual(
      new Set([`arn:aws:sns:${REGION}:${ACCOUNT}:gatehouse-test-alarms`]),
    );
  });

  it('counts what the functions really log', () => {
    const code = globSync('functions/*/*.ts', { cwd: ROOT })
      .map((path) => readFileSync(join(ROOT, path), 'utf8'))
      .join('');
    const filters = Object.values(template.Resources)
      .filter(({ Type }) => Type === 'AWS::Logs::MetricFilter')
      .map(({ Properties }) => v.parse(Filter, Properties));
    const messages = filters.map(({ FilterPattern }) => /"([^"*]+)\*?"/.exec(FilterPattern)?.[1] ?? FilterPattern);
    expect(messages).toEqual(['delivery refused', 'circuit opened', 'event failed', 'event quarantined']);
    expect(messages.filter((message) => !new RegExp(`log\\.(?:warn|error)\\('${message}`).test(code))).toEqual([]);
    const counted = filters.flatMap(({ MetricTransformations }) => MetricTransformations);
    const watched = resources('AWS::CloudWatch::Alarm').map(({ properties }) => v.parse(Alarm, properties));
    for (const metric of counted) {
      expect(watched).toContainEqual(
        expect.objectContaining({ Namespace: metric.MetricNamespace, MetricName: metric.MetricName }),
      );
    }
  });

  it('keeps logs for a month', () => {
    expect(resources('AWS::Logs::LogGroup').map(({ properties }) => properties['RetentionInDays'])).toEqual([
      30, 30, 30,
    ]);
  });

  it('makes the topics that gatehouse.yml names, and lets nobody but notify publish to them', () => {
    const topics = resources('AWS::SNS::Topic')
      .filter(({ logicalId }) => logicalId !== 'AlarmTopic')
      .map(({ arn }) => arn);
    expect(topics).toEqual([`arn:aws:sns:${REGION}:${ACCOUNT}:gatehouse-test-releases`]);
    const publishers = resources('AWS::IAM::Role').flatMap(({ logicalId, properties }) =>
      v
        .parse(Role, properties)
        .Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .filter(({ Action }) => [Action].flat().includes('sns:Publish'))
        .map(({ Resource }) => [logicalId, Resource]),
    );
    expect(publishers).toEqual([['NotifyRole', topics]]);
  });

  it('holds no secret, only the name of the parameter that does', () => {
    const text = JSON.stringify(template);
    expect(text).not.toMatch(/xox[a-z]-|signing.?secret|AKIA/i);
    expect(text).toContain('/gatehouse/test/slack-token');
  });
});
