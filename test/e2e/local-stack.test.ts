import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import { WebClient } from '@slack/web-api';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, run, start } from '../support/command.ts';
import { aRequest } from '../support/slack-requests.ts';
import type { Running } from '../support/command.ts';

const Ready = v.object({
  ready: v.literal(true),
  aws: v.string(),
  slack: v.string(),
  slackToken: v.string(),
  region: v.string(),
  gatehouse: v.string(),
  slackRequestPath: v.literal('/slack'),
  signingSecret: v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/)),
  team: v.literal('T0GATEHOUSE'),
  app: v.literal('A0GATEHOUSE'),
  users: v.pipe(v.array(v.strictObject({ id: v.string(), name: v.string(), approver: v.boolean() })), v.minLength(1)),
});
type Ready = v.InferOutput<typeof Ready>;

const Event = v.looseObject({
  source: v.string(),
  'detail-type': v.string(),
  time: v.string(),
  resources: v.array(v.string()),
  detail: v.looseObject({}),
});

let running: Running;
let ready: Ready;

beforeAll(async () => {
  running = start('local/start.ts', ['--json', '--port', '0']);
  while (!running.printed().includes('\n')) {
    await wait(20);
  }
  ready = v.parse(Ready, JSON.parse(running.printed()));
});

afterAll(async () => {
  running.child.kill('SIGINT');
  const { code, stdout } = await running.ended;
  // One line and no more; interrupted, it ends as it should.
  expect(stdout.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(0);
});

/** Calls EventBridge as the AWS CLI does. */
const putEvents = async (events: readonly v.InferOutput<typeof Event>[]): Promise<unknown> => {
  const response = await fetch(ready.aws, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSEvents.PutEvents',
      authorization:
        'AWS4-HMAC-SHA256 Credential=x/20261123/us-east-1/events/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify({
      Entries: events.map((event) => ({
        Source: event.source,
        DetailType: event['detail-type'],
        Time: Date.parse(event.time) / 1000,
        Resources: event.resources,
        Detail: JSON.stringify(event.detail),
      })),
    }),
  });
  return response.json();
};

const sample = async (path: string, detail: object = {}): Promise<v.InferOutput<typeof Event>> => {
  const event = v.parse(Event, JSON.parse(await readFile(join(ROOT, 'events', path), 'utf8')));
  return { ...event, detail: { ...event.detail, ...detail } };
};

const messages = async (): Promise<readonly string[]> => {
  const slack = new WebClient(ready.slackToken, { slackApiUrl: `${ready.slack}/api/` });
  const { channels } = await slack.conversations.list();
  const channel = channels?.find(({ name }) => name === 'deployments')?.id ?? '';
  const history = await slack.conversations.history({ channel });
  return (history.messages ?? []).map(({ text }) => text ?? '');
};

const eventually = async <Value>(read: () => Promise<Value>, holds: (value: Value) => boolean): Promise<Value> => {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = await read();
    if (holds(value) || Date.now() > deadline) {
      return value;
    }
    await wait(100);
  }
};

