import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, describe, expect, it } from 'vitest';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createSigner } from '../../shared/aws/sign.ts';
import { connectionTo } from '../support/stack.ts';

const TEN_O_CLOCK = new Date('2026-11-23T10:00:00Z');

type Call = { readonly headers: IncomingHttpHeaders; readonly body: string };
type Answer = (response: ServerResponse) => void;

const open: (() => void)[] = [];

afterEach(() => {
  open.splice(0).forEach((close) => {
    close();
  });
});

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of request) {
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts).toString();
};

/** An AWS that answers as it is told, the last answer again and again. */
const anAws = async (...answers: readonly Answer[]) => {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      calls.push({ headers: request.headers, body });
      answers[Math.min(calls.length, answers.length) - 1]?.(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  open.push(close);
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { calls, close, connection: connectionTo({ aws: `http://127.0.0.1:${port}`, region: 'eu-west-1' }) };
};

const json =
  (body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const refusal = (name: string, status = 400, headers: Readonly<Record<string, string>> = {}): Answer =>
  json({ __type: `com.amazonaws.dynamodb#${name}`, message: `about ${name}` }, status, headers);

const done = json({ Item: { pk: { S: 'é' } } });

const ASKED = { TableName: 'gatehouse-dev', Key: { pk: { S: 'X#é' } } };

describe('the AWS client', () => {
  it('writes a call as the SDK does', async () => {
    const { calls, connection } = await anAws(done);
    const sdk = new DynamoDBClient(connection);
    await sdk.send(new GetItemCommand(ASKED));
    sdk.destroy();
    await createAwsClient('dynamodb', connection)('GetItem', ASKED);
    const [theirs, ours] = calls.map(({ headers, body }) => ({
      ...Object.fromEntries(
        ['host', 'content-type', 'content-length', 'x-amz-target'].map((name) => [name, headers[name]]),
      ),
      scope: /Credential=\S+/.exec(headers.authorization ?? '')?.[0],
      body,
    }));
    expect(ours).toEqual(theirs);
  });

  it.each([
    ['a session', { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session/+=' }],
    ['no session', { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }],
  ])('signs as the SDK’s own signer does, with %s', async (_what, credentials) => {
    const where = { service: 'dynamodb', region: 'eu-west-1', credentials };
    const headers = { host: 'dynamodb.eu-west-1.amazonaws.com', 'x-amz-target': 'DynamoDB_20120810.GetItem' };
    const body = JSON.stringify(ASKED);
    const theirs = await new SignatureV4({ ...where, sha256: Sha256, applyChecksum: false }).sign(
      { method: 'POST', protocol: 'https:', hostname: headers.host, path: '/', headers, body },
      { signingDate: TEN_O_CLOCK },
    );
    const sign = createSigner('dynamodb', where);
    sign(headers, 'of the day before', TEN_O_CLOCK.getTime() - 24 * 3_600_000);
    expect(sign(headers, body, TEN_O_CLOCK.getTime())).toEqual(theirs.headers);
  });

  it('gives what the output says', async () => {
    const { connection } = await anAws(done);
    expect(await createAwsClient('dynamodb', connection)('GetItem', ASKED)).toEqual({ Item: { pk: { S: 'é' } } });
  });

  it('tells of each answer when it was asked for, and the time that AWS gave it', async () => {
    const date = 'Mon, 23 Nov 2026 10:00:07 GMT';
    const { connection } = await anAws(refusal('ThrottlingException', 400, { date }), json({}, 200, { date }));
    const heard: (readonly [number, number])[] = [];
    const before = Date.now();
    const client = createAwsClient('dynamodb', { ...connection, hear: (...one) => heard.push(one) });
    await client('GetItem', ASKED);
    expect(heard.map(([, told]) => told)).toEqual([TEN_O_CLOCK.getTime() + 7_000, TEN_O_CLOCK.getTime() + 7_000]);
    const [[first] = [NaN], [second] = [NaN]] = heard;
    expect(first).toBeGreaterThanOrEqual(before);
    expect(second).toBeGreaterThan(first);
    expect(Date.now()).toBeGreaterThanOrEqual(second);
  });

  it('uses a connection again', async () => {
    const { calls, connection } = await anAws(done);
    const client = createAwsClient('dynamodb', connection);
    await client('GetItem', ASKED);
    await client('GetItem', ASKED);
    expect(calls.map(({ headers }) => headers.connection)).toEqual(['keep-alive', 'keep-alive']);
  });

  it.each([
    ['is not ready', refusal('InternalServerError', 500)],
    ['is overrun', refusal('ThrottlingException')],
    ['breaks the connection off', (response: ServerResponse) => response.destroy()],
    [
      'breaks its answer off',
      (response: ServerResponse) => response.writeHead(200).write('{', () => response.destroy()),
    ],
    ['answers like a proxy', json('<html>', 503)],
  ])('asks again when AWS %s', async (_what, answer) => {
    const { calls, connection } = await anAws(answer, done);
    expect(await createAwsClient('dynamodb', connection)('GetItem', ASKED)).toEqual({ Item: { pk: { S: 'é' } } });
    expect(calls).toHaveLength(2);
  });

  it('asks three times at most, and rejects with what AWS said last', async () => {
    const { calls, connection } = await anAws(refusal('InternalServerError', 500, { 'x-amzn-requestid': 'id-1' }));
    await expect(createAwsClient('dynamodb', connection)('GetItem', ASKED)).rejects.toMatchObject({
      name: 'InternalServerError',
      message: 'about InternalServerError',
      $metadata: { httpStatusCode: 500, requestId: 'id-1' },
    });
    expect(calls).toHaveLength(3);
  });

  it.each(['ConditionalCheckFailedException', 'ValidationException', 'AccessDeniedException'])(
    'asks once when AWS says %s',
    async (name) => {
      const { calls, connection } = await anAws(refusal(name));
      await expect(createAwsClient('dynamodb', connection)('PutItem', ASKED)).rejects.toMatchObject({ name });
      expect(calls).toHaveLength(1);
    },
  );

  it.each(['ConditionalCheckFailedException', 'JobNotFoundException', 'LifecycleEventAlreadyCompletedException'])(
    'takes %s for an answer, which no other follows',
    async (name) => {
      const { calls, connection } = await anAws(refusal(name), done);
      await expect(createAwsClient('dynamodb', connection)('GetItem', ASKED)).rejects.toMatchObject({ name });
      expect(calls).toHaveLength(1);
    },
  );

  it('believes AWS’s clock when its own is wrong', async () => {
    const { calls, connection } = await anAws(
      refusal('InvalidSignatureException', 400, { date: new Date(Date.now() + 3_600_000).toUTCString() }),
      done,
    );
    await createAwsClient('dynamodb', connection)('GetItem', ASKED);
    const [first = 0, second = 0] = calls.map(({ headers }) =>
      Date.parse(String(headers['x-amz-date']).replace(/(....)(..)(..T..)(..)/, '$1-$2-$3:$4:')),
    );
    expect(Math.round((second - first) / 60_000)).toBe(60);
  });

  it('gives up on a call that is never answered', { timeout: 10_000 }, async () => {
    const { connection } = await anAws(() => undefined);
    await expect(createAwsClient('dynamodb', connection, 1)('GetItem', ASKED)).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('gives up when its caller does, also while it waits to ask again', async () => {
    const { calls, connection } = await anAws(refusal('ThrottlingException'));
    const began = performance.now();
    const asked = createAwsClient('dynamodb', connection, 10)('GetItem', ASKED, AbortSignal.timeout(50));
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - began).toBeLessThan(500);
    expect(calls.length).toBeLessThan(10);
  });

  it('finds a service by its region and its partition', async () => {
    const nowhere = {
      region: 'cn-north-1',
      urlSuffix: 'gatehouse.invalid',
      credentials: connectionTo({ aws: '', region: '' }).credentials,
    };
    await expect(createAwsClient('sqs', nowhere, 1)('ListQueues', {})).rejects.toMatchObject({
      hostname: 'sqs.cn-north-1.gatehouse.invalid',
    });
  });

  it('says nothing secret when it fails', async () => {
    const { connection } = await anAws(refusal('AccessDeniedException', 403));
    const credentials = { accessKeyId: 'x', secretAccessKey: 'canary', sessionToken: 'canary' };
    const failure: unknown = await createAwsClient('ssm', { ...connection, credentials })('GetParameter', {}).catch(
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(Error);
    expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });
});
