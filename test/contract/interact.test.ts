import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLambdaRuntime } from '../../local/lambda/lambda-runtime.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { parseVoteMessage } from '../../shared/gate/vote-message.ts';
import type { RawRequest } from '../../shared/interaction/verify-request.ts';
import { ROOT } from '../support/command.ts';
import { aClick, aForm, aRequest, formOf } from '../support/slack-requests.ts';

let stack: Stack;
let sqs: SQSClient;
const printed: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: false,
    schedules: false,
    log: (line) => printed.push(line),
  });
  sqs = new SQSClient({
    endpoint: stack.aws,
    region: stack.region,
    useQueueUrlAsEndpoint: false,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  });
});

afterAll(async () => {
  sqs.destroy();
  await stack.stop();
});

/** Signed now, with the secret of the stack. */
const signed = (body: string | Buffer, headers: Record<string, string> = {}) =>
  aRequest(body, { at: Date.now(), secret: stack.signingSecret, headers });

type Reply = { readonly status: number | undefined; readonly text: string };

const send = (
  { method, headers, body }: RawRequest,
  path = stack.slackRequestPath,
  more: readonly string[] = [],
): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const own = { host: new URL(stack.gatehouse).host, 'content-length': String(body.length) };
    const flat = [...Object.entries({ ...headers, ...own }).flat(), ...more];
    const outgoing = httpRequest(new URL(path, stack.gatehouse), { method, headers: flat }, (response) => {
      let text = '';
      response
        .setEncoding('utf8')
        .on('data', (part: string) => (text += part))
        .on('end', () => {
          resolve({ status: response.statusCode, text });
        });
    });
    outgoing.on('error', reject).end(body);
  });

const received = async () => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: `${stack.aws}/${stack.account}/gatehouse-local-votes.fifo`,
      MaxNumberOfMessages: 10,
      WaitTimeSeconds: 0,
      MessageSystemAttributeNames: ['MessageGroupId', 'MessageDeduplicationId'],
    }),
  );
  return Messages;
};

/** A gate of its own for each test: nothing waits behind another test's vote. */
const gateOf = (name: string) => `${name}${'-'.repeat(22 - name.length)}`;

