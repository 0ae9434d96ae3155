import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient, QueryCommandOutput } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import type { DueItem, Item, Store } from '../store/store.ts';

/** The sparse index of what is due; only items that have both attributes are in it. */
const DUE_INDEX = 'due';

const number = v.pipe(
  v.object({ N: v.string() }),
  v.transform(({ N }) => Number(N)),
  v.number(),
);
const text = v.pipe(
  v.object({ S: v.string() }),
  v.transform(({ S }) => S),
);
const json = v.pipe(text, v.parseJson());

const StoredItem = v.object({ rev: number, body: json, expiresAt: number });

const DueAttributes = v.object({ pk: text, sk: text, dueAt: number });

/** The table: items as JSON under `body`, beside it what conditions and indexes need. `expiresAt` is its TTL attribute. */
export const createDynamoDbStore = (client: DynamoDBClient, table: string): Store => ({
  read: async (key) => {
    const { Item: stored } = await client.send(
      new GetItemCommand({ TableName: table, Key: attributesOf(key), ConsistentRead: true }),
    );
    if (stored === undefined) {
      return undefined;
    }
    const { rev, body, expiresAt } = v.parse(StoredItem, stored);
    return { key, rev, body, expiresAt: expiresAt * 1000 };
  },

  write: async ({ key, rev, body, due, expiresAt }: Item) => {
    try {
      await client.send(
        new PutItemCommand({
          TableName: table,
          Item: {
            ...attributesOf(key),
            rev: { N: String(rev) },
            body: { S: JSON.stringify(body) },
            // TTL counts in seconds.
            expiresAt: { N: String(Math.ceil(expiresAt / 1000)) },
            ...(due && { dueKind: { S: due.kind }, dueAt: { N: String(due.at) } }),
          },
          ...(rev === 1
            ? { ConditionExpression: 'attribute_not_exists(pk)' }
            : {
                ConditionExpression: 'rev = :before',
                ExpressionAttributeValues: { ':before': { N: String(rev - 1) } },
              }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        return false;
      }
      throw error;
    }
  },

  due: async (kind, now, limit) => {
    const found: DueItem[] = [];
    let from: QueryCommandOutput['LastEvaluatedKey'];
    do {
      const page: QueryCommandOutput = await client.send(
        new QueryCommand({
          TableName: table,
          IndexName: DUE_INDEX,
          KeyConditionExpression: 'dueKind = :kind AND dueAt <= :now',
          ExpressionAttributeValues: { ':kind': { S: kind }, ':now': { N: String(now) } },
          Limit: limit - found.length,
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      for (const { pk, sk, dueAt } of v.parse(v.array(DueAttributes), page.Items ?? [])) {
        found.push({ key: { pk, sk }, at: dueAt });
      }
      from = page.LastEvaluatedKey;
    } while (from !== undefined && found.length < limit);
    return found;
  },
});

const attributesOf = ({ pk, sk }: Item['key']) => ({ pk: { S: pk }, sk: { S: sk } });
