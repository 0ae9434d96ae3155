import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { DueItem, Item, Store } from '../store/store.ts';
import type { AwsClient } from './aws-client.ts';

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

const Read = v.object({ Item: v.optional(StoredItem) });

const Page = v.object({
  Items: v.array(v.object({ pk: text, sk: text, dueAt: number })),
  LastEvaluatedKey: v.optional(v.record(v.string(), v.unknown())),
});

/** The table: items as JSON under `body`, beside it what conditions and indexes need. `expiresAt` is its TTL attribute. */
export const createDynamoDbStore = (dynamoDb: AwsClient, table: string): Store => ({
  read: async (key) => {
    const asked = { TableName: table, Key: attributesOf(key), ConsistentRead: true };
    const { Item: stored } = v.parse(Read, await dynamoDb('GetItem', asked));
    return stored && { ...stored, key, expiresAt: stored.expiresAt * 1000 };
  },

  write: async ({ key, rev, body, due, expiresAt }: Item) => {
    try {
      await dynamoDb('PutItem', {
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
      });
      return true;
    } catch (error) {
      if (asError(error).name === 'ConditionalCheckFailedException') {
        return false;
      }
      throw error;
    }
  },

  due: async (kind, now, limit) => {
    const found: DueItem[] = [];
    let from: unknown;
    do {
      const asked = {
        TableName: table,
        IndexName: DUE_INDEX,
        KeyConditionExpression: 'dueKind = :kind AND dueAt <= :now',
        ExpressionAttributeValues: { ':kind': { S: kind }, ':now': { N: String(now) } },
        Limit: limit - found.length,
        ExclusiveStartKey: from,
      };
      const { Items, LastEvaluatedKey } = v.parse(Page, await dynamoDb('Query', asked));
      for (const { pk, sk, dueAt } of Items) {
        found.push({ key: { pk, sk }, at: dueAt });
      }
      from = LastEvaluatedKey;
    } while (from !== undefined && found.length < limit);
    return found;
  },
});

const attributesOf = ({ pk, sk }: Item['key']) => ({ pk: { S: pk }, sk: { S: sk } });
