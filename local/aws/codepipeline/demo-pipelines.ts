import { ACCOUNT, REGION } from '../account.ts';
import type { ActionDeclaration, Commit, SimulatedPipeline, StageDeclaration } from './pipeline.ts';

/** The topic of the approval in `shop-prod`; `listen.topics` in gatehouse.yml can name it. */
const APPROVALS_TOPIC = `arn:aws:sns:${REGION}:${ACCOUNT}:approvals`;

const aws = (
  category: ActionDeclaration['actionTypeId']['category'],
  provider: string,
): ActionDeclaration['actionTypeId'] => ({ category, owner: 'AWS', provider, version: '1' });

/** The function that says whether a release is good; the stage that the local stack is compiled for is `local`. */
const CHECK = 'CodeDeployHook_gatehouse-local';

const source = (application: string): StageDeclaration => ({
  name: 'Source',
  actions: [
    {
      name: 'Checkout',
      actionTypeId: aws('Source', 'CodeStarSourceConnection'),
      runOrder: 1,
      configuration: {
        ConnectionArn: `arn:aws:codeconnections:${REGION}:${ACCOUNT}:connection/6d1c0f6e-2b7a-4c55-9d0e-3a1f5b7c9e21`,
        FullRepositoryId: `acme/${application}`,
        BranchName: 'main',
      },
      outputArtifacts: [{ name: 'SourceOutput' }],
    },
  ],
});

const build = (application: string): StageDeclaration => ({
  name: 'Build',
  actions: [
    {
      name: 'Compile',
      actionTypeId: aws('Build', 'CodeBuild'),
      runOrder: 1,
      configuration: { ProjectName: `${application}-build` },
      inputArtifacts: [{ name: 'SourceOutput' }],
      outputArtifacts: [{ name: 'BuildOutput' }],
    },
  ],
});

const deploy = (application: string, group: string): StageDeclaration => ({
  name: 'Deploy',
  actions: [
    {
      name: 'Release',
      actionTypeId: aws('Deploy', 'CodeDeploy'),
      runOrder: 1,
      configuration: { ApplicationName: application, DeploymentGroupName: group },
      inputArtifacts: [{ name: 'BuildOutput' }],
    },
  ],
});

const approval = (name: string, configuration: Readonly<Record<string, string>>): ActionDeclaration => ({
  name,
  actionTypeId: aws('Approval', 'Manual'),
  runOrder: 1,
  configuration,
});

const commit = (
  id: string,
  message: string,
  authorName: string,
  authorId: string,
  repository = 'acme/shop',
): Commit => ({
  id,
  message,
  authorName,
  authorId,
  authorEmail: `${authorId}@example.com`,
  repository,
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

const ORDERS_COMMITS: readonly Commit[] = [
  commit(
    'a91f4c7d20e86b35f1c0d9a47e2b683c5d0f1e94',
    'Refuse orders without an address (#97)',
    'Grace Hopper',
    'grace',
    'acme/orders',
  ),
  commit(
    '5be2d08f7c61a943e0f8b5d2c94a1736f8d0e2c1',
    'Count vouchers once (#101)',
    'Ada Lovelace',
    'ada',
    'acme/orders',
  ),
];

const demo = (
  name: string,
  application: string,
  stages: readonly StageDeclaration[],
  commits: readonly Commit[],
): SimulatedPipeline => ({
  declaration: {
    name,
    roleArn: `arn:aws:iam::${ACCOUNT}:role/${application}-pipeline`,
    artifactStore: { type: 'S3', location: `${application}-pipeline-artifacts` },
    stages: [source(application), build(application), ...stages],
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
  commits,
  createdAt: Date.UTC(2026, 0, 12, 9),
});

const shop = (name: string, gate: ActionDeclaration, group: string): SimulatedPipeline =>
  demo(name, 'shop', [{ name: 'Approve', actions: [gate] }, deploy('shop', group)], COMMITS);

/** Asks a function whether the release is good, and again before it is deployed. */
const ORDERS_STAGES: readonly StageDeclaration[] = [
  {
    name: 'Validate',
    actions: [
      {
        name: 'Check',
        actionTypeId: aws('Invoke', 'Lambda'),
        runOrder: 1,
        namespace: 'Check',
        configuration: { FunctionName: CHECK },
        inputArtifacts: [{ name: 'BuildOutput' }],
      },
    ],
  },
  {
    ...deploy('orders', 'prod'),
    beforeEntry: {
      conditions: [
        {
          result: 'FAIL',
          rules: [
            {
              name: 'Ready',
              ruleTypeId: { category: 'Rule', owner: 'AWS', provider: 'LambdaInvoke', version: '1' },
              configuration: { FunctionName: CHECK },
            },
          ],
        },
      ],
    },
  },
];

/** The pipelines that the local stack starts with. They do nothing until somebody starts them. */
export const DEMO_PIPELINES: readonly SimulatedPipeline[] = [
  shop('shop-staging', approval('Approve', { CustomData: 'Goes to staging; one approval is enough.' }), 'staging'),
  shop(
    'shop-prod',
    approval('ProdGate', {
      NotificationArn: APPROVALS_TOPIC,
      CustomData: 'Check the basket and the delivery fee on staging first.',
      ExternalEntityLink: 'https://staging.shop.example.com',
    }),
    'prod',
  ),
  demo('orders-release', 'orders', ORDERS_STAGES, ORDERS_COMMITS),
];
