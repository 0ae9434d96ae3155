import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

/** An answer, whole and within its bounds. Names of headers are in lower case. */
export type Answered = {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Milliseconds from the begin until each was there. */
  readonly timings: { readonly connect: number; readonly firstByte: number; readonly total: number };
};

/**
 * No answer. `unreachable`: by no fault of whoever was asked; `refused`: there was no connection; `broken`: it failed;
 * `late`: there was one, and time; `unusable`: there is an answer, out of all bounds.
 */
export type NotAnswered = {
  readonly kind: 'unreachable' | 'refused' | 'broken' | 'late' | 'unusable';
  readonly says: string;
};

export type ExchangeOptions = {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Gives the addresses to connect to; of a host that is an address itself it is not asked. */
  readonly lookup?: LookupFunction | undefined;
  /** Where to connect to instead of the URL's own port, and without TLS. */
  readonly plainPort?: number | undefined;
  readonly timeoutMs: number;
  readonly mostBytes: number;
};

const CONNECT_MS = 5_000;
const HEADERS_MS = 30_000;
const MOST_HEADERS = 100;
const MOST_HEADER_BYTES = 16_384;
const MOST_HINTS = 10;

/** What the machine we are on may do wrong, or the network between. */
const OUR_FAULTS: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENETDOWN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOBUFS',
]);

/**
 * One request over a connection of its own, through no proxy, that takes no more than its time and its bytes, whatever
 * answers. Rejects when the request itself cannot be written.
 */
export const exchange = (url: URL, options: ExchangeOptions): Promise<Answered | NotAnswered> =>
  new Promise((resolve) => {
    const { method, headers, body, lookup, plainPort, timeoutMs, mostBytes } = options;
    const began = performance.now();
    const since = () => Math.round(performance.now() - began);
    let connect = 0;
    const request = (plainPort === undefined && url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method,
      headers: {
        host: url.host,
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
      // One that is kept may lead to where the name has pointed before, and the global one obeys the environment's proxies.
      agent: false,
      rejectUnauthorized: true,
      insecureHTTPParser: false,
      maxHeaderSize: MOST_HEADER_BYTES,
      protocol: plainPort === undefined ? url.protocol : 'http:',
      ...(plainPort !== undefined && { port: plainPort }),
      ...(lookup && { lookup }),
    });
    request.maxHeadersCount = MOST_HEADERS + 1;
    const timers = new Set<NodeJS.Timeout>();
    const end = (result: Answered | NotAnswered) => {
      timers.forEach(clearTimeout);
      request.destroy();
      resolve(result);
    };
    const unusable = (says: string) => {
      end({ kind: 'unusable', says });
    };
    const after = (ms: number, kind: 'late' | 'refused', says: string) => {
      const timer = setTimeout(() => {
        end({ kind, says });
      }, ms);
      timers.add(timer);
      return () => {
        timers.delete(timer);
        clearTimeout(timer);
      };
    };
    const connectMs = Math.min(CONNECT_MS, timeoutMs);
    const connected = after(connectMs, 'refused', `There is no connection after ${connectMs} ms`);
    const headersMs = Math.min(HEADERS_MS, timeoutMs);
    const begun = after(headersMs, 'late', `There is no answer after ${headersMs} ms`);
    after(timeoutMs, 'late', `The answer has not ended after ${timeoutMs} ms`);
    let hints = 0;
    request
      .on('socket', (socket) => {
        const ready = plainPort === undefined && url.protocol === 'https:' ? 'secureConnect' : 'connect';
        socket.once(ready, () => {
          connect = since();
          connected();
        });
      })
      .on('information', () => {
        hints += 1;
        if (hints > MOST_HINTS) {
          unusable(`It answers with more than ${MOST_HINTS} provisional answers`);
        }
      })
      .on('upgrade', (_response, socket) => {
        socket.destroy();
        unusable('It answers with another protocol');
      })
      .on('error', (error) => {
        end(describeTrouble(error));
      })
      .on('response', (response) => {
        const firstByte = since();
        begun();
        if (response.rawHeaders.length > 2 * MOST_HEADERS) {
          unusable(`It answers with more than ${MOST_HEADERS} headers`);
          return;
        }
        const parts: Buffer[] = [];
        let bytes = 0;
        response
          .on('data', (part: Buffer) => {
            bytes += part.length;
            parts.push(part);
            if (bytes > mostBytes) {
              unusable(`It answers with more than ${mostBytes} bytes`);
            }
          })
          .on('error', (error) => {
            end(describeTrouble(error));
          })
          .on('end', () => {
            end({
              kind: 'answered',
              status: response.statusCode ?? 0,
              headers: headersOf(response.rawHeaders),
              body: Buffer.concat(parts),
              timings: { connect, firstByte, total: since() },
            });
          });
      })
      .end(body);
  });

const headersOf = (raw: readonly string[]): Readonly<Record<string, string>> => {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    const before = headers.get(name);
    headers.set(name, before === undefined ? (raw[at + 1] ?? '') : `${before}, ${raw[at + 1] ?? ''}`);
  }
  return Object.fromEntries(headers);
};

const describeTrouble = (error: Error): NotAnswered => {
  const code = codeOf(error);
  if (OUR_FAULTS.has(code)) {
    return { kind: 'unreachable', says: `It cannot be reached: ${code}` };
  }
  switch (code) {
    case 'ECONNREFUSED':
      return { kind: 'refused', says: 'It refuses the connection' };
    case 'ECONNRESET':
    case 'EPIPE':
      return { kind: 'broken', says: 'It breaks the connection off' };
    case 'HPE_HEADER_OVERFLOW':
      return { kind: 'unusable', says: `It answers with more than ${MOST_HEADER_BYTES} bytes of headers` };
    default:
      return { kind: 'broken', says: `The connection has failed: ${code}` };
  }
};

/** Node's word for it, which is of our making: messages may hold what the other side has sent. */
const codeOf = (error: Error): string => ('code' in error && typeof error.code === 'string' ? error.code : error.name);
