import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { REGION } from '../aws/account.ts';
import { answerInJson, refuseInJson, regionOf } from '../aws/service.ts';
import type { Service, ServiceReply } from '../aws/service.ts';
import { isRecord } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import type { Resource } from '../template/resolve-template.ts';
import { functionNameOf } from './event-sources.ts';

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
 * Lambda's API as far as it tells what is deployed: GetFunctionConfiguration, ListEventSourceMappings and GetPolicy. In
 * other regions than the stack's own there is nothing. `variables` take the place of those that the template has.
 */
export const createFunctionService = (options: {
  readonly functions: readonly Resource[];
  readonly mappings: readonly Resource[];
  readonly permissions: readonly Resource[];
  readonly variables: Readonly<Record<string, string>>;
}): Service => {
  const { functions, variables } = options;
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

  return ({ method, path, headers }) => {
    const { pathname, searchParams } = new URL(path, 'http://localhost');
    const [, named, asked] = /^\/2015-03-31\/functions\/([^/]+)\/(configuration|policy)$/.exec(pathname) ?? [];
    const listed = pathname === '/2015-03-31/event-source-mappings' ? searchParams.get('FunctionName') : undefined;
    const reference = named === undefined ? listed : decodeURIComponent(named);
    if (method !== 'GET' || reference === undefined || reference === null) {
      return Promise.resolve(
        refuseInJson(
          'UnknownOperationException',
          'The local lambda has GetFunctionConfiguration, GetPolicy and ListEventSourceMappings of a function.',
          404,
        ),
      );
    }
    const lambda = functions.find(({ name }) => name === functionNameOf(reference));
    if (lambda === undefined || regionOf(headers) !== REGION) {
      return Promise.resolve(refuseInJson('ResourceNotFoundException', `Function not found: ${reference}`, 404));
    }
    if (asked === 'policy') {
      return Promise.resolve(policyOf(lambda));
    }
    return Promise.resolve(
      answerInJson(asked === undefined ? { EventSourceMappings: mappingsOf(lambda) } : describe(lambda)),
    );
  };
};

/** The same each time, as an id that somebody may have noted down should be. */
const uuidOf = (logicalId: string): string =>
  createHash('sha256')
    .update(logicalId)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
