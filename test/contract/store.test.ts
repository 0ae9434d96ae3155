import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, beforeAll, describe } from 'vitest';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { connectionTo } from '../support/stack.ts';
import { keepsTheStoreContract } from './store-contract.ts';

describe('the store in memory', () => {
  keepsTheStoreContract(() =>
    Promise.resolve(createMemoryStore(createMemoryTable(), (_operation, effect) => Promise.resolve(effect()))),
  );
});

describe('the store in DynamoDB', () => {
  const server = dynalite({ createTableMs: 0 });
  let connection: ReturnType<typeof connectionTo>;
  let client: DynamoDBClient;
  let tables = 0;

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    connection = connectionTo({ aws: `http://127.0.0.1:${port}`, region: 'us-east-1' });
    client = new DynamoDBClient(connection);
  });

  afterAll(async () => {
    client.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  keepsTheStoreContract(async () => {
    tables += 1;
    const table = `table-${tables}`;
    await client.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
          { AttributeName: 'dueKind', AttributeType: 'S' },
          { AttributeName: 'dueAt', AttributeType: 'N' },
        ],
        GlobalSecondaryIndexes: [
          {
            IndexName: 'due',
            KeySchema: [
              { AttributeName: 'dueKind', KeyType: 'HASH' },
              { AttributeName: 'dueAt', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      }),
    );
    // A table is there a moment after it was made.
    while ((await client.send(new DescribeTableCommand({ TableName: table }))).Table?.TableStatus !== 'ACTIVE') {
      await wait(5);
    }
    return createDynamoDbStore(createAwsClient('dynamodb', connection), table);
  });
});
