import { setTimeout as wait } from 'node:timers/promises';
import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';
import type { JsonRecord } from '../json.ts';
import { isList, isRecord, own } from '../json.ts';
import { refuseInJson, signedHeaders } from './service.ts';
import type { Service, ServiceReply } from './service.ts';

/** DynamoDB in this process. */
export type EmbeddedTables = {
  readonly service: Service;
  /** Makes a table of an AWS::DynamoDB::Table's properties. */
  readonly createTable: (name: string, properties: JsonRecord) => Promise<void>;
};

/** Starts a DynamoDB that keeps its tables in memory; it listens nowhere and holds no handle. */
export const createEmbeddedTables = (): EmbeddedTables => {
  const server = dynalite({ createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  const service: Service = ({ headers, body }) =>
    new Promise((resolve) => {
      // Handed over in person: dynalite throws from its listeners on an aborted connection, which would end the process.
      const request = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: { ...headers, ...signedHeaders('dynamodb') },
      });
      const told: Record<string, string> = {};
      const response = {
        statusCode: 200,
        setHeader: (name: string, value: string | number) => {
          told[name.toLowerCase()] = String(value);
        },
        end: (text = '') => {
          resolve({ status: response.statusCode, headers: told, body: text });
        },
      };
      try {
        server.emit('request', request, response);
        request.emit('data', Buffer.from(body));
        request.emit('end');
      } catch (error) {
        resolve(refuseInJson('InternalServerError', error instanceof Error ? error.message : 'Failed', 500));
      }
    });
  return {
    service,
    createTable: async (name, properties) => {
      const call = (operation: string, input: JsonRecord) =>
        service({
          service: 'dynamodb',
          method: 'POST',
          path: '/',
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
          body: JSON.stringify({ ...input, TableName: name }),
        });
      const made: ServiceReply = await call('CreateTable', understood(properties));
      if (made.status !== 200) {
        throw new Error(`Cannot create the table ${name}: ${made.body}`);
      }
      // A table is there a moment after it was made.
      while (!(await call('DescribeTable', {})).body.includes('"TableStatus":"ACTIVE"')) {
        await wait(5);
      }
    },
  };
};

const TABLE_KEYS = ['AttributeDefinitions', 'KeySchema', 'BillingMode', 'ProvisionedThroughput'] as const;
const INDEX_KEYS = ['IndexName', 'KeySchema', 'Projection', 'ProvisionedThroughput'] as const;
const INDEX_LISTS = ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'] as const;

/** What of a table's properties dynalite takes. The rest (recovery, encryption, expiry, tags) changes no answer here. */
const understood = (properties: JsonRecord): JsonRecord => {
  const indexes = INDEX_LISTS.flatMap((key) => {
    const list = own(properties, key);
    return isList(list) ? [[key, list.filter(isRecord).map((index) => pick(index, INDEX_KEYS))] as const] : [];
  });
  return { ...pick(properties, TABLE_KEYS), ...Object.fromEntries(indexes) };
};

const pick = (record: JsonRecord, keys: readonly string[]): JsonRecord =>
  Object.fromEntries(keys.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key]]));
