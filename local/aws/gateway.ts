import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { readBody, startLoopbackServer } from '../loopback-server.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { operationOf, refuseInJson, refuseInXml } from './service.ts';
import type { Service, ServiceReply, ServiceRequest } from './service.ts';

/** No AWS service here takes more. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The service that a call without a credential scope is for, by its target or its action. */
const SERVICE_BY_TARGET: ReadonlyMap<string, string> = new Map([
  ['DynamoDB_20120810', 'dynamodb'],
  ['AmazonSQS', 'sqs'],
  ['AmazonSSM', 'ssm'],
  ['AWSEvents', 'events'],
  ['CodePipeline_20150709', 'codepipeline'],
  ['CodeDeploy_20141006', 'codedeploy'],
  ['AmazonEC2ContainerServiceV20141113', 'ecs'],
  ['GraniteServiceVersion20100801', 'monitoring'],
]);

const SERVICE_BY_ACTION: ReadonlyMap<string, string> = new Map([['GetCallerIdentity', 'sts']]);

/** A call of an AWS API: the service that it was signed for, and the operation. */
export type AwsCall = { readonly service: string; readonly operation: string };

/** A call and the HTTP status of what the service answered, whether the caller heard of it or not; undefined: it never came there. */
export type AnsweredCall = AwsCall & { readonly status: number | undefined };

/** What goes wrong with a call. */
export type AwsFault = {
  /** Cuts the connection before or after the call took effect. */
  readonly drop: 'before' | 'after';
  /** Ends the function that calls, before it hears of it. */
  readonly kill?: true;
};

/** One endpoint for all AWS services, as `AWS_ENDPOINT_URL` wants it: calls are told apart by whom they are signed for. */
export const startGateway = (options: {
  readonly port: number;
  readonly services: ReadonlyMap<string, Service>;
  readonly onCall: (call: AnsweredCall) => void;
  /** What goes wrong with a call. Left out: nothing. */
  readonly faultOf?: (call: AwsCall) => AwsFault | undefined;
  /** Ends the function that has a session token; there may be none. */
  readonly kill?: (sessionToken: string) => Promise<void>;
}): Promise<LoopbackServer> =>
  startLoopbackServer({
    port: options.port,
    purpose: 'AWS',
    onRequest: (request, response) => {
      void respond(options, request, response);
    },
  });

type Answering = Omit<Parameters<typeof startGateway>[0], 'port'>;

const respond = async (answering: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const made = await call(answering, request).catch((error: unknown) => failed(error));
  if (made === 'cut') {
    response.destroy();
    return;
  }
  const sent = made.bytes ?? made.body;
  response.writeHead(made.status, { ...made.headers, 'content-length': Buffer.byteLength(sent) });
  response.end(sent);
};

const failed = (error: unknown): ServiceReply =>
  refuseInJson('InternalFailure', error instanceof Error ? error.message : 'The local service failed.', 500);

const call = async (answering: Answering, request: IncomingMessage): Promise<ServiceReply | 'cut'> => {
  const { services } = answering;
  const headers = flatten(request.headers);
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === undefined) {
    return refuseInJson('RequestEntityTooLarge', `The body is longer than ${MAX_BODY_BYTES} bytes.`, 413);
  }
  const text = body.toString('utf8');
  const isForm = (headers['content-type'] ?? '').includes('x-www-form-urlencoded');
  const name = serviceOf(headers, isForm ? text : '');
  const service = services.get(name);
  if (service !== undefined) {
    const asked = {
      service: name,
      method: request.method ?? '',
      path: request.url ?? '/',
      headers,
      body: text,
      bytes: body,
    };
    return meetFault(answering, asked, () => service(asked));
  }
  const refuse = isForm ? refuseInXml : refuseInJson;
  const asked = name === '' ? 'The call names no service.' : `There is no local "${name}".`;
  return refuse('UnknownOperationException', `${asked} The local stack has ${[...services.keys()].join(', ')}.`);
};

/** Has a service answer a call, unless something is to go wrong with it. */
const meetFault = async (
  { onCall, faultOf, kill }: Answering,
  { service, path, headers, body }: ServiceRequest,
  work: () => Promise<ServiceReply>,
): Promise<ServiceReply | 'cut'> => {
  const operation = operationOf(headers) || (new URLSearchParams(body).get('Action') ?? operationIn(path));
  const fault = faultOf?.({ service, operation });
  const made = fault?.drop === 'before' ? undefined : await work().catch(failed);
  onCall({ service, operation, status: made?.status });
  if (fault?.kill === true) {
    // First: a client that sees its connection break would try again.
    await kill?.(headers['x-amz-security-token'] ?? '');
  }
  return fault === undefined && made !== undefined ? made : 'cut';
};

/** The operation that a path names, where neither header nor body does. */
const operationIn = (path: string): string => {
  const [, named] = /\/operation\/(\w+)$/.exec(path) ?? [];
  return named ?? (/\/invocations(?:\?|$)/.test(path) ? 'Invoke' : '');
};

const serviceOf = (headers: Readonly<Record<string, string>>, form: string): string => {
  const [, signedFor] = /Credential=[^/]*\/[^/]*\/[^/]*\/([^/]+)\//.exec(headers['authorization'] ?? '') ?? [];
  const [target = ''] = (headers['x-amz-target'] ?? '').split('.');
  const action = new URLSearchParams(form).get('Action');
  const byAction = action === null ? undefined : (SERVICE_BY_ACTION.get(action) ?? 'sns');
  return signedFor ?? SERVICE_BY_TARGET.get(target) ?? byAction ?? '';
};

const flatten = (headers: IncomingHttpHeaders): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : (value ?? '')]),
  );
