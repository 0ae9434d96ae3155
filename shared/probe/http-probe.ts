import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { LookupFunction } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { ZlibOptions } from 'node:zlib';
import { exchange } from '../https/exchange.ts';
import type { Answered, NotAnswered } from '../https/exchange.ts';
import type { JsonValue } from '../validation/json-value.ts';
import type { HttpProbe, HttpStep } from '../validation/suite.ts';
import type { Finding, Judgement, Task } from './finding.ts';
import { parseJson } from './json.ts';
import { quoteAnswer } from './quote.ts';
import { fillJson, fillText, fillUrl } from './templates.ts';
import type { Scope } from './templates.ts';
import { judgeAddresses, judgeRedirect, judgeUrl } from './url-policy.ts';
import type { JudgedUrl, Reach } from './url-policy.ts';

/** All addresses of a host. Rejects when it has none. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Asks as everything else on this machine does. */
export const resolveHost: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

/** The network as a probe sees it. */
export type Net = Reach & {
  readonly resolve: Resolve;
  /** Hosts of the local stack: at which loopback address each is. */
  readonly localHosts?: Readonly<Record<string, string>> | undefined;
  /** Leads an address that was checked to where a test listens. */
  readonly lead?: (address: string) => string;
};

const MOST_BYTES = 1_000_000;
const MOST_UNZIPPED = 10_000_000;

/** Shorter ones are in too many texts to be taken out of all of them. */
const SHORTEST_CARRIED = 6;

/** Takes a sample by its steps, one after the other, until one does not do what it should. */
export const sampleHttp = async (probe: HttpProbe, task: Task, net: Net): Promise<Finding> => {
  const until = performance.now() + task.timeoutMs;
  const found = new Map<string, JsonValue>();
  const scope: Scope = {
    variables: task.variables,
    steps: found,
    carried: (value) => {
      // It may be a token that was given to us alone.
      if (value.length >= SHORTEST_CARRIED) {
        task.keepSecret(value);
      }
    },
  };
  const last = probe.steps.at(-1);
  let judged: Judgement | undefined;
  for (const step of probe.steps) {
    const name = probe.steps.length === 1 ? '' : `${step.id}: `;
    const { method, url, answer } = await askStep(step, { ...scope, secret: task.secret }, net, until);
    if (answer.kind !== 'answered') {
      return {
        outcome: answer.kind === 'unreachable' ? 'error' : 'fail',
        says: `${name}${answer.says}`,
        evidence: `${method} ${url.href}\n${answer.says}`,
      };
    }
    const text = answer.body.toString();
    const seen: JsonValue = {
      status: answer.status,
      headers: answer.headers,
      body: bodyOf(text, answer.headers['content-type'] ?? ''),
      timings: answer.timings,
      url: url.href,
    };
    found.set(step.id, seen);
    const expect = task.check.expect.filter((assertion) => (assertion.step ?? last?.id) === step.id);
    if (expect.length === 0) {
      judged = judgeStatus(answer.status, step === last ? 299 : mostStatusOf(step));
    } else {
      const { judgeAll } = await import('./assertions.ts');
      judged = await judgeAll(expect, seen, (value) => fillJson(value, scope));
    }
    if (!judged.holds) {
      return {
        outcome: 'fail',
        ...judged.told,
        says: `${name}${judged.told.says}`,
        evidence: [
          `${method} ${url.href}`,
          `status ${answer.status} after ${answer.timings.total} ms`,
          ...quoteAnswer(text, answer.headers['content-type'] ?? 'no content-type', task.conceal),
        ].join('\n'),
      };
    }
  }
  if (judged === undefined) {
    throw new Error('It has no steps');
  }
  return { outcome: 'pass', ...judged.told };
};

const mostStatusOf = ({ redirect }: HttpStep): number => (redirect === 'manual' ? 399 : 299);

const judgeStatus = (status: number, most: number): Judgement => {
  const expected = most < 300 ? '2xx' : '2xx or 3xx';
  return {
    holds: status >= 200 && status <= most,
    told: { says: `status is ${status}, expected ${expected}`, value: String(status), expected },
  };
};