describe('the HTTP API with the bundled function', () => {
  it('puts a signed click into the votes queue, grouped by gate, under the name of the click (F48)', async () => {
    const gate = gateOf('click');
    const before = Date.now();
    await expect(send(signed(formOf(aClick({ value: gate }))))).resolves.toEqual({ status: 200, text: '' });
    const [message, ...others] = await received();
    expect(others).toEqual([]);
    const { MessageGroupId, MessageDeduplicationId } = message?.Attributes ?? {};
    expect(MessageGroupId).toBe(gate);
    // Whose click on which gate: the same one again is swallowed for five minutes.
    const click = createHash('sha256').update(`${gate}|U0ADA|1795428900.123456`).digest('hex');
    expect(MessageDeduplicationId).toBe(click);
    const vote = parseVoteMessage(message?.Body ?? '');
    const { at, requestId, ...told } = { at: 0, requestId: '', ...vote };
    expect(told).toEqual({
      kind: 'vote',
      gate,
      verdict: 'approve',
      step: 'button',
      by: { user: 'U0ADA', team: 'T0GATEHOUSE', name: 'Ada' },
      app: 'A0GATEHOUSE',
      channel: 'C0APPROVALS',
      ts: '1795428858.000100',
      key: '1795428900.123456',
    });
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(at).toBeGreaterThanOrEqual(before);
    // Nothing by which somebody could act in Slack.
    expect(message?.Body).not.toMatch(/canary|trigger|hooks/);
  });

  it('has the same bytes sent twice in the queue once (S10, F48)', async () => {
    const request = signed(formOf(aClick({ value: gateOf('twice') })));
    expect([(await send(request)).status, (await send(request)).status]).toEqual([200, 200]);
    expect((await received()).map(({ Attributes }) => Attributes?.MessageGroupId)).toEqual([gateOf('twice')]);
  });

  it('puts a form into the queue with its reason, é ✓ 🚀, and closes it (S7)', async () => {
    const gate = gateOf('form');
    const place = JSON.stringify({ gate, channel: 'C0APPROVALS', ts: '1795428858.000100' });
    const reply = await send(signed(formOf(aForm('bricht é ✓ 🚀', { private_metadata: place }))));
    expect(reply).toEqual({ status: 200, text: '{"response_action":"clear"}' });
    expect((await received()).map(({ Body = '' }) => parseVoteMessage(Body))).toMatchObject([
      { gate, verdict: 'reject', step: 'modal', note: 'bricht é ✓ 🚀', key: 'V0FORM1' },
    ]);
  });

  it('asks Slack for the form, and says visibly that a made-up trigger opens none', async () => {
    const reply = await send(signed(formOf(aClick({ action_id: 'gate.reject-in-modal' }))));
    expect(reply).toEqual({ status: 500, text: '' });
    expect(printed.filter((line) => line.includes('the form was not opened: invalid_trigger_id'))).toHaveLength(1);
    expect(await received()).toEqual([]);
  });

  it('gives Slack its challenge back, which comes as JSON', async () => {
    const request = signed('{"type":"url_verification","challenge":"c é"}', { 'content-type': 'application/json' });
    await expect(send(request)).resolves.toEqual({ status: 200, text: 'c é' });
  });

  it('refuses what is not signed, or with another secret, or twice (S5, B34, B39, S11, B54, B55)', async () => {
    const click = formOf(aClick());
    const request = signed(click);
    const signature = request.headers['x-slack-signature'] ?? '';
    const refused = { status: 401, text: '' };
    const unsigned = (body: string, type = 'application/x-www-form-urlencoded'): RawRequest => ({
      method: 'POST',
      headers: { 'content-type': type },
      body: Buffer.from(body),
    });
    await expect(send(unsigned(click))).resolves.toEqual(refused);
    await expect(send(unsigned('ssl_check=1'))).resolves.toEqual(refused);
    await expect(send(unsigned('{"type":"url_verification","challenge":"c"}', 'application/json'))).resolves.toEqual(
      refused,
    );
    await expect(send(aRequest(click, { at: Date.now(), secret: 'another' }))).resolves.toEqual(refused);
    await expect(send(request, undefined, ['X-Slack-Signature', signature])).resolves.toEqual(refused);
    await expect(send(signed(`payload=${'x'.repeat(1_000_000)}`))).resolves.toEqual(refused);
    expect(await received()).toEqual([]);
  });

  it('refuses signed nonsense (B42, B43, B52)', async () => {
    const refused = { status: 400, text: '' };
    await expect(send(signed(JSON.stringify(aClick()), { 'content-type': 'application/json' }))).resolves.toEqual(
      refused,
    );
    await expect(send(signed('payload=1&payload=2'))).resolves.toEqual(refused);
    await expect(send(signed(gzipSync(formOf(aClick())), { 'content-encoding': 'gzip' }))).resolves.toEqual(refused);
  });

  it.each([
    ['GET', '/slack'],
    ['HEAD', '/slack'],
    ['OPTIONS', '/slack'],
    ['POST', '/'],
    ['POST', '/slack/'],
    ['POST', '/slack/actions'],
  ])('has nothing at %s %s (B53)', async (method, path) => {
    const reply = await send({ ...signed(formOf(aClick())), method }, path);
    expect(reply).toEqual({ status: 404, text: method === 'HEAD' ? '' : '{"message":"Not Found"}' });
  });

  it('takes the previous secret beside the new one (S8, F51)', async () => {
    // The environment that has run until now keeps what it knows for five minutes: another one is started.
    const parameter = `/gatehouse/local/slack-signing-secret`;
    const put = (Name: string, Value: string) =>
      fetch(stack.aws, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AmazonSSM.PutParameter',
          authorization:
            'AWS4-HMAC-SHA256 Credential=x/20261123/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0',
        },
        body: JSON.stringify({ Name, Value, Type: 'SecureString', Overwrite: true }),
      });
    await put(`${parameter}-previous`, stack.signingSecret);
    await put(parameter, 'f'.repeat(32));
    try {
      const requests = [stack.signingSecret, 'f'.repeat(32), 'e'.repeat(32)].map((secret) =>
        aRequest('ssl_check=1', { at: Date.now(), secret }),
      );
      const fresh = createLambdaRuntime({
        taskRoot: stack.taskRoot,
        functions: [
          {
            name: 'fresh',
            arn: 'arn:aws:lambda:us-east-1:000000000000:function:fresh',
            file: 'dist/interact/index',
            exported: 'handler',
            timeoutSeconds: 10,
            memoryMb: 128,
            environment: stack.environmentOf('gatehouse-local-interact') ?? {},
          },
        ],
        environment: {},
        log: (line) => printed.push(line),
      });
      const replies = [];
      for (const { headers, body } of requests) {
        replies.push(
          await fresh.invoke('fresh', {
            version: '2.0',
            headers,
            body: body.toString('base64'),
            isBase64Encoded: true,
            requestContext: { requestId: 'r', timeEpoch: Date.now(), http: { method: 'POST' } },
          }),
        );
      }
      await fresh.stop();
      expect(replies.map((reply) => (reply.kind === 'returned' ? reply.value : reply))).toEqual([
        { statusCode: 200, body: '' },
        { statusCode: 200, body: '' },
        { statusCode: 401, body: '' },
      ]);
    } finally {
      await put(parameter, stack.signingSecret);
    }
  });

  it('has printed nothing of what it was sent (S13)', () => {
    expect(printed.length).toBeGreaterThan(5);
    expect(printed.filter((line) => /canary|v0=|bricht|hooks\.slack|xoxb/.test(line))).toEqual([]);
    expect(printed.join('\n')).not.toContain(stack.signingSecret);
  });
});
