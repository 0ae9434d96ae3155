import { randomUUID } from 'node:crypto';
import { answerInJson, refuseInJson, reply } from '../aws/service.ts';
import type { ServiceReply, ServiceRequest } from '../aws/service.ts';
import { parseJson } from '../json.ts';
import { errorPayload, logOf } from './application-functions.ts';
import type { ApplicationFunctions, Invoked } from './application-functions.ts';
import type { AsyncInvocations } from './async-invocations.ts';
import type { FunctionReference } from './function-reference.ts';
import type { LambdaRuntime } from './lambda-runtime.ts';

/** What Lambda takes with an invocation that is waited for, and with one that is not. */
const MOST_BYTES = { RequestResponse: 6 * 1024 * 1024, Event: 1024 * 1024, DryRun: 6 * 1024 * 1024 } as const;

/** How much of the log comes with an answer. */
const LOG_TAIL_BYTES = 4096;

/** Functions to be invoked: those of applications, and those of the stack itself by the runtime. */
export type Invocable = {
  readonly applications: ApplicationFunctions;
  readonly invoke: LambdaRuntime['invoke'];
  readonly invokeLater: AsyncInvocations['invoke'];
};

/** Lambda's Invoke: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
export const invokeFunction = async (
  { applications, invoke, invokeLater }: Invocable,
  { name, qualifier, arn }: FunctionReference & { readonly arn: string },
  { headers, body }: ServiceRequest,
): Promise<ServiceReply> => {
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type !== 'RequestResponse' && type !== 'Event' && type !== 'DryRun') {
    return refuseInJson('InvalidParameterValueException', `There is no invocation type ${type}.`);
  }
  if (Buffer.byteLength(body) > MOST_BYTES[type]) {
    return refuseInJson('RequestTooLargeException', `The payload is longer than ${MOST_BYTES[type]} bytes.`, 413);
  }
  const event = body === '' ? {} : parseJson(body);
  if (event === undefined) {
    return refuseInJson('InvalidRequestContentException', 'Could not parse request body into json.');
  }
  if (type === 'DryRun') {
    return reply(204, {}, '');
  }
  if (type === 'Event') {
    invokeLater(qualifier === undefined ? name : `${name}:${qualifier}`, arn, event);
    return reply(202, {}, '');
  }
  const isApplication = applications.find(name) !== undefined;
  const invoked = isApplication ? await applications.invoke(name, event, qualifier) : await own(invoke, name, event);
  if (invoked.kind === 'not-found') {
    return refuseInJson('ResourceNotFoundException', `Function not found: ${arn}`, 404);
  }
  const payload = invoked.kind === 'failed' ? errorPayload(invoked) : invoked.value;
  const tail = Buffer.from(logOf(invoked)).subarray(-LOG_TAIL_BYTES).toString('base64');
  return reply(
    200,
    {
      'content-type': 'application/json',
      'x-amz-executed-version': invoked.version,
      ...(invoked.kind === 'failed' && { 'x-amz-function-error': 'Unhandled' }),
      ...(headers['x-amz-log-type'] === 'Tail' && { 'x-amz-log-result': tail }),
    },
    JSON.stringify(payload ?? null),
  );
};

/** What the stack's own functions print goes to the stack's log, and to nobody who invokes them. */
const own = async (invoke: LambdaRuntime['invoke'], name: string, event: unknown): Promise<Invoked> => {
  const startedAt = Date.now();
  const result = await invoke(name, event);
  const told = { version: '$LATEST', requestId: randomUUID(), durationMs: Date.now() - startedAt, log: [] };
  return result.kind === 'returned' ? { ...told, ...result } : { ...told, ...result, trace: [] };
};

/** What is told of a function of an application, its versions and aliases; undefined for what is not asked here. */
export const describeApplication = (
  applications: ApplicationFunctions,
  { name, qualifier, arn }: FunctionReference & { readonly arn: string },
  asked: string,
): ServiceReply | undefined => {
  const found = applications.find(name);
  if (found === undefined) {
    return undefined;
  }
  const configuration = (version: string) => ({
    FunctionName: name,
    FunctionArn: version === '$LATEST' ? arn : `${arn}:${version}`,
    Version: version,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    Role: `${arn.split(':function:')[0]?.replace(/:lambda:[^:]*:/, ':iam::') ?? ''}:role/${name}`,
    Timeout: found.timeoutMs / 1000,
    MemorySize: 128,
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
  });
  const notFound = (): ServiceReply =>
    refuseInJson('ResourceNotFoundException', `Function not found: ${arn}:${qualifier ?? ''}`, 404);
  const alias = (aliasName: string) => {
    const weights = applications.weightsOf(name, aliasName);
    const [main, ...more] = [...(weights ?? [])];
    return main === undefined
      ? undefined
      : {
          AliasArn: `${arn}:${aliasName}`,
          Name: aliasName,
          FunctionVersion: main[0],
          Description: '',
          ...(more.length > 0 && {
            RoutingConfig: {
              AdditionalVersionWeights: Object.fromEntries(more.map(([version, weight]) => [version, weight / 100])),
            },
          }),
          RevisionId: randomUUID(),
        };
  };
  const [, aliasName] = /^aliases\/(.+)$/.exec(asked) ?? [];
  if (aliasName !== undefined) {
    const told = alias(aliasName);
    return told === undefined
      ? refuseInJson('ResourceNotFoundException', `Cannot find alias arn: ${arn}:${aliasName}`, 404)
      : answerInJson(told);
  }
  switch (asked) {
    case 'aliases':
      return answerInJson({ Aliases: Object.keys(found.aliases).flatMap((each) => alias(each) ?? []) });
    case 'versions':
      return answerInJson({ Versions: ['$LATEST', ...Object.keys(found.versions)].map(configuration) });
    case '':
    case 'configuration': {
      if (!applications.has(name, qualifier)) {
        return notFound();
      }
      const weights = qualifier === undefined ? undefined : applications.weightsOf(name, qualifier);
      const [main] = weights === undefined ? [qualifier ?? '$LATEST'] : [...weights.keys()];
      const told = configuration(main ?? '$LATEST');
      return answerInJson(asked === '' ? { Configuration: told, Code: { RepositoryType: 'S3' }, Tags: {} } : told);
    }
    default:
      return undefined;
  }
};
