import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateTopicCommand, DeleteTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRecord, parseJson } from '../../local/json.ts';
import type { JsonRecord } from '../../local/json.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT, run } from '../support/command.ts';
import type { Ended } from '../support/command.ts';

const BASKET = '1a429aeb-ac19-475a-a63c-048f3f88d9f1';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    log: () => undefined,
  });
});

afterAll(async () => {
  await stack.stop();
});

const explain = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  run('local/explain.ts', args, '', { AWS_ENDPOINT_URL: stack.aws, ...environment });

const here = (...args: readonly string[]) => explain(['--stage', 'local', ...args]);

const eventsOf = async (story: string): Promise<readonly JsonRecord[]> => {
  const folder = join(ROOT, 'events/runs', story);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  return (await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))).map(parseJson).filter(isRecord);
};

const eventually = async (ask: () => Promise<Ended>, says: string): Promise<Ended> => {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const ended = await ask();
    if (ended.stdout.includes(says) || Date.now() > deadline) {
      return ended;
    }
    await wait(200);
  }
};

describe('npm run explain', () => {
  it(
    'tells of a run in which Slack and a topic refused once, and of both once they did not',
    { timeout: 60_000 },
    async () => {
      const sns = new SNSClient({
        endpoint: stack.aws,
        region: stack.region,
        credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
      });
      await sns.send(
        new DeleteTopicCommand({ TopicArn: `arn:aws:sns:${stack.region}:${stack.account}:gatehouse-local-releases` }),
      );
      const fault = { method: 'chat.postMessage', status: 429, retryAfter: 1, times: 1 };
      await fetch(`${stack.slack}/_faults`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fault),
      });
      const events = await eventsOf('failure-and-retry');
      const failed = events.slice(0, 14);
      for (const event of failed) {
        stack.putEvents([event]);
      }
      const refused = await eventually(() => here(BASKET.slice(0, 8)), 'it comes again');
      expect(refused.code).toBe(0);
      expect(refused.stdout).toMatch(/topic releases refused with \w+ at \d\d:\d\d:\d\d: it comes again$/m);

      await sns.send(new CreateTopicCommand({ Name: 'gatehouse-local-releases' }));
      // As EventBridge may: the same event a second time, which is sooner than the queue brings the first.
      stack.putEvents(failed.slice(-1));
      await eventually(() => here(BASKET), 'published since');
      const { code, stdout, stderr } = await eventually(() => here('--pipeline', 'basket-prod'), 'up to date');
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `Looking for the newest execution of the pipeline basket-prod in the table gatehouse-local in us-east-1 at ${stack.aws}: the whole of it is read.\n`,
      });
      expect(stdout).toMatch(
        /^basket-prod \(production\) failed at Deploy \/ Release after 4 min 11 s\npipeline execution 1a429aeb-/,
      );
      expect(stdout).toMatch(
        /❌ execution failed {2}happened 2026-11-20 13:16:51\n.* → #deployments, topic releases\n/,
      );
      expect(stdout).toMatch(/a topic refused with \w+ at \d\d:\d\d:\d\d; published since\n/);
      expect(stdout).toMatch(/trigger: Keep the basket when the session ends · Grace Hopper · main · 9b1de07\n/);
      expect(stdout).toMatch(
        /Slack #deployments\n {2}up to date\n {2}posted .*; revision \d+ of \d+ after \d+ turns\n/,
      );
      expect(stdout).toMatch(/Slack asked for a pause: more messages than it takes \(ratelimited\)$/m);
      expect(stdout).not.toMatch(/undefined|NaN|\[object|not kept/);
      sns.destroy();
    },
  );

  it('says it as one JSON document', async () => {
    const { code, stdout } = await here('--json', BASKET);
    const story = parseJson(stdout);
    expect({ code, story }).toMatchObject({
      code: 0,
      story: {
        rollout: { source: 'codepipeline', executionId: BASKET },
        state: 'failed',
        messages: [{ channel: 'C0DEPLOYMENTS', status: 'shown', troubles: [{ error: 'ratelimited', count: 1 }] }],
        notes: [],
        unreadable: [],
      },
    });
    expect(isRecord(story) && Array.isArray(story['events']) && story['events'].length).toBe(14);
  });

  it('asks for more of an id that several begin with', { timeout: 30_000 }, async () => {
    const [started] = await eventsOf('success');
    const twin = (id: string): JsonRecord => ({
      ...started,
      detail: { ...(isRecord(started?.['detail']) && started['detail']), 'execution-id': id },
    });
    stack.putEvents([twin('aaaaaaaa-0000-4000-8000-000000000001'), twin('aaaaaaaa-0000-4000-8000-000000000002')]);
    const told = () => here('aaaaaaaa').then((ended) => ({ ...ended, stdout: ended.stderr }));
    const { code, stdout } = await eventually(told, '2 ids begin');
    expect(code).toBe(2);
    expect(stdout).toMatch(
      /2 ids begin with aaaaaaaa\. Give more of it:\n {2}aaaaaaaa-0000-4000-8000-00000000000\d {2}shop-prod\n/,
    );
  });

  it('says where it looked for what is not there', async () => {
    const { code, stdout, stderr } = await here('d-NOWHERE00');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(`There is no d-NOWHERE00 in the table gatehouse-local in us-east-1 at ${stack.aws}.`);
    const { stderr: noDeployment, code: other } = await here('--application', 'shop', '--group', 'nowhere');
    expect(other).toBe(1);
    expect(noDeployment).toContain('There is no deployment of shop / nowhere in the table');
  });

  it('finds an id in what could not be used, and says why', { timeout: 30_000 }, async () => {
    const [started] = await eventsOf('success');
    const id = 'bbbbbbbb-0000-4000-8000-000000000001';
    stack.putEvents([{ ...started, detail: { 'execution-id': id, pipeline: 'shop-prod', state: 'SLEEPING' } }]);
    const told = () => here(id).then((ended) => ({ ...ended, stdout: ended.stderr }));
    const { code, stdout } = await eventually(told, 'could not be used');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /But an input that could not be used speaks of it:\n {2}Q#\d{4}-\d\d-\d\d \S+: .*detail\.state/,
    );
  });

  it.each([
    ['no table', ['--stage', 'nowhere'], {}, 'There is no table gatehouse-nowhere in eu-west-1. Name another stage'],
    [
      'nobody at the endpoint',
      ['--stage', 'local'],
      { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
      'Nobody answers at http://127.0.0.1:9. Start the local stack (npm start)',
    ],
    [
      'no credentials',
      [],
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' },
      'There are no AWS credentials, or they have expired. Sign in',
    ],
  ])('ends with 1 and the way out where there is %s', async (_what, args, environment, says) => {
    const { code, stdout, stderr } = await explain([...args, 'd-NOWHERE00'], {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'x',
      AWS_SECRET_ACCESS_KEY: 'y',
      // Nothing of whoever runs the tests.
      AWS_CONFIG_FILE: '/nowhere',
      AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
      ...environment,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(says);
    expect(stderr).not.toContain(' at file:');
  });

  it.each([
    ['nothing', [], 'Name an ID, --pipeline, --application or --service'],
    ['two things', ['d-ABCDE1234', '--pipeline', 'x'], 'Ask for one thing'],
    ['a group of no application', ['d-ABCDE1234', '--group', 'x'], '--group goes with --application'],
    ['too little of an id', ['d-ABCDE'], 'has at least 8 characters'],
    ['a stage that is none', ['d-ABCDE1234', '--stage', 'a/b'], '--stage takes a name: letters, digits and dashes'],
    [
      'a region that is none',
      ['d-ABCDE1234', '--region', 'Ireland!'],
      '--region takes the code of a region, such as eu-west-1',
    ],
    ['a gatehouse.yml that is not there', ['d-ABCDE1234', '--config', 'nowhere.yml'], 'There is no nowhere.yml'],
  ])('ends with 2 for %s', async (_name, args, says) => {
    const { code, stdout, stderr } = await explain(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
