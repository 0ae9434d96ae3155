import * as v from 'valibot';
import { isList, isRecord, own } from '../json.ts';
import type { JsonRecord } from '../json.ts';

const Section = v.optional(v.record(v.string(), v.unknown()), {});

const Template = v.object({
  Parameters: Section,
  Mappings: Section,
  Conditions: Section,
  Resources: v.record(
    v.string(),
    v.object({ Type: v.string(), Properties: Section, Condition: v.optional(v.string()) }),
  ),
});

/** A compiled CloudFormation template, as far as the local stack reads one. */
export type Template = v.InferOutput<typeof Template>;

/** Reads a CloudFormation template. Throws when it is none. */
export const parseTemplate = (json: unknown): Template => v.parse(Template, json);

/** Where the template's resources stand: what CloudFormation would know of the account and the stack. */
export type Surroundings = {
  readonly region: string;
  readonly account: string;
  /** Left out: `aws`. */
  readonly partition?: string;
  readonly stackName: string;
  /** Where queue URLs point, without a trailing slash. */
  readonly endpoint: string;
};

/** A resource as CloudFormation would make it: its properties hold plain values only. */
export type Resource = {
  readonly logicalId: string;
  /** What `Ref` gives: a queue's URL, a topic's ARN, otherwise the name. */
  readonly ref: string;
  readonly name: string;
  readonly arn: string;
  readonly properties: JsonRecord;
};

/**
 * The template's resources by type, with every reference and function in their properties resolved. Only what is asked
 * for is resolved. Throws, naming the resource and the place in it, on what cannot be.
 */
export const resolveTemplate = (
  template: Template,
  surroundings: Surroundings,
): ((type: string) => readonly Resource[]) => {
  const scope: Scope = { template, surroundings, naming: [] };
  return (type) =>
    Object.entries(template.Resources)
      .filter(([, { Type }]) => Type === type)
      .filter(([id, { Condition }]) => Condition === undefined || condition(scope, Condition, `${id}.Condition`))
      .map(([logicalId, { Properties }]) => {
        const identity = identify(scope, logicalId, logicalId);
        const properties = resolve(scope, Properties, logicalId);
        return {
          logicalId,
          ref: identity.ref,
          name: identity.name,
          arn: identity.attributes.get('Arn') ?? identity.ref,
          properties: isRecord(properties) ? properties : {},
        };
      });
};

type Scope = {
  readonly template: Template;
  readonly surroundings: Surroundings;
  /** The resources whose names are being worked out, to notice a circle. */
  readonly naming: readonly string[];
};

type Identity = { readonly name: string; readonly ref: string; readonly attributes: ReadonlyMap<string, string> };

const fail = (path: string, problem: string): never => {
  throw new Error(`Cannot resolve the template at ${path}: ${problem}`);
};

/** How a resource of a type is named and what it answers when it is referred to. */
type Naming = {
  readonly nameProperty: string;
  readonly identity: (name: string, arn: (service: string, rest: string) => string, endpoint: string) => Identity;
};

const named = (name: string, attributes: Readonly<Record<string, string>>, ref = name): Identity => ({
  name,
  ref,
  attributes: new Map(Object.entries(attributes)),
});

