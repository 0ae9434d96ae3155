import { ACCOUNT, REGION } from '../account.ts';
import type { ActionDeclaration, Commit, SimulatedPipeline } from './pipeline.ts';

/** The topic of the approval in `shop-prod`; `listen.topics` in gatehouse.yml can name it. */
const APPROVALS_TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:approvals`;

const aws = (
  category: ActionDeclaration['actionTypeId']['category'],
  provider: string,
): ActionDeclaration['actionTypeId'] => ({ category, owner: 'AWS', provider, version: '1' });

const SOURCE: ActionDeclaration = {
  name: 'Checkout',
  actionTypeId: aws('Source', 'CodeStarSourceConnection'),
  runOrder: 1,
  configuration: {
    ConnectionArn: `arn:aws:codeconnections:${REGION}:${ACCOUNT}:connection/6d1c0f6e-2b7a-4c55-9d0e-3a1f5b7c9e21`,
    FullRepositoryId: 'acme/shop',
    BranchName: 'main',
  },
  outputArtifacts: [{ name: 'SourceOutput' }],
};

const BUILD: ActionDeclaration = {
  name: 'Compile',
  actionTypeId: aws('Build', 'CodeBuild'),
  runOrder: 1,
  configuration: { ProjectName: 'shop-build' },
  inputArtifacts: [{ name: 'SourceOutput' }],
  outputArtifacts: [{ name: 'BuildOutput' }],
};

const deploy = (group: string): ActionDeclaration => ({
  name: 'Release',
  actionTypeId: aws('Deploy', 'CodeDeploy'),
  runOrder: 1,
  configuration: { ApplicationName: 'shop', DeploymentGroupName: group },
  inputArtifacts: [{ name: 'BuildOutput' }],
});

const approval = (name: string, configuration: Readonly<Record<string, string>>): ActionDeclaration => ({
  name,
  actionTypeId: aws('Approval', 'Manual'),
  runOrder: 1,
  configuration,
});

const commit = (id: string, message: string, authorName: string, authorId: string): Commit => ({
  id,
  message,
  authorName,
  authorId,
  authorEmail: `${authorId}@example.com`,
  repository: 'acme/shop',
  branch: 'main',
});

const COMMITS: readonly Commit[] = [
  commit(
    '4f2a9c1e7b3d5a80c6e1f4b29d7083a5c1e6f2b4',
    'Keep the basket when a session ends (#412)',
    'Ada Lovelace',
    'ada',
  ),
  commit(
    'b81d3e60a94c27f5d0b6e8a13c7f92d45e0a6b18',
    'Charge the delivery fee once (#418)\n\nIt was added for each parcel.',
    'Grace Hopper',
    'grace',
  ),
  commit('0c7e5d92f1b84a36e9d0c2a7586f3b1e4d9a7c05', 'Show prices with tax (#421)', 'Linus Pauling', 'linus'),
];

const demo = (name: string, gate: ActionDeclaration, group: string): SimulatedPipeline => ({
  declaration: {
    name,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/shop-pipeline`,
    artifactStore: { type: 'S3', location: 'shop-pipeline-artifacts' },
    stages: [
      { name: 'Source', actions: [SOURCE] },
      { name: 'Build', actions: [BUILD] },
      { name: 'Approve', actions: [gate] },
      { name: 'Deploy', actions: [deploy(group)] },
    ],
    version: 7,
    executionMode: 'SUPERSEDED',
    pipelineType: 'V2',
  },
  home: { partition: 'aws', region: REGION, account: ACCOUNT },
  behaviours: new Map([
    ['Source/Checkout', { takesMs: 1_000 }],
    ['Build/Compile', { takesMs: 4_000 }],
    ['Deploy/Release', { takesMs: 3_000 }],
  ]),
  commits: COMMITS,
  createdAt: Date.UTC(2026, 0, 12, 9),
});

/** The pipelines that the local stack starts with. They do nothing until somebody starts them. */
export const DEMO_PIPELINES: readonly SimulatedPipeline[] = [
  demo('shop-staging', approval('Approve', { CustomData: 'Goes to staging; one approval is enough.' }), 'staging'),
  demo(
    'shop-prod',
    approval('ProdGate', {
      NotificationArn: APPROVALS_TOPIC,
      CustomData: 'Check the basket and the delivery fee on staging first.',
      ExternalEntityLink: 'https://staging.shop.example.com',
    }),
    'prod',
  ),
];
