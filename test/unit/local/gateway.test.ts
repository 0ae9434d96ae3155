import { afterEach, describe, expect, it } from 'vitest';
import { startGateway } from '../../../local/aws/gateway.ts';
import type { AwsCall } from '../../../local/aws/gateway.ts';
import { answer, jsonService, signedHeaders } from '../../../local/aws/service.ts';

let close = (): Promise<void> => Promise.resolve();

afterEach(() => close());

describe('the endpoint of the local AWS', () => {
  it('tells of each call which service it was for, and which operation', async () => {
    const calls: AwsCall[] = [];
    const service = jsonService(new Map([['GetItem', () => answer({})]]));
    const gateway = await startGateway({
      port: 0,
      services: new Map([
        ['dynamodb', service],
        ['sns', service],
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
    expect(calls).toEqual([
      { service: 'dynamodb', operation: 'GetItem' },
      { service: 'sns', operation: 'Publish' },
    ]);
  });
});
