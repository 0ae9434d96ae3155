/*
 * The three calls of aws-lambda-ric's native addon, over plain HTTP: loaded before it, so that AWS's own runtime client
 * runs where nothing can be compiled.
 */
import { request } from 'node:http';
import Module from 'node:module';

const API = `http://${process.env['AWS_LAMBDA_RUNTIME_API'] ?? ''}/2018-06-01/runtime`;

const call = (method: string, path: string, body = ''): Promise<unknown> =>
  new Promise((settle, fail) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request(`${API}${path}`, { method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        settle({ bodyJson: text, headers: response.headers });
      });
    });
    asked.on('error', fail);
    asked.end(body);
  });

const native = {
  initializeClient: () => undefined,
  next: () => call('GET', '/invocation/next'),
  done: (id: string, body: string) => void call('POST', `/invocation/${id}/response`, body),
  error: (id: string, body: string) => void call('POST', `/invocation/${id}/error`, body),
};

const load: unknown = Reflect.get(Module, '_load');
Reflect.set(Module, '_load', (asked: string, ...rest: readonly unknown[]): unknown => {
  if (asked === './rapid-client.node' || typeof load !== 'function') {
    return native;
  }
  const loaded: unknown = Reflect.apply(load, Module, [asked, ...rest]);
  return loaded;
});
