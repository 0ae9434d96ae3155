import * as v from 'valibot';
import type { JsonValue } from '../../shared/validation/json-value.ts';
import { secretsIn } from '../config/secret-literals.ts';
import { Json } from './suite-yml.ts';

/** Reads a file by its path from the one that names it; undefined when it cannot be read. */
export type ReadFile = (path: string) => string | undefined;

type Payload =
  { readonly kind: 'read'; readonly value: JsonValue } | { readonly kind: 'refused'; readonly says: string };

const refused = (says: string): Payload => ({ kind: 'refused', says });

/** What a file holds that a check sends. */
export const readPayload = (path: string, readFile: ReadFile | undefined): Payload => {
  if (!/^(?:\.\/)?[\w@.-]+(?:\/[\w@.-]+)*\.json$/.test(path) || path.split('/').includes('..')) {
    return refused('is not the path of a .json file beside this one or in a folder there');
  }
  const text = readFile?.(path);
  if (text === undefined) {
    return refused('there is no such file');
  }
  if (secretsIn(text).length > 0) {
    return refused('holds what looks like a secret, which has no place there: use ${secret:name} in a payload');
  }
  const keys = new Set<string>();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, (key, value: unknown) => {
      keys.add(key);
      return value;
    });
  } catch {
    return refused('holds no JSON');
  }
  if (['__proto__', 'prototype', 'constructor'].some((key) => keys.has(key))) {
    return refused('holds a key that cannot be one: every object has something of that name');
  }
  const { success, output, issues } = v.safeParse(Json, parsed);
  return success ? { kind: 'read', value: output } : refused(issues[0].message);
};
