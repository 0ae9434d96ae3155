import * as v from 'valibot';
import { parse } from 'yaml';

/** The lifecycle events of a deployment in their order, by platform; those at which functions are called are hooks. */
export const LIFECYCLE = {
  Lambda: ['BeforeAllowTraffic', 'AllowTraffic', 'AfterAllowTraffic'],
  ECS: [
    'BeforeInstall',
    'Install',
    'AfterInstall',
    'AllowTestTraffic',
    'AfterAllowTestTraffic',
    'BeforeAllowTraffic',
    'AllowTraffic',
    'AfterAllowTraffic',
  ],
} as const;

export type LifecycleEventName = (typeof LIFECYCLE)['ECS'][number];

const HOOKS = {
  Lambda: ['BeforeAllowTraffic', 'AfterAllowTraffic'],
  ECS: ['BeforeInstall', 'AfterInstall', 'AfterAllowTestTraffic', 'BeforeAllowTraffic', 'AfterAllowTraffic'],
} as const;

/** The functions that are called, by lifecycle event. */
export type Hooks = Readonly<Partial<Record<LifecycleEventName, string>>>;

/** What is deployed, as an AppSpec says it. */
export type AppSpec =
  | {
      readonly platform: 'Lambda';
      readonly functionName: string;
      readonly alias: string;
      readonly currentVersion: string;
      readonly targetVersion: string;
      readonly hooks: Hooks;
    }
  | { readonly platform: 'ECS'; readonly taskDefinition: string; readonly hooks: Hooks };

const Text = v.pipe(v.union([v.string(), v.number()]), v.transform(String), v.minLength(1));

const LambdaResource = v.object({
  Type: v.literal('AWS::Lambda::Function'),
  Properties: v.object({ Name: Text, Alias: Text, CurrentVersion: Text, TargetVersion: Text }),
});

const EcsResource = v.object({
  Type: v.literal('AWS::ECS::Service'),
  Properties: v.object({
    TaskDefinition: Text,
    LoadBalancerInfo: v.object({ ContainerName: Text, ContainerPort: v.number() }),
  }),
});

const Content = v.object({
  version: v.picklist([0, '0.0'], 'has to be 0.0'),
  Resources: v.pipe(
    v.array(v.record(v.string(), v.unknown())),
    v.length(1, 'has to name one resource'),
    v.transform(([first]) => Object.values(first ?? {})),
    v.length(1, 'has to name one resource'),
  ),
  Hooks: v.optional(v.array(v.record(v.string(), Text))),
  hooks: v.optional(v.array(v.record(v.string(), Text))),
});

/** Reads an AppSpec, YAML or JSON, for a platform; a text says what is wrong with it. */
export const readAppSpec = (content: string, platform: keyof typeof LIFECYCLE): AppSpec | string => {
  const read = v.safeParse(Content, parseText(content));
  if (!read.success) {
    return `The AppSpec file is not valid: ${v.summarize(read.issues)}`;
  }
  const { Resources, Hooks: upper, hooks: lower } = read.output;
  const hooks: Partial<Record<LifecycleEventName, string>> = {};
  for (const [event, called] of (upper ?? lower ?? []).flatMap((each) => Object.entries(each))) {
    const hook = HOOKS[platform].find((name) => name === event);
    if (hook === undefined) {
      return `The AppSpec file is not valid: ${event} is no hook of a deployment to ${platform}.`;
    }
    hooks[hook] = called;
  }
  if (platform === 'Lambda') {
    const resource = v.safeParse(LambdaResource, Resources[0]);
    return resource.success
      ? {
          platform,
          functionName: nameOf(resource.output.Properties.Name),
          alias: resource.output.Properties.Alias,
          currentVersion: resource.output.Properties.CurrentVersion,
          targetVersion: resource.output.Properties.TargetVersion,
          hooks,
        }
      : `The AppSpec file is not valid for Lambda: ${v.summarize(resource.issues)}`;
  }
  const resource = v.safeParse(EcsResource, Resources[0]);
  return resource.success
    ? { platform, taskDefinition: lastPart(resource.output.Properties.TaskDefinition), hooks }
    : `The AppSpec file is not valid for ECS: ${v.summarize(resource.issues)}`;
};

const parseText = (content: string): unknown => {
  try {
    const parsed: unknown = parse(content);
    return parsed;
  } catch {
    return undefined;
  }
};

/** `orders` of a function's ARN; a name itself. */
const nameOf = (reference: string): string => /:function:([^:]+)/.exec(reference)?.[1] ?? reference;

/** `web:2` of a task definition's ARN; a family and revision themselves. */
const lastPart = (text: string): string => text.split('/').at(-1) ?? text;
