import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';

/** An HTTP server that only this machine can reach. */
export type LoopbackServer = {
  readonly port: number;
  readonly url: string;
  /** Stops listening and cuts the connections that are open. */
  readonly close: () => Promise<void>;
};

/**
 * Listens on 127.0.0.1; port 0 takes a free one. Rejects when the port is taken, naming the port and what it was for.
 */
export const startLoopbackServer = async (options: {
  readonly port: number;
  readonly purpose: string;
  readonly onRequest: RequestListener;
}): Promise<LoopbackServer> => {
  const { port, purpose, onRequest } = options;
  const server = createServer(onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const taken = 'code' in error && error.code === 'EADDRINUSE';
      reject(taken ? new Error(`Port ${port} (${purpose}) is in use. Choose another with --port.`) : error);
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    port: bound,
    url: `http://127.0.0.1:${bound}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
};

/** The whole body of a request; undefined when it is longer than the limit or breaks off. */
export const readBody = async (request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      if (Buffer.isBuffer(chunk)) {
        length += chunk.length;
        if (length <= limitBytes) {
          chunks.push(chunk);
        }
      }
    }
  } catch {
    return undefined;
  }
  return length > limitBytes ? undefined : Buffer.concat(chunks);
};
