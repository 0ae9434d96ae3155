import { inspect } from 'node:util';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import { afterEach, describe, expect, it } from 'vitest';
import { createInvokeLambda } from '../../shared/aws/lambda-invoke.ts';
import { createSigner } from '../../shared/aws/sign.ts';
import { listenHttp, listenTcp } from '../support/probes.ts';
import type { Listening } from '../support/probes.ts';
import { connectionTo } from '../support/stack.ts';

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

/** A Lambda that answers each call as it is told. */
const aLambda = async (status: number, headers: Readonly<Record<string, string>>, body: string) => {
  const server = await listenHttp((response) => response.writeHead(status, headers).end(body));
  open.push(server);
  return { ...server, connection: connectionTo({ aws: `http://127.0.0.1:${server.port}`, region: 'eu-west-1' }) };
};

const CALL = { functionName: 'orders', qualifier: '7', payload: '{"a":"é"}', logTail: true, timeoutMs: 2_000 } as const;

describe('a client of Lambda', () => {
  it('writes a call as the SDK does', async () => {
    const { heard, connection } = await aLambda(200, { 'x-amz-executed-version': '7' }, '{}');
    const sdk = new LambdaClient(connection);
    await sdk.send(
      new InvokeCommand({
        FunctionName: 'orders',
        Qualifier: '7',
        Payload: Buffer.from(CALL.payload),
        LogType: 'Tail',
        InvocationType: 'RequestResponse',
      }),
    );
    sdk.destroy();
    const invoke = createInvokeLambda(connection);
    await invoke(CALL);
    const [theirs, ours, plain] = (await invoke({ ...CALL, qualifier: undefined, logTail: false }), heard).map(
      ({ method, url, headers, body }) => ({
        method,
        url,
        body,
        scope: /Credential=\S+/.exec(headers.authorization ?? '')?.[0],
        ...Object.fromEntries(
          ['host', 'content-length', 'x-amz-invocation-type', 'x-amz-log-type'].map((name) => [name, headers[name]]),
        ),
      }),
    );
    expect(ours).toEqual(theirs);
    expect(plain).toMatchObject({ url: '/2015-03-31/functions/orders/invocations', 'x-amz-log-type': 'None' });
  });

  it('signs path and query as the SDK’s own signer does', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session/+=' };
    const where = { service: 'lambda', region: 'eu-west-1', credentials };
    const headers = { host: 'lambda.eu-west-1.amazonaws.com', 'x-amz-log-type': 'Tail' };
    const path = '/2015-03-31/functions/orders_a-b/invocations';
    const at = Date.parse('2026-11-23T10:00:00Z');
    const theirs = await new SignatureV4({ ...where, sha256: Sha256, applyChecksum: false }).sign(
      {
        method: 'POST',
        protocol: 'https:',
        hostname: headers.host,
        path,
        query: { Qualifier: '7' },
        headers,
        body: '{}',
      },
      { signingDate: new Date(at) },
    );
    expect(createSigner('lambda', where)(headers, '{}', at, { path, query: 'Qualifier=7' })).toEqual(theirs.headers);
  });

  it('gives what the function answers, and what it logged', async () => {
    const headers = {
      'x-amz-executed-version': '7',
      'x-amz-log-result': Buffer.from('START\nein Käse\nEND').toString('base64'),
    };
    const { connection } = await aLambda(200, headers, '{"up": true}');
    const invoked = await createInvokeLambda(connection)(CALL);
    expect(invoked).toMatchObject({
      kind: 'answered',
      statusCode: 200,
      payload: '{"up": true}',
      executedVersion: '7',
      logTail: 'START\nein Käse\nEND',
    });
    expect(invoked).not.toHaveProperty('functionError');
  });

  it('says that the function failed', async () => {
    const { connection } = await aLambda(200, { 'x-amz-function-error': 'Unhandled' }, '{"errorMessage": "no"}');
    expect(await createInvokeLambda(connection)(CALL)).toMatchObject({ functionError: 'Unhandled', logTail: '' });
  });

  it.each([
    [429, 'TooManyRequestsException', '{"Type": "User", "message": "Rate Exceeded."}', 'Rate Exceeded.'],
    [
      404,
      'ResourceNotFoundException:http://x/',
      '{"Type": "User", "Message": "Function not found"}',
      'Function not found',
    ],
    [403, 'AccessDeniedException', '{"Message": "not authorized"}', 'not authorized'],
    [503, 'ServiceException', '<html>', 'ServiceException'],
  ])('tells AWS’s refusal %i by its name, and asks once', async (status, type, body, says) => {
    const { heard, connection } = await aLambda(status, { 'x-amzn-errortype': type }, body);
    expect(await createInvokeLambda(connection)(CALL)).toEqual({
      kind: 'refused',
      name: type.replace(/:.*/, ''),
      says,
    });
    expect(heard).toHaveLength(1);
  });

  it('names a refusal without a name by its status', async () => {
    const { connection } = await aLambda(502, {}, 'bad gateway');
    expect(await createInvokeLambda(connection)(CALL)).toMatchObject({ kind: 'refused', name: 'Status502' });
  });

  it.each(['orders:live', '../orders', 'orders/x', 'arn:aws:lambda:eu-west-1:111122223333:function:orders', ''])(
    'calls nothing under the name %j',
    async (functionName) => {
      const { heard, connection } = await aLambda(200, {}, '{}');
      expect(await createInvokeLambda(connection)({ ...CALL, functionName })).toMatchObject({ kind: 'refused' });
      expect(heard).toEqual([]);
    },
  );

  it('tells what did not answer in time from what could not be asked', async () => {
    const silent = await listenTcp(() => undefined);
    const resets = await listenTcp((socket) => socket.resetAndDestroy());
    open.push(silent, resets);
    const to = (port: number) =>
      createInvokeLambda(connectionTo({ aws: `http://127.0.0.1:${port}`, region: 'eu-west-1' }))({
        ...CALL,
        timeoutMs: 200,
      });
    expect(await to(silent.port)).toEqual({ kind: 'unanswered', says: 'There is no answer after 200 ms' });
    expect(await to(resets.port)).toMatchObject({ kind: 'refused', name: 'NetworkingError' });
  });

  it('reads a megabyte of an answer', async () => {
    const { connection } = await aLambda(200, {}, 'x'.repeat(1_000_001));
    expect(await createInvokeLambda(connection)(CALL)).toMatchObject({ kind: 'unanswered' });
  });

  it('finds Lambda by its region and its partition', async () => {
    const nowhere = { ...connectionTo({ aws: '', region: 'cn-north-1' }), urlSuffix: 'gatehouse.invalid' };
    const { endpoint: _, ...connection } = nowhere;
    expect(await createInvokeLambda(connection)(CALL)).toMatchObject({ says: 'It cannot be reached: ENOTFOUND' });
  });

  it('says nothing secret when it fails', async () => {
    const { connection } = await aLambda(403, {}, 'no');
    const credentials = { accessKeyId: 'x', secretAccessKey: 'canary', sessionToken: 'canary' };
    const failure = await createInvokeLambda({ ...connection, credentials })(CALL);
    expect(inspect(failure, { depth: Infinity, showHidden: true })).not.toContain('canary');
  });
});