describe('the local stack', () => {
  it('takes what is signed as Slack would sign it, and nothing else', async () => {
    const send = async (secret: string) => {
      const { headers, body } = aRequest('ssl_check=1', { at: Date.now(), secret });
      return (await fetch(`${ready.gatehouse}${ready.slackRequestPath}`, { method: 'POST', headers, body })).status;
    };
    await expect(send(ready.signingSecret)).resolves.toBe(200);
    await expect(send('another')).resolves.toBe(401);
  });

  it('turns events put on the bus into one message that is edited', { timeout: 30_000 }, async () => {
    const rollout = { pipeline: 'billing-prod', 'execution-id': 'e2e00000-0000-4000-8000-000000000001' };
    const started = await sample('codepipeline/pipeline-started.json', rollout);
    await expect(putEvents([started])).resolves.toMatchObject({ FailedEntryCount: 0 });
    const ofRollout = async () => (await messages()).filter((text) => text.startsWith('billing-prod'));
    await expect(eventually(ofRollout, (texts) => texts.length === 1)).resolves.toEqual([
      expect.stringMatching(/^billing-prod \(production\) is in progress/),
    ]);
    const succeeded = {
      ...(await sample('codepipeline/pipeline-succeeded.json', rollout)),
      time: '2026-11-20T10:09:00Z',
    };
    await putEvents([succeeded, succeeded, started]);
    const texts = await eventually(ofRollout, (texts) => texts.some((text) => text.includes('succeeded')));
    expect(texts).toEqual([expect.stringMatching(/^billing-prod \(production\) succeeded/)]);
  });

  it('asks CodeDeploy what a deployment undoes, and calls a rollback a rollback', { timeout: 30_000 }, async () => {
    const run = ['05-rollback-started.json', '08-rollback-succeeded.json'];
    await putEvents(await Promise.all(run.map((file) => sample(join('runs/rollback', file)))));
    const texts = await eventually(
      async () => (await messages()).filter((text) => text.startsWith('shop / prod')),
      (texts) => texts.some((text) => text.includes('rollback')),
    );
    expect(texts).toEqual(['shop / prod rollback of d-4K8XQ2VZP (production) succeeded after 1 min 25 s']);
  });

  it('keeps what is malformed, with the reason, and goes on', { timeout: 30_000 }, async () => {
    const rollout = { pipeline: 'docs-prod', 'execution-id': 'e2e00000-0000-4000-8000-000000000002' };
    const bad = await sample('codepipeline/pipeline-started.json', { ...rollout, state: 'constructor' });
    const good = await sample('codepipeline/pipeline-started.json', rollout);
    await putEvents([bad, good]);
    const found = await eventually(
      async () => (await messages()).filter((text) => text.startsWith('docs-prod')),
      (texts) => texts.length === 1,
    );
    expect(found).toHaveLength(1);
    const table = new DynamoDBClient({
      endpoint: ready.aws,
      region: ready.region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    });
    const { Items = [] } = await table.send(
      new QueryCommand({
        TableName: 'gatehouse-local',
        KeyConditionExpression: 'pk = :day',
        ExpressionAttributeValues: { ':day': { S: `Q#${new Date().toISOString().slice(0, 10)}` } },
      }),
    );
    expect(Items.map(({ body }) => body?.S)).toEqual([
      expect.stringContaining('detail.state: not a state of this detail-type'),
    ]);
  });
});

describe('npm start', () => {
  it('plays a run once: a message posted once and edited, and a mail', { timeout: 60_000 }, async () => {
    const { code, stdout } = await run('local/start.ts', ['--once', '--port', '0']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/Slack #deployments/);
    expect(stdout).toMatch(/✅ shop-prod succeeded · production/);
    expect(stdout).toMatch(/\[production\] shop-prod succeeded/);
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^Seen: 1 Slack message, edited \d+ times, and 1 mail\.$/);
    expect(stdout).not.toMatch(/undefined|NaN|\[object/);
  });

  it('names the port that is taken, and the way out', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { code, stderr } = await run('local/start.ts', ['--json', '--port', String(port)]);
    other.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} (AWS) is in use. Choose another with --port.`);
  });

  it.each([
    [['--bogus'], "Unknown option '--bogus'"],
    [['--port', 'x'], '--port takes a number'],
    [['--speed', 'fast'], '--speed takes a number'],
    [['--speed', '0'], '--speed takes a number from 0.1 to 1000'],
  ])('says how it is used after %j', async (args, problem) => {
    const { code, stdout, stderr } = await run('local/start.ts', args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(problem);
    expect(stderr).toContain('npm start -- --once');
  });
});

describe('serverless invoke local', () => {
  it('handles a recorded event offline and shows what came of it', { timeout: 60_000 }, async () => {
    const { code, stdout } = await run('node_modules/serverless/bin/serverless.js', [
      'invoke',
      'local',
      '-f',
      'notify',
      '-p',
      'events/codepipeline/pipeline-failed.json',
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('"outcome": "applied"');
    expect(stdout).toMatch(/❌ shop-prod failed · production/);
    expect(stdout).toContain('Seen: 1 in Slack, 1 by mail.');
  });
});
