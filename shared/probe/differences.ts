import type { JsonValue } from '../validation/json-value.ts';
import { isList, isRecord, ownValue, parseJson } from './json.ts';

const MOST = 50;

/** Nobody reads further down, and what is deeper may be made to break us. */
const DEEPEST = 200;

/**
 * Where two answers differ, as paths, at most fifty of them. Keys that are ignored are so at whatever depth. A text that is
 * an object or a list in JSON is compared as what it says: so functions answer HTTP.
 */
export const differencesOf = (
  old: JsonValue | undefined,
  other: JsonValue | undefined,
  ignore: readonly string[],
  path: string,
): readonly string[] => {
  const found: string[] = [];
  const look = (a: JsonValue | undefined, b: JsonValue | undefined, at: string, depth: number): void => {
    if (found.length >= MOST || a === b) {
      return;
    }
    const [left, right] = typeof a === 'string' && typeof b === 'string' ? [opened(a), opened(b)] : [a, b];
    if (depth < DEEPEST && isList(left) && isList(right)) {
      for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
        look(left[index], right[index], `${at}[${index}]`, depth + 1);
      }
    } else if (depth < DEEPEST && isRecord(left) && isRecord(right)) {
      for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
        if (!ignore.includes(key)) {
          look(ownValue(left, key), ownValue(right, key), `${at}.${key}`, depth + 1);
        }
      }
    } else if (left !== right) {
      found.push(at);
    }
  };
  look(old, other, path, 0);
  return found;
};

const opened = (text: string): JsonValue => (/^\s*[[{]/.test(text) ? (parseJson(text) ?? text) : text);
