import * as v from 'valibot';
import type { JsonRecord } from '../../local/json.ts';
import type { ApprovalMessage } from '../../local/aws/codepipeline/approval-message.ts';
import type { JobCall } from '../../local/aws/codepipeline/job.ts';
import type {
  ActionDeclaration,
  PipelineDeclaration,
  RuleDeclaration,
  SimulatedPipeline,
  StageDeclaration,
} from '../../local/aws/codepipeline/pipeline.ts';
import { idlePipeline } from '../../local/aws/codepipeline/pipeline-state.ts';
import type { ActionRun, Execution, PipelineState } from '../../local/aws/codepipeline/pipeline-state.ts';
import { step } from '../../local/aws/codepipeline/step.ts';
import type { Command, Reply } from '../../local/aws/codepipeline/step.ts';
import { TEN_O_CLOCK } from './rollouts.ts';

const PROVIDERS: ReadonlyMap<ActionDeclaration['actionTypeId']['category'], string> = new Map([
  ['Source', 'CodeStarSourceConnection'],
  ['Build', 'CodeBuild'],
  ['Approval', 'Manual'],
]);

export const anAction = (
  name: string,
  category: ActionDeclaration['actionTypeId']['category'],
  more: Partial<ActionDeclaration> = {},
): ActionDeclaration => ({
  name,
  actionTypeId: { category, owner: 'AWS', provider: PROVIDERS.get(category) ?? 'CodeDeploy', version: '1' },
  ...more,
});

/** An action that has the function `check` do something. */
export const aLambdaAction = (name: string, more: Partial<ActionDeclaration> = {}): ActionDeclaration => ({
  name,
  actionTypeId: { category: 'Invoke', owner: 'AWS', provider: 'Lambda', version: '1' },
  configuration: { FunctionName: 'check' },
  ...more,
});

/** A rule that has the function `check` say whether it is met. */
export const aLambdaRule = (name: string, more: Partial<RuleDeclaration> = {}): RuleDeclaration => ({
  name,
  ruleTypeId: { category: 'Rule', owner: 'AWS', provider: 'LambdaInvoke', version: '1' },
  configuration: { FunctionName: 'check' },
  ...more,
});

/** Source of ten seconds, the stages that are told, and End of ten seconds. */
export const stagesWith = (...between: readonly StageDeclaration[]): readonly StageDeclaration[] => [
  {
    name: 'Source',
    actions: [anAction('Checkout', 'Source', { namespace: 'Git', outputArtifacts: [{ name: 'SourceOutput' }] })],
  },
  ...between,
  { name: 'End', actions: [anAction('Release', 'Deploy')] },
];

/** Source, Build, Approve/ProdGate and Deploy, each action of ten seconds. */
export const aPipeline = (
  declaration: Partial<PipelineDeclaration> = {},
  more: Partial<SimulatedPipeline> = {},
): SimulatedPipeline => ({
  declaration: {
    name: 'shop-prod',
    roleArn: 'arn:aws:iam::111122223333:role/shop',
    artifactStore: { type: 'S3', location: 'artifacts' },
    stages: [
      { name: 'Source', actions: [anAction('Checkout', 'Source', { outputArtifacts: [{ name: 'SourceOutput' }] })] },
      { name: 'Build', actions: [anAction('Compile', 'Build')] },
      { name: 'Approve', actions: [anAction('ProdGate', 'Approval')] },
      { name: 'Deploy', actions: [anAction('Release', 'Deploy')] },
    ],
    version: 7,
    executionMode: 'SUPERSEDED',
    pipelineType: 'V2',
    ...declaration,
  },
  home: { partition: 'aws', region: 'eu-west-1', account: '111122223333' },
  behaviours: new Map(
    ['Source/Checkout', 'Build/Compile', 'Build/Lint', 'Deploy/Release', 'End/Release'].map((key) => [
      key,
      { takesMs: 10_000 },
    ]),
  ),
  commits: [
    {
      id: 'c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef',
      message: 'Accept cards of two more banks',
      authorName: 'Linus Pauling',
      authorId: 'linus',
      authorEmail: 'linus@example.com',
      repository: 'acme/shop',
      branch: 'main',
    },
  ],
  createdAt: TEN_O_CLOCK,
  ...more,
});

/** A UUID that tells which one it is. */
const uuid = (count: number): string => `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;

const Detail = v.object({
  'execution-id': v.string(),
  stage: v.optional(v.string()),
  action: v.optional(v.string()),
  state: v.string(),
  'pipeline-execution-attempt': v.number(),
});

/** Drives one pipeline through time that is told, in seconds after ten o'clock. */
export const aDriver = (pipeline: SimulatedPipeline) => {
  let state: PipelineState = idlePipeline(pipeline);
  let ids = 0;
  let now = 0;
  const events: JsonRecord[] = [];
  const notifications: ApprovalMessage[] = [];
  const calls: JobCall[] = [];

  const at = (second: number, command: Command = { kind: 'wait' }): Reply => {
    now = second;
    const taken = step(state, command, TEN_O_CLOCK + second * 1_000, () => uuid((ids += 1)));
    state = taken.state;
    events.push(...taken.events);
    notifications.push(...taken.notifications);
    calls.push(...taken.calls);
    return taken.reply;
  };

  const start = (second: number, more: Partial<Extract<Command, { kind: 'start' }>> = {}): string => {
    const reply = at(second, { kind: 'start', by: BOB, ...more });
    return reply.kind === 'done' ? (reply.execution ?? '') : reply.code;
  };

  const actionsOf = (execution: string, stage = 'Approve'): readonly ActionRun[] =>
    state.executions.find(({ id }) => id === execution)?.runs.find((run) => run.stage === stage)?.actions ?? [];

  const tokenOf = (execution: string): string => actionsOf(execution).at(-1)?.token ?? '';

  return {
    at,
    start,
    state: () => state,
    now: () => now,
    events,
    notifications,
    /** Functions that were to be invoked. */
    calls,
    /** The job of the newest call. */
    job: (): string => calls.at(-1)?.job ?? '',
    actionsOf,
    tokenOf,
    answer: (
      second: number,
      token: string,
      verdict: 'Approved' | 'Rejected' = 'Approved',
      comment = 'Looks good',
    ): Reply =>
      at(second, { kind: 'answer', stage: 'Approve', action: 'ProdGate', token, verdict, comment, by: ALICE }),
    statusOf: (execution: string): Execution['status'] | undefined =>
      state.executions.find(({ id }) => id === execution)?.status,
    /** What the bus heard, one line an event: second, place, state, attempt. */
    story: (execution?: string): readonly string[] =>
      events.flatMap((event) => {
        const { 'execution-id': id, stage, action, state: word, ...detail } = v.parse(Detail, event['detail']);
        const second = (Date.parse(v.parse(v.string(), event['time'])) - TEN_O_CLOCK) / 1_000;
        const place = [stage ?? 'pipeline', action].filter((part) => part !== undefined).join('/');
        return execution === undefined || id === execution
          ? [`${second} ${place} ${word} ${detail['pipeline-execution-attempt']}`]
          : [];
      }),
  };
};

export const ALICE = 'arn:aws:iam::111122223333:user/alice';
export const BOB = 'arn:aws:iam::111122223333:user/bob';
