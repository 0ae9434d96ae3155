/** A parameter of SSM; the value goes nowhere but to Slack. */
export type Parameter = { readonly type: string; readonly value: string };

/** A rule as EventBridge has it. */
export type DeployedRule = {
  readonly state: string;
  readonly pattern: unknown;
  readonly schedule: string | undefined;
};

export type DeployedTarget = { readonly arn: string; readonly deadLetterArn: string | undefined };

/** A queue as SQS has it. */
export type DeployedQueue = { readonly messages: number; readonly policy: unknown };

/** A function as Lambda has it. */
export type DeployedFunction = {
  readonly runtime: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly state: string;
  readonly update: string;
  readonly role: string;
};

export type DeployedMapping = { readonly id: string; readonly queueArn: string; readonly state: string };

/** What IAM says of a role: one entry for each action on a resource. */
export type Simulated = { readonly action: string; readonly resource: string; readonly decision: string };

/** A topic as SNS has it. */
export type DeployedTopic = {
  readonly policy: unknown;
  readonly confirmed: number;
  readonly pending: number;
  /** The key it is encrypted with, if any. */
  readonly key: string | undefined;
};
