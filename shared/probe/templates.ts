import type { JsonValue } from '../validation/json-value.ts';
import { isList, isRecord, ownValue } from './json.ts';

/** The value of a secret by the name that suites use. Rejects when there is none. */
export type SecretOf = (name: string) => Promise<string>;

/** What templates may name where they stand. */
export type Scope = {
  readonly variables: Readonly<Record<string, string>>;
  /** What earlier steps found, by their ids. */
  readonly steps?: ReadonlyMap<string, JsonValue>;
  /** Left out where no secret may stand. */
  readonly secret?: SecretOf | undefined;
  /** Told of each value that was carried over from an earlier step. */
  readonly carried?: (value: string) => void;
};

type Filled = { readonly from: 'variable' | 'step' | 'secret'; readonly name: string; readonly value: JsonValue };

const TEMPLATE = /\$\{([^{}]*)\}/g;

const WHOLE = /^\$\{([^{}]*)\}$/;

/** What the run gives: names in a deployment, which are of strangers. All others are the suite's own. */
const OF_THE_RUN =
  /^(?:(?:deployment|execution)\.id|application|group|cluster|service|pipeline(?:\.(?:stage|action))?|hook|region|account|function\.(?:name|alias)|(?:old|new)\.(?:version|weight|taskSet|targetGroup|revision|taskDefinition))$/;

/** A text with its templates filled in. Rejects when it names what is not there. */
export const fillText = async (text: string, scope: Scope): Promise<string> => {
  let filled = '';
  let at = 0;
  for (const match of text.matchAll(TEMPLATE)) {
    filled += text.slice(at, match.index) + textOf((await lookUp(match[1] ?? '', scope)).value);
    at = match.index + match[0].length;
  }
  return filled + text.slice(at);
};

/** JSON with the templates in its texts filled in: a text that is nothing but a value of an earlier step becomes that value. */
export const fillJson = async (value: JsonValue, scope: Scope): Promise<JsonValue> => {
  if (typeof value === 'string') {
    const name = WHOLE.exec(value)?.[1];
    return name === undefined ? fillText(value, scope) : (await lookUp(name, scope)).value;
  }
  if (isList(value)) {
    return Promise.all(value.map((item) => fillJson(item, scope)));
  }
  if (isRecord(value)) {
    const entries = Object.entries(value).map(async ([key, item]) => [key, await fillJson(item, scope)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }
  return value;
};

/**
 * A URL with its templates filled in. Whatever is filled in stays what it is, one part of a path or of a query, but where a
 * variable is in the place of the host, or where one of the suite's own begins the URL.
 */
export const fillUrl = async (text: string, scope: Scope): Promise<string> => {
  let url = '';
  let at = 0;
  for (const match of text.matchAll(TEMPLATE)) {
    url += text.slice(at, match.index);
    url += urlPartOf(url, await lookUp(match[1] ?? '', scope));
    at = match.index + match[0].length;
  }
  return url + text.slice(at);
};

const HOST_SO_FAR = /^https?:\/\/[^/?#\\]*$/i;

const urlPartOf = (before: string, { from, name, value }: Filled): string => {
  const text = textOf(value);
  if (before === '') {
    if (from !== 'variable' || OF_THE_RUN.test(name) || !/^https?:\/\//i.test(text)) {
      throw new Error(`A URL cannot begin with \${${name}}: only a variable of the suite’s own with a URL may`);
    }
    return text;
  }
  if (HOST_SO_FAR.test(before)) {
    if (from !== 'variable' || !/^[a-z\d.-]+$/i.test(text)) {
      throw new Error(`\${${name}} cannot be a part of a host’s name`);
    }
    return text;
  }
  const encoded = encodeURIComponent(text.toWellFormed());
  // They would lead to another place, however they are written.
  if (/^\.+$/.test(encoded)) {
    throw new Error(`\${${name}} is nothing but dots, which cannot be in a URL`);
  }
  return encoded;
};

const lookUp = async (name: string, scope: Scope): Promise<Filled> => {
  const secret = /^secret:(.*)$/.exec(name)?.[1];
  if (secret !== undefined) {
    if (scope.secret === undefined) {
      throw new Error(`A secret may be in headers, bodies and payloads only: \${${name}}`);
    }
    return { from: 'secret', name, value: await scope.secret(secret) };
  }
  const variable = ownValue(scope.variables, name);
  if (variable !== undefined) {
    return { from: 'variable', name, value: variable };
  }
  const [step = '', ...path] = name.split('.');
  const found = path.reduce<JsonValue | undefined>(
    (value, key) => (value === undefined ? undefined : partOf(value, key)),
    scope.steps?.get(step),
  );
  if (found === undefined) {
    throw new Error(`There is nothing for \${${name}}`);
  }
  scope.carried?.(textOf(found));
  return { from: 'step', name, value: found };
};

const partOf = (value: JsonValue, key: string): JsonValue | undefined => {
  if (isList(value)) {
    return /^\d{1,9}$/.test(key) ? value[Number(key)] : undefined;
  }
  return isRecord(value) ? ownValue(value, key) : undefined;
};

const textOf = (value: JsonValue): string => (typeof value === 'string' ? value : JSON.stringify(value));
