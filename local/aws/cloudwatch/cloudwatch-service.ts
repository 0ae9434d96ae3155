import { cbor, dateToTag } from '@smithy/core/cbor';
import { isList, isRecord } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { callerOf, jsonService, reply } from '../service.ts';
import type { Operation, Service, ServiceReply, ServiceRequest } from '../service.ts';

/**
 * CloudWatch in the two protocols that its clients speak: JSON, and CBOR as newer SDKs and the AWS CLI do.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */
export const createCloudWatchService = (operations: ReadonlyMap<string, Operation>): Service => {
  const inJson = jsonService(
    new Map(
      [...operations].map(([name, operation]): [string, Operation] => [
        name,
        async (input, caller) => {
          const outcome = await operation(input, caller);
          return outcome.kind === 'answer' ? { ...outcome, body: secondsIn(outcome.body) } : outcome;
        },
      ]),
    ),
  );
  return (request) =>
    request.headers['smithy-protocol'] === 'rpc-v2-cbor' ? inCbor(operations, request) : inJson(request);
};

const inCbor = async (
  operations: ReadonlyMap<string, Operation>,
  { path, headers, bytes = NOTHING }: ServiceRequest,
): Promise<ServiceReply> => {
  const [, name = ''] = /^\/service\/GraniteServiceVersion20100801\/operation\/(\w+)$/.exec(path) ?? [];
  const operation = operations.get(name);
  if (operation === undefined) {
    return refuseInCbor('UnknownOperationException', `It has ${[...operations.keys()].join(', ')}.`);
  }
  const input: unknown = bytes.length === 0 ? {} : readTimes(cbor.deserialize(bytes));
  if (!isRecord(input)) {
    return refuseInCbor('SerializationException', 'The body is not a map.');
  }
  const outcome = await operation(input, callerOf(headers));
  return outcome.kind === 'answer'
    ? { ...reply(200, CBOR_HEADERS, ''), bytes: cbor.serialize(tagTimes(outcome.body)) }
    : refuseInCbor(outcome.code, outcome.message);
};

const NOTHING = new Uint8Array();

const CBOR_HEADERS = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' } as const;

/** Clients that once spoke the query protocol look at the header for the code. */
const refuseInCbor = (code: string, message: string): ServiceReply => ({
  ...reply(400, { ...CBOR_HEADERS, 'x-amzn-query-error': `${code};Sender` }, ''),
  bytes: cbor.serialize({ __type: `com.amazonaws.cloudwatch#${code}`, message }),
});

/** Goes through all of a value. */
const mapped = (value: unknown, change: (value: unknown) => unknown): unknown => {
  const changed = change(value);
  if (changed !== value) {
    return changed;
  }
  if (isList(value)) {
    return value.map((each) => mapped(each, change));
  }
  return isRecord(value)
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapped(each, change)]))
    : value;
};

const tagTimes = (body: JsonRecord): unknown =>
  mapped(body, (value) => (value instanceof Date ? dateToTag(value) : value));

/** Tag 1 is a time in epoch seconds. */
const readTimes = (input: unknown): unknown =>
  mapped(input, (value) => (isRecord(value) && value['tag'] === 1 && 'value' in value ? value['value'] : value));

const secondsIn = (body: JsonRecord): JsonRecord => {
  const told = mapped(body, (value) => (value instanceof Date ? value.getTime() / 1000 : value));
  return isRecord(told) ? told : {};
};
