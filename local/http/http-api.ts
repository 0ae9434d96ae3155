import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import * as v from 'valibot';
import { functionNameOf } from '../lambda/event-sources.ts';
import type { LambdaRuntime } from '../lambda/lambda-runtime.ts';
import { readBody, startLoopbackServer } from '../loopback-server.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import type { Resource } from '../template/resolve-template.ts';
import type { JsonRecord } from '../json.ts';

/** A route of an HTTP API and the function behind it. */
export type HttpRoute = { readonly method: string; readonly path: string; readonly functionName: string };

const Route = v.object({
  RouteKey: v.pipe(v.string(), v.regex(/^[A-Z]+ \/[\w/-]*$/, 'is not a method and a plain path')),
  AuthorizationType: v.optional(v.literal('NONE')),
  Target: v.pipe(v.string(), v.startsWith('integrations/')),
});

const Integration = v.object({
  IntegrationType: v.literal('AWS_PROXY'),
  IntegrationUri: v.string(),
  PayloadFormatVersion: v.literal('2.0'),
});

/** Reads the routes of the template's HTTP API. Throws on what cannot be done here. */
export const readHttpRoutes = (resourcesOf: (type: string) => readonly Resource[]): readonly HttpRoute[] => {
  const integrations = new Map(
    resourcesOf('AWS::ApiGatewayV2::Integration').map(({ ref, properties }) => [
      `integrations/${ref}`,
      v.parse(Integration, properties).IntegrationUri,
    ]),
  );
  return resourcesOf('AWS::ApiGatewayV2::Route').map(({ logicalId, properties }) => {
    const { RouteKey, Target } = v.parse(Route, properties);
    const [method = '', path = ''] = RouteKey.split(' ');
    const uri = integrations.get(Target);
    if (uri === undefined) {
      throw new Error(`The route ${logicalId} leads nowhere`);
    }
    return { method, path, functionName: functionNameOf(uri) };
  });
};

/** What API Gateway takes. */
const MOST_BODY_BYTES = 10 * 1024 * 1024;

type HttpApi = {
  readonly routes: readonly HttpRoute[];
  readonly invoke: LambdaRuntime['invoke'];
  readonly now: () => Date;
  readonly log: (line: string, source: string) => void;
};

/**
 * Stands in for API Gateway: calls the function of a route in payload format 2.0, and answers as the function says
 * (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
 */
export const startHttpApi = ({ port, ...api }: HttpApi & { readonly port: number }): Promise<LoopbackServer> =>
  startLoopbackServer({
    port,
    purpose: 'Gatehouse',
    onRequest: (request, response) => {
      reply(api, request).then(
        (made) => {
          send(response, made);
        },
        () => {
          send(response, INTERNAL);
        },
      );
    },
  });

type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

const message = (status: number, text: string): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ message: text }),
});

const INTERNAL = message(500, 'Internal Server Error');

const send = (response: ServerResponse, { status, headers, body }: Reply): void => {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
};

const reply = async ({ routes, invoke, now, log }: HttpApi, request: IncomingMessage): Promise<Reply> => {
  const body = await readBody(request, MOST_BODY_BYTES);
  if (body === undefined) {
    return message(413, 'Request Entity Too Large');
  }
  const [path = '/'] = (request.url ?? '/').split('?');
  const route = routes.find((each) => each.method === request.method && each.path === path);
  if (route === undefined) {
    return message(404, 'Not Found');
  }
  const result = await invoke(route.functionName, eventOf(route, request, body, now()));
  if (result.kind === 'failed') {
    log(`${result.errorType}: ${result.message}`, route.functionName);
    return INTERNAL;
  }
  return readReply(result.value);
};

/** What API Gateway hands over as it is; all else comes in base64, forms among it. */
const TEXT = /^(?:text\/|application\/(?:json|javascript|xml)\b)/;

const eventOf = ({ method, path }: HttpRoute, request: IncomingMessage, body: Buffer, at: Date): JsonRecord => {
  const headers = headersOf(request);
  const isText = TEXT.test(headers['content-type'] ?? 'text/plain');
  return {
    version: '2.0',
    routeKey: `${method} ${path}`,
    rawPath: path,
    rawQueryString: (request.url ?? '').split('?')[1] ?? '',
    headers,
    requestContext: {
      accountId: 'anonymous',
      apiId: 'local',
      domainName: headers['host'] ?? '',
      http: {
        method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: `${method} ${path}`,
      stage: '$default',
      time: at.toISOString(),
      timeEpoch: at.getTime(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
  };
};

/** Names in lower case; what comes twice, in one value with a comma. */
const headersOf = ({ rawHeaders }: IncomingMessage): Readonly<Record<string, string>> => {
  const all = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = rawHeaders[index + 1] ?? '';
    const before = all.get(name);
    all.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(all);
};

const Returned = v.object({
  statusCode: v.number(),
  headers: v.optional(v.record(v.string(), v.string()), {}),
  body: v.optional(v.string(), ''),
  isBase64Encoded: v.optional(v.boolean(), false),
});

/** What has no status is taken for the body of a success. */
const readReply = (value: unknown): Reply => {
  const parsed = v.safeParse(Returned, value);
  if (!parsed.success) {
    return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
  }
  const { statusCode, headers, body, isBase64Encoded } = parsed.output;
  return {
    status: statusCode,
    headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
};
