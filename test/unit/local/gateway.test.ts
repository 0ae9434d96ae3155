import { afterEach, describe, expect, it } from 'vitest';
import { startGateway } from '../../../local/aws/gateway.ts';
import type { AnsweredCall } from '../../../local/aws/gateway.ts';
import { answer, jsonService, signedHeaders } from '../../../local/aws/service.ts';

let close = (): Promise<void> => Promise.resolve();

afterEach(() => close());

describe('the endpoint of the local AWS', () => {
  it('tells of each call which service it was for, which operation, and what it came to', async () => {
    const calls: AnsweredCall[] = [];
    const service = jsonService(new Map([['GetItem', () => answer({})]]));
    const gateway = await startGateway({
      port: 0,
      services: new Map([
        ['dynamodb', service],
        ['sns', service],
        ['lambda', service],
        ['monitoring', service],
      ]),
      onCall: (call) => calls.push(call),
    });
    ({ close } = gateway);
    await fetch(gateway.url, {
      method: 'POST',
      headers: { ...signedHeaders('dynamodb'), 'x-amz-target': 'DynamoDB_20120810.GetItem' },
      body: '{}',
    });
    await fetch(gateway.url, { method: 'POST', body: new URLSearchParams({ Action: 'Publish' }) });
    await fetch(gateway.url, { method: 'POST', headers: signedHeaders('s3'), body: '' });
    for (const [name, path] of [
      ['lambda', '2015-03-31/functions/orders/invocations?Qualifier=2'],
      ['monitoring', 'service/GraniteServiceVersion20100801/operation/DescribeAlarms'],
      ['lambda', '2015-03-31/functions/orders/policy'],
    ] as const) {
      await fetch(`${gateway.url}/${path}`, { method: 'POST', headers: signedHeaders(name), body: '{}' });
    }
    expect(calls).toEqual([
      { service: 'dynamodb', operation: 'GetItem', status: 200 },
      { service: 'sns', operation: 'Publish', status: 400 },
      { service: 'lambda', operation: 'Invoke', status: 400 },
      { service: 'monitoring', operation: 'DescribeAlarms', status: 400 },
      { service: 'lambda', operation: '', status: 400 },
    ]);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('breaks the connection %s a call takes effect, where it is to go wrong', async (drop, effects) => {
    const calls: AnsweredCall[] = [];
    let put = 0;
    const putItem = () => {
      put += 1;
      return answer({});
    };
    const gateway = await startGateway({
      port: 0,
      services: new Map([
        [
          'dynamodb',
          jsonService(
            new Map([
              ['PutItem', putItem],
              ['GetItem', () => answer({})],
            ]),
          ),
        ],
      ]),
      onCall: (call) => calls.push(call),
      faultOf: ({ operation }) => (operation === 'PutItem' ? { drop } : undefined),
    });
    ({ close } = gateway);
    const ask = (operation: string) =>
      fetch(gateway.url, {
        method: 'POST',
        headers: { ...signedHeaders('dynamodb'), 'x-amz-target': `DynamoDB_20120810.${operation}` },
        body: '{}',
      });
    await expect(ask('PutItem')).rejects.toThrow('fetch failed');
    expect(put).toBe(effects);
    expect((await ask('GetItem')).status).toBe(200);
    expect(calls).toEqual([
      { service: 'dynamodb', operation: 'PutItem', status: effects === 0 ? undefined : 200 },
      { service: 'dynamodb', operation: 'GetItem', status: 200 },
    ]);
  });
});
