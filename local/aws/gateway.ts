import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { readBody, startLoopbackServer } from '../loopback-server.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import { operationOf, refuseInJson, refuseInXml } from './service.ts';
import type { Service, ServiceReply } from './service.ts';

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

/** One endpoint for all AWS services, as `AWS_ENDPOINT_URL` wants it: calls are told apart by whom they are signed for. */
export const startGateway = (options: {
  readonly port: number;
  readonly services: ReadonlyMap<string, Service>;
  readonly onCall: (call: AwsCall) => void;
}): Promise<LoopbackServer> =>
  startLoopbackServer({
    port: options.port,
    purpose: 'AWS',
    onRequest: (request, response) => {
      void respond(options, request, response);
    },
  });

type Answering = Pick<Parameters<typeof startGateway>[0], 'services' | 'onCall'>;

const respond = async (answering: Answering, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const made = await call(answering, request).catch((error: unknown) =>
    refuseInJson('InternalFailure', error instanceof Error ? error.message : 'The local service failed.', 500),
  );
  const sent = made.bytes ?? made.body;
  response.writeHead(made.status, { ...made.headers, 'content-length': Buffer.byteLength(sent) });
  response.end(sent);
};

const call = async ({ services, onCall }: Answering, request: IncomingMessage): Promise<ServiceReply> => {
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
    onCall({ service: name, operation: operationOf(headers) || (new URLSearchParams(text).get('Action') ?? '') });
    return service({
      service: name,
      method: request.method ?? '',
      path: request.url ?? '/',
      headers,
      body: text,
      bytes: body,
    });
  }
  const refuse = isForm ? refuseInXml : refuseInJson;
  const asked = name === '' ? 'The call names no service.' : `There is no local "${name}".`;
  return refuse('UnknownOperationException', `${asked} The local stack has ${[...services.keys()].join(', ')}.`);
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
