/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionTypeId.html */
export type ActionTypeId = {
  readonly category: 'Source' | 'Build' | 'Test' | 'Deploy' | 'Invoke' | 'Approval' | 'Compute';
  readonly owner: 'AWS' | 'ThirdParty' | 'Custom';
  readonly provider: string;
  readonly version: string;
};

export type ActionDeclaration = {
  readonly name: string;
  readonly actionTypeId: ActionTypeId;
  /** Left out: 1. Actions of the same order run side by side. */
  readonly runOrder?: number;
  readonly configuration?: Readonly<Record<string, string>>;
  /** Of an approval; left out: seven days. */
  readonly timeoutInMinutes?: number;
  /** What later actions call its output variables by. */
  readonly namespace?: string;
  readonly inputArtifacts?: readonly { readonly name: string }[];
  readonly outputArtifacts?: readonly { readonly name: string }[];
};

/** https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RuleDeclaration.html; other providers are not simulated. */
export type RuleDeclaration = {
  readonly name: string;
  readonly ruleTypeId: {
    readonly category: 'Rule';
    readonly owner: 'AWS';
    readonly provider: 'LambdaInvoke';
    readonly version: '1';
  };
  readonly configuration: Readonly<Record<string, string>>;
  readonly inputArtifacts?: readonly { readonly name: string }[];
  /** Left out: as long as an action may take that invokes a function. */
  readonly timeoutInMinutes?: number;
};

/** One to five rules, all of which have to succeed; `result` is what happens when one does not. */
export type Condition<Result extends string> = {
  readonly result: Result;
  readonly rules: readonly RuleDeclaration[];
};

/** AWS takes one condition of a kind. */
export type Conditions<Result extends string> = { readonly conditions: readonly [Condition<Result>] };

/** Conditions are for pipelines of type V2. */
export type StageDeclaration = {
  readonly name: string;
  readonly actions: readonly ActionDeclaration[];
  readonly beforeEntry?: Conditions<'FAIL' | 'SKIP'>;
  readonly onSuccess?: Conditions<'FAIL' | 'ROLLBACK'>;
};

/** A pipeline as GetPipeline tells it. */
export type PipelineDeclaration = {
  readonly name: string;
  readonly roleArn: string;
  readonly artifactStore: {
    readonly type: 'S3';
    readonly location: string;
    readonly encryptionKey?: { readonly id: string; readonly type: 'KMS' };
  };
  readonly stages: readonly StageDeclaration[];
  readonly version: number;
  readonly executionMode: 'SUPERSEDED' | 'QUEUED' | 'PARALLEL';
  readonly pipelineType: 'V1' | 'V2';
};

/** What an action does that neither waits for people nor invokes a function. */
export type Behaviour = {
  /** In milliseconds. */
  readonly takesMs: number;
  /** How many of its next runs fail; left out: none. */
  readonly failures?: number;
};

/** How jobs go that functions do for actions and rules; in milliseconds. What is left out is as on AWS. */
export type JobOptions = {
  /** Between a continuation token and the next call; AWS does not say. Left out: ten seconds. */
  readonly callAgainAfterMs?: number;
  /** How long a function may leave a call unanswered; left out: 20 minutes. */
  readonly silenceMs?: number;
  /** How long all calls may take together; left out: 24 hours. */
  readonly mostMs?: number;
  /** Whether the next call has the same job id; left out: each call has its own. */
  readonly keepsId?: boolean;
  /** Whether GetJobDetails names a rule where it names an action; AWS does not say. Left out: it does. */
  readonly namesRules?: boolean;
};

/** A commit that a source action finds. */
export type Commit = {
  readonly id: string;
  readonly message: string;
  readonly authorName: string;
  readonly authorId: string;
  readonly authorEmail: string;
  readonly repository: string;
  readonly branch: string;
};

/** A pipeline to simulate: what it is, and what its actions find and do. */
export type SimulatedPipeline = {
  readonly declaration: PipelineDeclaration;
  readonly home: { readonly partition: string; readonly region: string; readonly account: string };
  /** By `Stage/Action`. */
  readonly behaviours: ReadonlyMap<string, Behaviour>;
  /** Each execution takes the next, and after the last the first again. */
  readonly commits: readonly Commit[];
  /** In milliseconds, in place of what the approvals declare, which is five minutes at least. */
  readonly approvalTimeoutMs?: number;
  readonly jobs?: JobOptions;
  /** When it was made, in epoch milliseconds. */
  readonly createdAt: number;
};

export const actionKey = (stage: string, action: string): string => `${stage}/${action}`;

export const isApproval = ({ actionTypeId: { category, owner, provider } }: ActionDeclaration): boolean =>
  category === 'Approval' && owner === 'AWS' && provider === 'Manual';

export const isLambda = ({ actionTypeId: { category, owner, provider } }: ActionDeclaration): boolean =>
  category === 'Invoke' && owner === 'AWS' && provider === 'Lambda';

/** Between a continuation token and the next call, unless a pipeline says otherwise. */
export const CALL_AGAIN_MS = 10_000;

/**
 * The same pipeline with actions that take a part of their time only, and functions that are called again sooner; approvals
 * expire when they say, and functions may be silent as long as ever.
 */
export const faster = (pipeline: SimulatedPipeline, speed: number): SimulatedPipeline => ({
  ...pipeline,
  jobs: {
    ...pipeline.jobs,
    callAgainAfterMs: Math.round((pipeline.jobs?.callAgainAfterMs ?? CALL_AGAIN_MS) / speed),
  },
  behaviours: new Map(
    [...pipeline.behaviours].map(([key, behaviour]) => [
      key,
      { ...behaviour, takesMs: Math.round(behaviour.takesMs / speed) },
    ]),
  ),
});
