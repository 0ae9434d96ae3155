import type { JsonValue } from '../validation/json-value.ts';

/** What a text says as JSON; undefined when it is none. */
export const parseJson = (text: string): JsonValue | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Whether it is a list. */
export const isList = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

/** Whether it is an object, with keys. */
export const isRecord = (value: JsonValue | undefined): value is JsonRecord =>
  typeof value === 'object' && value !== null && !isList(value);

/** An object of JSON's. */
export type JsonRecord = Readonly<Record<string, JsonValue>>;

/** What an object itself has under a key, and nothing that it inherits. */
export const ownValue = (record: JsonRecord, key: string): JsonValue | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;

/** There is nothing else that a parser of JSON gives. */
const isJson = (value: unknown): value is JsonValue => value !== undefined;
