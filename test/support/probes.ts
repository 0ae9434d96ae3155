import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createConcealment } from '../../shared/probe/concealment.ts';
import type { Task } from '../../shared/probe/finding.ts';
import type { Check } from '../../shared/validation/suite.ts';

/** What a probe of that check has to go by. */
export const taskOf = (check: Check, overrides: Partial<Task> = {}): Task => ({
  check,
  variables: {},
  now: 0,
  since: 0,
  deployedAt: 0,
  share: 1,
  timeoutMs: 2_000,
  signal: new AbortController().signal,
  secret: (name) => Promise.reject(new Error(`no secret ${name}`)),
  ...createConcealment(),
  ...overrides,
});

export type Heard = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** Something that listens on loopback until `close`. */
export type Listening = { readonly port: number; readonly close: () => void };

const listen = async (server: Server, end: () => void): Promise<Listening> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, close: end };
};

/** An HTTP server that remembers what it was asked. */
export const listenHttp = async (
  answer: (response: ServerResponse, heard: Heard) => void,
): Promise<Listening & { readonly heard: readonly Heard[] }> => {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = '', url = '', headers } = request;
      const one = { method, url, headers, body };
      heard.push(one);
      answer(response, one);
    });
  });
  const listening = await listen(server, () => {
    server.close();
    server.closeAllConnections();
  });
  return { ...listening, heard };
};

/** A server that does what it likes with each connection. */
export const listenTcp = async (
  connected: (socket: Socket) => void,
): Promise<Listening & { readonly sockets: ReadonlySet<Socket> }> => {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    connected(socket);
  });
  const listening = await listen(server, () => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  });
  return { ...listening, sockets };
};

const readBody = async (request: IncomingMessage): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of request) {
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts).toString();
};
