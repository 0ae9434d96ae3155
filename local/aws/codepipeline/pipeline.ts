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
  readonly inputArtifacts?: readonly { readonly name: string }[];
  readonly outputArtifacts?: readonly { readonly name: string }[];
};

export type StageDeclaration = { readonly name: string; readonly actions: readonly ActionDeclaration[] };

/** A pipeline as GetPipeline tells it. */
export type PipelineDeclaration = {
  readonly name: string;
  readonly roleArn: string;
  readonly artifactStore: { readonly type: 'S3'; readonly location: string };
  readonly stages: readonly StageDeclaration[];
  readonly version: number;
  readonly executionMode: 'SUPERSEDED' | 'QUEUED' | 'PARALLEL';
  readonly pipelineType: 'V1' | 'V2';
};

/** What an action other than an approval does. */
export type Behaviour = {
  /** In milliseconds. */
  readonly takesMs: number;
  /** How many of its next runs fail; left out: none. */
  readonly failures?: number;
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
  /** When it was made, in epoch milliseconds. */
  readonly createdAt: number;
};

export const actionKey = (stage: string, action: string): string => `${stage}/${action}`;

export const isApproval = ({ actionTypeId: { category, owner, provider } }: ActionDeclaration): boolean =>
  category === 'Approval' && owner === 'AWS' && provider === 'Manual';

/** The same pipeline with actions that take a part of their time only; approvals expire when they say. */
export const faster = (pipeline: SimulatedPipeline, speed: number): SimulatedPipeline => ({
  ...pipeline,
  behaviours: new Map(
    [...pipeline.behaviours].map(([key, behaviour]) => [
      key,
      { ...behaviour, takesMs: Math.round(behaviour.takesMs / speed) },
    ]),
  ),
});