const NAMINGS: ReadonlyMap<string, Naming> = new Map<string, Naming>([
  [
    'AWS::SQS::Queue',
    {
      nameProperty: 'QueueName',
      identity: (name, arn, endpoint) =>
        named(name, { Arn: arn('sqs', name), QueueName: name, QueueUrl: `${endpoint}/${name}` }, `${endpoint}/${name}`),
    },
  ],
  [
    'AWS::SNS::Topic',
    {
      nameProperty: 'TopicName',
      identity: (name, arn) =>
        named(name, { Arn: arn('sns', name), TopicArn: arn('sns', name), TopicName: name }, arn('sns', name)),
    },
  ],
  [
    'AWS::DynamoDB::Table',
    {
      nameProperty: 'TableName',
      identity: (name, arn) => named(name, { Arn: arn('dynamodb', `table/${name}`) }),
    },
  ],
  [
    'AWS::Lambda::Function',
    {
      nameProperty: 'FunctionName',
      identity: (name, arn) => named(name, { Arn: arn('lambda', `function:${name}`) }),
    },
  ],
  [
    'AWS::IAM::Role',
    // IAM is global: its ARNs name no region.
    {
      nameProperty: 'RoleName',
      identity: (name, arn) => named(name, { Arn: arn('iam', `role/${name}`), RoleId: name }),
    },
  ],
  [
    'AWS::Events::Rule',
    { nameProperty: 'Name', identity: (name, arn) => named(name, { Arn: arn('events', `rule/${name}`) }) },
  ],
  [
    'AWS::Logs::LogGroup',
    {
      nameProperty: 'LogGroupName',
      identity: (name, arn) => named(name, { Arn: arn('logs', `log-group:${name}:*`) }),
    },
  ],
  [
    'AWS::CloudWatch::Alarm',
    { nameProperty: 'AlarmName', identity: (name, arn) => named(name, { Arn: arn('cloudwatch', `alarm:${name}`) }) },
  ],
  [
    'AWS::ApiGatewayV2::Api',
    {
      nameProperty: 'Id',
      identity: (name) =>
        named(name, { ApiId: name, ApiEndpoint: `https://${name.toLowerCase()}.execute-api.example.com` }),
    },
  ],
  ['AWS::SSM::Parameter', { nameProperty: 'Name', identity: (name) => named(name, {}) }],
  ['AWS::S3::Bucket', { nameProperty: 'BucketName', identity: (name) => named(name, { Arn: `arn:aws:s3:::${name}` }) }],
  // What CloudFormation gives an id, not a name.
  ...[
    'AWS::ApiGatewayV2::Integration',
    'AWS::ApiGatewayV2::Route',
    'AWS::ApiGatewayV2::Stage',
    'AWS::Lambda::EventInvokeConfig',
    'AWS::Lambda::EventSourceMapping',
    'AWS::Lambda::Permission',
    'AWS::Logs::MetricFilter',
    'AWS::SNS::Subscription',
    'AWS::SNS::TopicPolicy',
    'AWS::SQS::QueuePolicy',
  ].map((type): [string, Naming] => [type, { nameProperty: 'Id', identity: (name) => named(name, { Id: name }) }]),
  [
    'AWS::KMS::Key',
    { nameProperty: 'KeyId', identity: (name, arn) => named(name, { Arn: arn('kms', `key/${name}`) }) },
  ],
]);

const identify = (scope: Scope, logicalId: string, path: string): Identity => {
  const { template, surroundings, naming } = scope;
  const resource = Object.hasOwn(template.Resources, logicalId) ? template.Resources[logicalId] : undefined;
  if (resource === undefined) {
    return fail(path, `there is no ${logicalId}`);
  }
  if (naming.includes(logicalId)) {
    return fail(path, `${logicalId} is named after itself`);
  }
  const how = NAMINGS.get(resource.Type);
  if (how === undefined) {
    return fail(path, `what a reference to ${logicalId}, an ${resource.Type}, gives is not known here`);
  }
  const inner = { ...scope, naming: [...naming, logicalId] };
  const property = own(resource.Properties, how.nameProperty);
  const given = resolve(inner, property, `${logicalId}.${how.nameProperty}`);
  const suffix = own(resource.Properties, 'FifoQueue') === true ? '.fifo' : '';
  const name = typeof given === 'string' ? given : `${surroundings.stackName}-${logicalId}${suffix}`;
  const arn = (service: string, rest: string): string =>
    `arn:${surroundings.partition ?? 'aws'}:${service}:${service === 'iam' ? '' : surroundings.region}:${surroundings.account}:${rest}`;
  return how.identity(name, arn, `${surroundings.endpoint}/${surroundings.account}`);
};

const resolve = (scope: Scope, value: unknown, path: string): unknown => {
  if (isList(value)) {
    return value.map((item, index) => resolve(scope, item, `${path}[${index}]`)).filter((item) => item !== undefined);
  }
  if (!isRecord(value)) {
    return value;
  }
  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    const [name, argument] = first;
    const intrinsic = INTRINSICS.get(name);
    if (intrinsic !== undefined) {
      return intrinsic(scope, argument, `${path}.${name}`);
    }
    if (name.startsWith('Fn::')) {
      return fail(path, `${name} is not supported here`);
    }
  }
  return Object.fromEntries(
    entries
      .map(([key, inner]) => [key, resolve(scope, inner, `${path}.${key}`)] as const)
      .filter(([, inner]) => inner !== undefined),
  );
};

const reference = (scope: Scope, name: string, path: string): unknown => {
  const { region, account, stackName, partition = 'aws' } = scope.surroundings;
  switch (name) {
    case 'AWS::Region':
      return region;
    case 'AWS::AccountId':
      return account;
    case 'AWS::Partition':
      return partition;
    case 'AWS::URLSuffix':
      return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    case 'AWS::StackName':
      return stackName;
    case 'AWS::StackId':
      return `arn:${partition}:cloudformation:${region}:${account}:stack/${stackName}/local`;
    case 'AWS::NoValue':
      return undefined;
    default:
      return parameter(scope, name, path) ?? identify(scope, name, path).ref;
  }
};

const parameter = (scope: Scope, name: string, path: string): unknown => {
  const found = own(scope.template.Parameters, name);
  if (!isRecord(found)) {
    return undefined;
  }
  return own(found, 'Default') ?? fail(path, `the parameter ${name} has no default`);
};

