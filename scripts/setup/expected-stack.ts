import * as v from 'valibot';
import { readEventRule } from '../../local/aws/event-rule.ts';
import type { EventRule } from '../../local/aws/event-rule.ts';
import { functionNameOf } from '../../local/lambda/event-sources.ts';
import { resolveTemplate } from '../../local/template/resolve-template.ts';
import type { Resource, Template } from '../../local/template/resolve-template.ts';
import type { Place } from './place.ts';

/** Whose account it is, as STS tells it. */
export type Identity = { readonly arn: string; readonly account: string; readonly partition: string };

/** What the repository, as it is now, would have deployed. */
export type ExpectedStack = {
  readonly functions: readonly ExpectedFunction[];
  readonly rules: readonly EventRule[];
  readonly queues: readonly ExpectedQueue[];
  readonly mappings: readonly { readonly functionName: string; readonly queueArn: string }[];
  /** Functions that rules call themselves, and so have to be allowed to. */
  readonly invocations: readonly { readonly functionName: string; readonly ruleArn: string }[];
  readonly tables: readonly string[];
  readonly topics: readonly { readonly name: string; readonly arn: string }[];
};

export type ExpectedFunction = {
  readonly name: string;
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What its role allows it. */
  readonly permissions: readonly { readonly actions: readonly string[]; readonly resource: string }[];
};

export type ExpectedQueue = {
  readonly name: string;
  readonly arn: string;
  readonly url: string;
  /** The queue whose messages end here. */
  readonly deadLettersOf: string | undefined;
  /** Rules that send here. */
  readonly senders: readonly string[];
  /** Whether messages here mean that something went wrong. */
  readonly forDeadLetters: boolean;
};

const OneOrMore = v.pipe(
  v.union([v.string(), v.array(v.string())]),
  v.transform((written) => [written].flat()),
);

const LambdaFunction = v.object({
  Runtime: v.string(),
  Role: v.string(),
  Environment: v.optional(v.object({ Variables: v.record(v.string(), v.pipe(v.unknown(), v.transform(String))) }), {
    Variables: {},
  }),
});

const Role = v.object({
  Policies: v.optional(
    v.array(
      v.object({
        PolicyDocument: v.object({
          Statement: v.array(v.object({ Effect: v.string(), Action: OneOrMore, Resource: OneOrMore })),
        }),
      }),
    ),
    [],
  ),
});

const Queue = v.object({ RedrivePolicy: v.optional(v.object({ deadLetterTargetArn: v.string() })) });
const Mapping = v.object({ EventSourceArn: v.string(), FunctionName: v.string() });
const Permission = v.object({ FunctionName: v.string(), SourceArn: v.optional(v.string()) });

/** Reads out of the compiled template what has to be there in an account and a place, or says why that cannot be told. */
export const expectStack = (
  template: Template,
  identity: Identity,
  place: Place,
): ExpectedStack | { readonly problem: string } => {
  try {
    return readStack(template, identity, place);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
};

const readStack = (template: Template, { account, partition }: Identity, { region, local }: Place): ExpectedStack => {
  const suffix = partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
  const resourcesOf = resolveTemplate(template, {
    region,
    account,
    partition,
    stackName: 'gatehouse',
    endpoint: local ?? `https://sqs.${region}.${suffix}`,
  });
  const rules = resourcesOf('AWS::Events::Rule').map(readEventRule);
  const roles = new Map(
    resourcesOf('AWS::IAM::Role').map(({ arn, properties }) => [arn, v.parse(Role, properties).Policies] as const),
  );
  return {
    functions: resourcesOf('AWS::Lambda::Function').map(({ name, properties }) => {
      const { Runtime, Role: role, Environment } = v.parse(LambdaFunction, properties);
      const statements = (roles.get(role) ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
      return {
        name,
        runtime: Runtime,
        environment: Environment.Variables,
        permissions: statements
          .filter(({ Effect }) => Effect === 'Allow')
          .flatMap(({ Action, Resource }) => Resource.map((resource) => ({ actions: Action, resource }))),
      };
    }),
    rules,
    queues: expectQueues(resourcesOf('AWS::SQS::Queue'), rules),
    mappings: resourcesOf('AWS::Lambda::EventSourceMapping').map(({ properties }) => {
      const { EventSourceArn, FunctionName } = v.parse(Mapping, properties);
      return { functionName: functionNameOf(FunctionName), queueArn: EventSourceArn };
    }),
    invocations: resourcesOf('AWS::Lambda::Permission').flatMap(({ properties }) => {
      const { FunctionName, SourceArn } = v.parse(Permission, properties);
      return SourceArn?.includes(':rule/') === true
        ? [{ functionName: functionNameOf(FunctionName), ruleArn: SourceArn }]
        : [];
    }),
    tables: resourcesOf('AWS::DynamoDB::Table').map(({ name }) => name),
    topics: resourcesOf('AWS::SNS::Topic').map(({ name, arn }) => ({ name, arn })),
  };
};

const expectQueues = (queues: readonly Resource[], rules: readonly EventRule[]): readonly ExpectedQueue[] => {
  const deadLetterArns = queues.map(({ properties }) => v.parse(Queue, properties).RedrivePolicy?.deadLetterTargetArn);
  return queues.map(({ name, arn, ref }) => {
    const source = queues[deadLetterArns.indexOf(arn)];
    const senders = rules.filter(({ targets }) =>
      targets.some(({ Arn, DeadLetterConfig }) => Arn === arn || DeadLetterConfig?.Arn === arn),
    );
    const buries = rules.some(({ targets }) => targets.some(({ DeadLetterConfig }) => DeadLetterConfig?.Arn === arn));
    return {
      name,
      arn,
      url: ref,
      deadLettersOf: source?.name,
      senders: senders.map((rule) => rule.arn),
      forDeadLetters: source !== undefined || buries,
    };
  });
};

/** The value of a variable that some function has. */
export const variableOf = ({ functions }: ExpectedStack, name: string): string | undefined =>
  functions.map(({ environment }) => environment[name]).find((value) => value !== undefined);
