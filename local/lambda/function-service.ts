import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { ACCOUNT, REGION } from '../aws/account.ts';
import { answerInJson, refuseInJson, regionOf } from '../aws/service.ts';
import type { Service, ServiceReply, ServiceRequest } from '../aws/service.ts';
import { isRecord } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import type { Resource } from '../template/resolve-template.ts';
import { functionNameOf } from './event-sources.ts';
import { readReference } from './function-reference.ts';
import { describeApplication, invokeFunction } from './invoke-function.ts';
import type { Invocable } from './invoke-function.ts';

const Mapping = v.object({
  EventSourceArn: v.string(),
  FunctionName: v.string(),
  Enabled: v.optional(v.boolean(), true),
  BatchSize: v.optional(v.number(), 10),
});

const Permission = v.object({
  FunctionName: v.string(),
  Action: v.string(),
  Principal: v.string(),
  SourceArn: v.optional(v.string()),
});

/**
 * Lambda's API: what is deployed (GetFunction, GetFunctionConfiguration, ListEventSourceMappings, GetPolicy; of applications
 * GetAlias, ListAliases and ListVersionsByFunction), and Invoke. In other regions than the stack's own there is nothing.
 * `variables` take the place of those that the template has.
 */
export const createFunctionService = (options: {
  readonly functions: readonly Resource[];
  readonly mappings: readonly Resource[];
  readonly permissions: readonly Resource[];
  readonly variables: Readonly<Record<string, string>>;
  readonly invocable: Invocable;
}): Service => {
  const { functions, variables, invocable } = options;
  const mappings = options.mappings.map(({ logicalId, properties }) => ({
    logicalId,
    ...v.parse(Mapping, properties),
  }));
  const permissions = options.permissions.map(({ logicalId, properties }) => ({
    logicalId,
    ...v.parse(Permission, properties),
  }));

  const describe = ({ name, arn, properties }: Resource): JsonRecord => {
    const { Runtime, Role, Handler, Timeout, MemorySize, Description, Environment } = properties;
    const told = isRecord(Environment) && isRecord(Environment['Variables']) ? Environment['Variables'] : {};
    return {
      FunctionName: name,
      FunctionArn: arn,
      Version: '$LATEST',
      PackageType: 'Zip',
      State: 'Active',
      LastUpdateStatus: 'Successful',
      ...{ Runtime, Role, Handler, Timeout, MemorySize, Description },
      Environment: {
        Variables: Object.fromEntries(
          Object.entries(told).map(([key, value]) => [key, Object.hasOwn(variables, key) ? variables[key] : value]),
        ),
      },
    };
  };

  const mappingsOf = (lambda: Resource): readonly JsonRecord[] =>
    mappings
      .filter(({ FunctionName }) => functionNameOf(FunctionName) === lambda.name)
      .map(({ logicalId, EventSourceArn, Enabled, BatchSize }) => ({
        UUID: uuidOf(logicalId),
        EventSourceArn,
        FunctionArn: lambda.arn,
        BatchSize,
        State: Enabled ? 'Enabled' : 'Disabled',
      }));

  const policyOf = (lambda: Resource): ServiceReply => {
    const statements = permissions
      .filter(({ FunctionName }) => functionNameOf(FunctionName) === lambda.name)
      .map(({ logicalId, Action, Principal, SourceArn }) => ({
        Sid: logicalId,
        Effect: 'Allow',
        Principal: { Service: Principal },
        Action,
        Resource: lambda.arn,
        ...(SourceArn !== undefined && { Condition: { ArnLike: { 'AWS:SourceArn': SourceArn } } }),
      }));
    return statements.length === 0
      ? refuseInJson('ResourceNotFoundException', 'The resource you requested does not exist.', 404)
      : answerInJson({ Policy: JSON.stringify({ Version: '2012-10-17', Id: 'default', Statement: statements }) });
  };

  const answerFor = (
    reference: string,
    asked: string,
    request: ServiceRequest,
  ): Promise<ServiceReply> | ServiceReply => {
    const qualifier = new URL(request.path, 'http://localhost').searchParams.get('Qualifier');
    const named = readReference(reference, qualifier ?? undefined);
    const lambda = functions.find(({ name }) => name === named.name);
    const isKnown = lambda !== undefined || invocable.applications.has(named.name, named.qualifier);
    const arn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${named.name}`;
    if (regionOf(request.headers) !== REGION) {
      return notFound(reference);
    }
    if (asked === 'invocations') {
      return request.method === 'POST' && isKnown
        ? invokeFunction(invocable, { ...named, arn }, request)
        : notFound(named.qualifier === undefined ? arn : `${arn}:${named.qualifier}`);
    }
    const told = describeApplication(invocable.applications, { ...named, arn }, asked);
    if (told !== undefined || lambda === undefined) {
      return told ?? notFound(reference);
    }
    switch (asked) {
      case 'policy':
        return policyOf(lambda);
      case 'configuration':
        return answerInJson(describe(lambda));
      case '':
        return answerInJson({ Configuration: describe(lambda), Code: { RepositoryType: 'S3' }, Tags: {} });
      case 'mappings':
        return answerInJson({ EventSourceMappings: mappingsOf(lambda) });
      default:
        return notFound(reference);
    }
  };

  return async (request) => {
    const { pathname, searchParams } = new URL(request.path, 'http://localhost');
    const [, named, asked = ''] = /^\/2015-03-31\/functions\/([^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    const listed =
      pathname === '/2015-03-31/event-source-mappings/' || pathname === '/2015-03-31/event-source-mappings';
    const mapped = listed ? searchParams.get('FunctionName') : null;
    const reference = named === undefined ? mapped : decodeURIComponent(named);
    const isRead = request.method === 'GET' || asked === 'invocations';
    if (reference === null || !isRead || !(named === undefined || ASKED.test(asked))) {
      return refuseInJson(
        'UnknownOperationException',
        'The local lambda has Invoke, GetFunction, GetFunctionConfiguration, GetPolicy, GetAlias, ListAliases, ' +
          'ListVersionsByFunction and ListEventSourceMappings of a function.',
        404,
      );
    }
    return answerFor(reference, named === undefined ? 'mappings' : asked, request);
  };
};

/** What can be asked of a function. */
const ASKED = /^(?:|configuration|policy|versions|aliases|aliases\/[^/]+|invocations)$/;

const notFound = (reference: string): ServiceReply =>
  refuseInJson('ResourceNotFoundException', `Function not found: ${reference}`, 404);

/** The same each time, as an id that somebody may have noted down should be. */
const uuidOf = (logicalId: string): string =>
  createHash('sha256')
    .update(logicalId)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