const attribute = (scope: Scope, argument: unknown, path: string): unknown => {
  const resolved = typeof argument === 'string' ? argument.split(/\.(.*)/s) : resolve(scope, argument, path);
  const [logicalId, name] = isList(resolved) ? resolved : [];
  if (typeof logicalId !== 'string' || typeof name !== 'string') {
    return fail(path, 'wants a logical id and the name of an attribute');
  }
  return (
    identify(scope, logicalId, path).attributes.get(name) ??
    fail(path, `the attribute ${name} of ${logicalId} is not known here`)
  );
};

const textOf = (value: unknown, path: string): string => {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      return fail(path, 'wants a text');
  }
};

const argumentsOf = (scope: Scope, argument: unknown, path: string): readonly unknown[] => {
  const resolved = resolve(scope, argument, path);
  return isList(resolved) ? resolved : fail(path, 'wants a list');
};

const substitute = (scope: Scope, argument: unknown, path: string): string => {
  const [template, given] = isList(argument) ? argument : [argument];
  const variables = resolve(scope, given, path);
  return textOf(template, path).replace(/\$\{([^}]*)\}/g, (_, inner: string) => {
    const name = inner.trim();
    if (name.startsWith('!')) {
      return `\${${name.slice(1)}}`;
    }
    if (isRecord(variables) && Object.hasOwn(variables, name)) {
      return textOf(variables[name], path);
    }
    return textOf(name.includes('.') ? attribute(scope, name, path) : reference(scope, name, path), `${path} ${name}`);
  });
};

const condition = (scope: Scope, name: string, path: string): boolean =>
  Object.hasOwn(scope.template.Conditions, name)
    ? truth(resolve(scope, scope.template.Conditions[name], path), path)
    : fail(path, `there is no condition ${name}`);

const truth = (value: unknown, path: string): boolean =>
  typeof value === 'boolean' ? value : fail(path, 'is not a condition');

type Intrinsic = (scope: Scope, argument: unknown, path: string) => unknown;

const INTRINSICS: ReadonlyMap<string, Intrinsic> = new Map<string, Intrinsic>([
  ['Ref', (scope, argument, path) => reference(scope, textOf(argument, path), path)],
  ['Fn::GetAtt', attribute],
  ['Fn::Sub', substitute],
  [
    'Fn::Join',
    (scope, argument, path) => {
      const [separator, list] = argumentsOf(scope, argument, path);
      return isList(list)
        ? list.map((item) => textOf(item, path)).join(textOf(separator, path))
        : fail(path, 'wants a list to join');
    },
  ],
  [
    'Fn::Select',
    (scope, argument, path) => {
      const [index, list] = argumentsOf(scope, argument, path);
      const chosen = isList(list) ? list[Number(index)] : undefined;
      return chosen ?? fail(path, 'selects nothing');
    },
  ],
  [
    'Fn::Split',
    (scope, argument, path) => {
      const [separator, text] = argumentsOf(scope, argument, path);
      return textOf(text, path).split(textOf(separator, path));
    },
  ],
  [
    'Fn::If',
    (scope, argument, path) => {
      // Only the branch taken is resolved: the other may speak of what is not there.
      const [name, whenTrue, whenFalse] = isList(argument) ? argument : [];
      const taken = condition(scope, textOf(name, path), path) ? whenTrue : whenFalse;
      return resolve(scope, taken, path);
    },
  ],
  [
    'Fn::Equals',
    (scope, argument, path) => {
      const [left, right] = argumentsOf(scope, argument, path);
      return textOf(left, path) === textOf(right, path);
    },
  ],
  ['Fn::And', (scope, argument, path) => argumentsOf(scope, argument, path).every((item) => truth(item, path))],
  ['Fn::Or', (scope, argument, path) => argumentsOf(scope, argument, path).some((item) => truth(item, path))],
  ['Fn::Not', (scope, argument, path) => !truth(argumentsOf(scope, argument, path)[0], path)],
  [
    'Condition',
    // Also a key of IAM policies, where an object stands below it.
    (scope, argument, path) =>
      typeof argument === 'string' ? condition(scope, argument, path) : { Condition: resolve(scope, argument, path) },
  ],
  [
    'Fn::FindInMap',
    (scope, argument, path) => {
      const [map, top, second] = argumentsOf(scope, argument, path).map((item) => textOf(item, path));
      const level = own(scope.template.Mappings, map ?? '');
      const row = isRecord(level) ? own(level, top ?? '') : undefined;
      return (isRecord(row) ? own(row, second ?? '') : undefined) ?? fail(path, 'finds nothing in the map');
    },
  ],
]);