const bodyOf = (text: string, contentType: string): JsonValue => {
  const isJson = /\bjson\b/i.test(contentType) || /^\s*[[{]/.test(text);
  const value = isJson ? parseJson(text) : undefined;
  return value === undefined ? text : value;
};

type AskedStep = {
  readonly method: string;
  /** That of the last redirect. */
  readonly url: URL;
  readonly answer: (Omit<Answered, 'timings'> & { readonly timings: Timings }) | NotAnswered;
};

/** In milliseconds; `total` with all redirects, the others of the last one. */
type Timings = { readonly dns: number; readonly connect: number; readonly firstByte: number; readonly total: number };

type Hop = { readonly method: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string };

/** Asks what a step asks, and follows redirects as far as it may. Rejects with what is not the fault of whoever is asked. */
const askStep = async (step: HttpStep, scope: Scope, net: Net, until: number): Promise<AskedStep> => {
  const began = performance.now();
  let hop: Hop = await hopOf(step, scope);
  let { url, host } = allowed(judgeUrl(await fillUrl(step.url, { ...scope, secret: undefined }), net));
  for (let hops = 0; ; hops += 1) {
    const before = performance.now();
    const way = await wayTo(host, net);
    const dns = Math.round(performance.now() - before);
    const timeoutMs = Math.ceil(until - performance.now());
    if (timeoutMs < 1) {
      throw new Error(`Its time was over before ${host} could be asked`);
    }
    const answer = await exchange(url, { ...hop, ...way, timeoutMs, mostBytes: MOST_BYTES });
    const { method } = hop;
    if (answer.kind !== 'answered') {
      return { method, url, answer };
    }
    const { location } = answer.headers;
    if (!REDIRECTS.has(answer.status) || location === undefined || step.redirect === 'manual') {
      const timings = { ...answer.timings, dns, total: Math.round(performance.now() - began) };
      const whole = await unzip(answer);
      return { method, url, answer: whole.kind === 'answered' ? { ...whole, timings } : whole };
    }
    if (step.redirect === 'error') {
      const says = `It answers with a redirect (status ${answer.status}), which this check does not take`;
      return { method, url, answer: { kind: 'unusable', says } };
    }
    const next = allowed(judgeRedirect(url, location, hops, net));
    hop = redirected(hop, answer.status, next.url.origin === url.origin);
    ({ url, host } = next);
  }
};

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

const allowed = (judged: JudgedUrl): Extract<JudgedUrl, { kind: 'allowed' }> => {
  if (judged.kind === 'refused') {
    throw new Error(`The URL ${judged.says}`);
  }
  return judged;
};

/** As browsers do it; and what was meant for one host is not given to another. */
const redirected = ({ method, headers, body }: Hop, status: number, isSameOrigin: boolean): Hop => {
  const isAskedAnew = method !== 'HEAD' && (status === 303 || (method === 'POST' && status < 303));
  const kept = isAskedAnew ? undefined : body;
  if (kept !== undefined && !isSameOrigin) {
    throw new Error('The URL is redirected, with what is sent, to another host');
  }
  const { 'content-type': _type, ...others } = headers;
  return {
    method: isAskedAnew ? 'GET' : method,
    headers: isSameOrigin ? (kept === undefined ? others : headers) : OWN_HEADERS,
    ...(kept !== undefined && { body: kept }),
  };
};

const OWN_HEADERS = { 'user-agent': 'Gatehouse', accept: '*/*', 'accept-encoding': 'gzip' } as const;

/** Where a request goes and how its answer ends is not for a suite to say. */
const NOT_TO_BE_SET =
  /^(?:host|connection|content-length|transfer-encoding|accept-encoding|keep-alive|upgrade|expect|te|trailer|proxy-.*)$/;

const hopOf = async ({ method, headers, body }: HttpStep, scope: Scope): Promise<Hop> => {
  const own = await Promise.all(
    Object.entries(headers).map(async ([name, value]) => [name.toLowerCase(), await fillText(value, scope)] as const),
  );
  const wrong = own.find(([name]) => NOT_TO_BE_SET.test(name));
  if (wrong !== undefined) {
    throw new Error(`The header ${wrong[0]} cannot be set`);
  }
  return {
    method,
    headers: {
      ...OWN_HEADERS,
      ...(body?.kind === 'json' && { 'content-type': 'application/json' }),
      ...Object.fromEntries(own),
    },
    ...(body !== undefined && {
      body: body.kind === 'json' ? JSON.stringify(await fillJson(body.value, scope)) : await fillText(body.text, scope),
    }),
  };
};

/** How to connect to a host that may be asked: its addresses are looked up once, and no other is connected to. */
const wayTo = async (
  host: string,
  net: Net,
): Promise<{ readonly lookup: LookupFunction; readonly plainPort: number | undefined }> => {
  const local = net.localHosts !== undefined && Object.hasOwn(net.localHosts, host) ? net.localHosts[host] : undefined;
  if (local !== undefined) {
    return { lookup: pinned(['127.0.0.1']), plainPort: Number(new URL(local).port) };
  }
  const addresses = isIP(host) === 0 ? await addressesOf(host, net) : [host];
  const refusal = judgeAddresses(host, addresses, net);
  if (refusal !== undefined) {
    throw new Error(refusal);
  }
  return { lookup: pinned(addresses.map(net.lead ?? String)), plainPort: undefined };
};

const addressesOf = async (host: string, net: Net): Promise<readonly string[]> => {
  try {
    return await net.resolve(host);
  } catch {
    throw new Error(`${host} cannot be resolved`);
  }
};

const pinned =
  (addresses: readonly string[]): LookupFunction =>
  (_host, { all }, callback) => {
    const found = addresses.map((address) => ({ address, family: isIP(address) }));
    const [first] = found;
    if (all === true || first === undefined) {
      callback(null, found);
    } else {
      callback(null, first.address, first.family);
    }
  };

const gunzipped = promisify<Buffer, ZlibOptions, Buffer>(gunzip);

const unzip = async (answer: Answered): Promise<Answered | NotAnswered> => {
  const encoding = answer.headers['content-encoding']?.toLowerCase() ?? 'identity';
  if (encoding === 'identity' || answer.body.length === 0) {
    return answer;
  }
  if (encoding !== 'gzip') {
    return { kind: 'unusable', says: 'It answers in an encoding that it was not asked for' };
  }
  try {
    return { ...answer, body: await gunzipped(answer.body, { maxOutputLength: MOST_UNZIPPED }) };
  } catch {
    return {
      kind: 'unusable',
      says: `It answers with gzip that cannot be read, or with more than ${MOST_UNZIPPED} bytes`,
    };
  }
};
