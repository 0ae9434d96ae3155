import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { matchesGlob } from '../../shared/routing/glob.ts';
import { packaged, PolicyDocument, readRole } from '../support/packaged.ts';
import type { Packaged, Statement } from '../support/packaged.ts';

/** Actions that name their resources by a pattern, and why they cannot but. */
const PATTERNS: ReadonlyMap<string, string> = new Map([
  ['logs:CreateLogStream', "Lambda names the streams of the function's own group."],
  ['logs:PutLogEvents', "Lambda names the streams of the function's own group."],
  ['codepipeline:GetPipeline', 'A route that names no pipeline is about every one.'],
  ['codepipeline:GetPipelineExecution', 'A route that names no pipeline is about every one.'],
  ['codepipeline:ListPipelineExecutions', 'A route that names no pipeline is about every one.'],
  ['codepipeline:ListActionExecutions', 'A route that names no pipeline is about every one.'],
  ['codepipeline:GetPipelineState', 'A gate that names no pipeline is about every one.'],
  ['codepipeline:PutApprovalResult', 'A gate that names no stage or action is about every one of its pipelines.'],
  ['codedeploy:GetDeployment', 'A route that names no deployment group is about every one.'],
  ['ecs:ContinueServiceDeployment', 'The id of a deployment is made when it begins.'],
  ['ecs:DescribeServiceRevisions', 'The number of a revision is made when it is deployed.'],
  ['ecs:ListServiceDeployments', 'A route that names no service is about every one.'],
  ['ecs:DescribeServiceDeployments', 'The id of a deployment is made when it begins.'],
  ['codedeploy:BatchGetDeployments', 'A route that names no deployment group is about every one.'],
  ['codedeploy:PutLifecycleEventHookExecutionStatus', 'Any deployment group may call the hook.'],
  ['codedeploy:BatchGetDeploymentTargets', 'IAM knows no resource for it.'],
  ['codedeploy:ListDeploymentTargets', 'IAM knows no resource for it.'],
  ['codepipeline:GetJobDetails', 'IAM knows no resource for it.'],
  ['codepipeline:PutJobFailureResult', 'IAM knows no resource for it.'],
  ['codepipeline:PutJobSuccessResult', 'IAM knows no resource for it.'],
  ['elasticloadbalancing:DescribeTargetGroups', 'IAM knows no resource for it.'],
  ['elasticloadbalancing:DescribeTargetHealth', 'IAM knows no resource for it.'],
  ['cloudwatch:DescribeAlarms', 'Templates name the alarms of a suite.'],
  ['cloudwatch:GetMetricData', 'IAM knows no resource for it.'],
  ['codedeploy:GetDeploymentConfig', 'A deployment may name any configuration.'],
  ['codedeploy:StopDeployment', 'A suite that watches traffic may name its deployment groups by a pattern.'],
  ['lambda:InvokeFunction', 'The number of a version is made when it is deployed.'],
]);

/** Actions for which IAM knows no resource, where it is `*`. */
const WITHOUT_RESOURCE: ReadonlySet<string> = new Set([
  'cloudwatch:GetMetricData',
  'codedeploy:BatchGetDeploymentTargets',
  'codedeploy:ListDeploymentTargets',
  // Jobs: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html
  'codepipeline:GetJobDetails',
  'codepipeline:PutJobFailureResult',
  'codepipeline:PutJobSuccessResult',
  // Targets are described to whoever may describe any: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awselasticloadbalancingv2.html
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
]);

const GOLDEN = 'permissions.golden.yml';

const HEADER = `# What each function may do, and to what: as packaged for the stage "test" with the gatehouse.yml of this repository.
# Renew it with \`npx vitest run test/contract/permissions.test.ts -u\`, and read the diff as a change of what can go wrong.
`;

let stack: Packaged;

beforeAll(async () => {
  stack = await packaged();
});

const named = (service: string, name: string): string => `arn:aws:${service}:${REGION}:${ACCOUNT}:${name}`;

/** The functions by their short names, with what each may do. */
const functions = () =>
  stack.resources('AWS::Lambda::Function').map(({ name, properties }) => {
    const role = stack.resources('AWS::IAM::Role').find(({ arn }) => arn === properties['Role']);
    if (role === undefined) {
      throw new Error(`${name} has no role of this stack`);
    }
    return {
      name: name.replace('gatehouse-test-', '').replace('CodeDeployHook_gatehouse-test', 'validate'),
      role: role.logicalId,
      ...readRole(role),
    };
  });

const grants = () => functions().flatMap(({ statements }) => statements);

describe('a role', () => {
  it('is one function’s, and no other’s', () => {
    const roles = functions().map(({ role }) => role);
    expect(roles.sort()).toEqual(
      stack
        .resources('AWS::IAM::Role')
        .map(({ logicalId }) => logicalId)
        .sort(),
    );
    expect(new Set(roles).size).toBe(roles.length);
  });

  it('is assumed by Lambda only', () => {
    const lambda = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['sts:AssumeRole'] };
    expect(functions().map(({ trusts }) => trusts)).toEqual(Array(6).fill([{ ...lambda, Resource: [] }]));
  });

  it('has nothing but policies of its own: no policy of AWS grants more than is written here', () => {
    expect(functions().map(({ rest }) => rest)).toEqual(Array(6).fill({}));
  });

  it('S47: names no action by a pattern', () => {
    expect(grants().flatMap(({ Action }) => Action.filter((action) => /[*?]/.test(action)))).toEqual([]);
  });

  it('S47: names resources of this account and region, and by a pattern only where there is a reason', () => {
    const patterns = new Set<string>();
    for (const { Action, Resource } of grants()) {
      const isAnywhere = Action.every((action) => WITHOUT_RESOURCE.has(action));
      for (const arn of Resource) {
        expect(isAnywhere && arn === '*' ? named('any', 'x') : arn).toMatch(/^arn:aws:[a-z]+:us-east-1:000000000000:./);
        if (/[*?]/.test(arn)) {
          Action.forEach((action) => patterns.add(action));
        }
      }
    }
    expect([...patterns].sort()).toEqual([...PATTERNS.keys()].sort());
  });

  it('allows, and has no condition that would have to be understood first', () => {
    const odd = grants().filter(({ Effect, Condition }) => Effect !== 'Allow' || Condition !== undefined);
    expect(odd).toEqual([]);
  });

  it('reaches no service that could change permissions, code or other people’s data', () => {
    const services = new Set(grants().flatMap(({ Action }) => Action.map((action) => action.split(':')[0])));
    expect([...services].sort()).toEqual([
      'cloudwatch',
      'codedeploy',
      'codepipeline',
      'dynamodb',
      'ecs',
      // The targets of load balancers, to be read.
      'elasticloadbalancing',
      // The functions that suites invoke, and nothing else: the golden file names them.
      'lambda',
      'logs',
      'sns',
      'sqs',
      'ssm',
    ]);
  });

  it('S48: allows each function what the golden file says, action by action', async () => {
    const matrix = Object.fromEntries(
      functions().map(({ name, statements }) => {
        const actions = [...new Set(statements.flatMap(({ Action }) => Action))].sort();
        const resourcesOf = (action: string) =>
          statements.filter(({ Action }) => Action.includes(action)).flatMap(({ Resource }) => Resource);
        return [name, Object.fromEntries(actions.map((action) => [action, resourcesOf(action).sort()]))];
      }),
    );
    await expect(HEADER + stringify(matrix, { lineWidth: 0, singleQuote: true })).toMatchFileSnapshot(GOLDEN);
  });
});

/** Whether IAM lets a function do it: nothing that no statement allows, and no statement of a role denies. */
const may = (who: string, action: string, arn: string): boolean =>
  functions()
    .filter(({ name }) => name === who)
    .some(({ statements }) =>
      statements.some(
        ({ Action, Resource }) => Action.includes(action) && Resource.some((pattern) => matchesGlob(pattern, arn)),
      ),
    );

const EVERYBODY = ['notify', 'deliver', 'decide', 'interact', 'validate', 'sweep'];

describe('a verdict', () => {
  const group = named('codedeploy', 'deploymentgroup:orders/prod');

  it('may be told by whoever reaches it, and by the sweep should nobody else (F57)', () => {
    const who = EVERYBODY.filter((one) => may(one, 'codedeploy:PutLifecycleEventHookExecutionStatus', group));
    expect(who).toEqual(['validate', 'sweep']);
  });

  it('is told to a pipeline by whoever has its job, and by nobody else', () => {
    expect(EVERYBODY.filter((one) => may(one, 'codepipeline:PutJobSuccessResult', '*'))).toEqual(['validate']);
  });

  it.each([
    ['codedeploy:GetDeployment', group],
    ['codedeploy:ListDeploymentTargets', '*'],
    ['codedeploy:BatchGetDeploymentTargets', '*'],
    ['codepipeline:GetJobDetails', '*'],
    ['codepipeline:PutJobSuccessResult', '*'],
    ['codepipeline:PutJobFailureResult', '*'],
    ['dynamodb:PutItem', named('dynamodb', 'table/gatehouse-test')],
    ['sqs:SendMessage', named('sqs', 'gatehouse-test-checks')],
  ])('is reached by who may %s (F57)', (action, arn) => {
    expect(may('validate', action, arn)).toBe(true);
  });

  it.each([
    ['codedeploy:StopDeployment', group],
    ['codedeploy:ContinueDeployment', group],
    ['codedeploy:CreateDeployment', group],
    ['lambda:UpdateAlias', named('lambda', 'function:orders:live')],
    ['codepipeline:PutApprovalResult', named('codepipeline', 'shop-prod/Approve/ProdGate')],
    ['codepipeline:StopPipelineExecution', named('codepipeline', 'shop-prod')],
    ['codepipeline:RetryStageExecution', named('codepipeline', 'shop-prod/Deploy')],
  ])('is all that who reaches it may do to a deployment: not %s', (action, arn) => {
    expect(may('validate', action, arn)).toBe(false);
  });
});

describe('an approval', () => {
  const PUT = 'codepipeline:PutApprovalResult';
  const approval = named('codepipeline', 'shop-prod/Approve/ProdGate');

  it('is decided by decide alone (S24)', () => {
    expect(EVERYBODY.filter((who) => may(who, PUT, approval))).toEqual(['decide']);
  });

  it.each([
    ['of a pipeline that gatehouse.yml names no gate for', PUT, named('codepipeline', 'shop-dev/Approve/ProdGate')],
    ['of another account', PUT, approval.replace(ACCOUNT, '444455556666')],
    ['of another region', PUT, approval.replace(REGION, 'eu-north-1')],
    ['by starting the pipeline', 'codepipeline:StartPipelineExecution', named('codepipeline', 'shop-prod')],
    ['by retrying the stage', 'codepipeline:RetryStageExecution', named('codepipeline', 'shop-prod/Approve')],
    ['by stopping the execution', 'codepipeline:StopPipelineExecution', named('codepipeline', 'shop-prod')],
    ['by passing it by', 'codepipeline:UpdatePipeline', named('codepipeline', 'shop-prod')],
  ])('is not decided %s (S24)', (_what, action, arn) => {
    expect(may('decide', action, arn)).toBe(false);
  });
});

/** The statements of the policies of a type of resource, by the names of what they protect. */
const policies = (type: string, protects: string): Readonly<Record<string, readonly Statement[]>> => {
  const read = stack.resources(type).flatMap(({ properties }) => {
    const { Statement } = v.parse(PolicyDocument, properties['PolicyDocument']);
    const names = v.parse(v.array(v.string()), properties[protects]);
    return names.map((name) => [name.split(/[/:]/).at(-1) ?? '', Statement] as const);
  });
  // CloudFormation would let a second policy of a queue replace the first.
  expect(new Set(read.map(([name]) => name)).size).toBe(read.length);
  return Object.fromEntries(read);
};

const overTlsOnly = (Action: string, ...Resource: readonly string[]) => ({
  Effect: 'Deny',
  Principal: '*',
  Action: [Action],
  Resource,
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
});

describe('a queue', () => {
  const fromRules = (queue: string, ...rules: readonly string[]) => ({
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: ['sqs:SendMessage'],
    Resource: [named('sqs', queue)],
    Condition: {
      ArnEquals: { 'aws:SourceArn': rules.map((rule) => named('events', `rule/gatehouse-test-${rule}`)) },
    },
  });

  it('S49: takes messages of our rules only, and over TLS only', () => {
    const others = overTlsOnly(
      'sqs:*',
      ...[
        'events-dead',
        'wake-ups.fifo',
        'wake-ups-dead.fifo',
        'votes.fifo',
        'votes-dead.fifo',
        'checks',
        'checks-dead',
      ].map((name) => named('sqs', `gatehouse-test-${name}`)),
    );
    expect(policies('AWS::SQS::QueuePolicy', 'Queues')).toEqual({
      'gatehouse-test-events': [
        fromRules('gatehouse-test-events', 'codepipeline', 'codedeploy', 'ecs'),
        overTlsOnly('sqs:*', named('sqs', 'gatehouse-test-events')),
      ],
      'gatehouse-test-rules-dead': [
        fromRules('gatehouse-test-rules-dead', 'codepipeline', 'codedeploy', 'ecs', 'sweep'),
        overTlsOnly('sqs:*', named('sqs', 'gatehouse-test-rules-dead')),
      ],
      'gatehouse-test-events-dead': [others],
      'gatehouse-test-wake-ups.fifo': [others],
      'gatehouse-test-wake-ups-dead.fifo': [others],
      'gatehouse-test-votes.fifo': [others],
      'gatehouse-test-votes-dead.fifo': [others],
      'gatehouse-test-checks': [others],
      'gatehouse-test-checks-dead': [others],
    });
    expect(Object.keys(policies('AWS::SQS::QueuePolicy', 'Queues')).sort()).toEqual(
      stack
        .resources('AWS::SQS::Queue')
        .map(({ name }) => name)
        .sort(),
    );
  });
});

describe('a topic', () => {
  /** What SNS gives every topic that has no policy. */
  const toItsAccount = (topic: string) => ({
    Effect: 'Allow',
    Principal: { AWS: '*' },
    Action: [
      'sns:GetTopicAttributes',
      'sns:SetTopicAttributes',
      'sns:AddPermission',
      'sns:RemovePermission',
      'sns:DeleteTopic',
      'sns:Subscribe',
      'sns:ListSubscriptionsByTopic',
      'sns:Publish',
    ],
    Resource: [named('sns', topic)],
    Condition: { StringEquals: { 'aws:SourceOwner': ACCOUNT } },
  });

  it('S49: is open to its own account over TLS, and the one for alarms to CloudWatch of that account', () => {
    expect(policies('AWS::SNS::TopicPolicy', 'Topics')).toEqual({
      'gatehouse-test-releases': [
        toItsAccount('gatehouse-test-releases'),
        overTlsOnly('sns:Publish', named('sns', 'gatehouse-test-releases')),
      ],
      'gatehouse-test-alarms': [
        toItsAccount('gatehouse-test-alarms'),
        {
          Effect: 'Allow',
          Principal: { Service: 'cloudwatch.amazonaws.com' },
          Action: ['sns:Publish'],
          Resource: [named('sns', 'gatehouse-test-alarms')],
          Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
        },
        overTlsOnly('sns:Publish', named('sns', 'gatehouse-test-alarms')),
      ],
    });
    expect(Object.keys(policies('AWS::SNS::TopicPolicy', 'Topics')).sort()).toEqual(
      stack
        .resources('AWS::SNS::Topic')
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('has no key unless the stage names one: CloudWatch cannot publish through alias/aws/sns', () => {
    expect(stack.resources('AWS::SNS::Topic').map(({ properties }) => properties['KmsMasterKeyId'])).toEqual([
      undefined,
      undefined,
    ]);
  });
});

describe('a function', () => {
  it('is called by nobody but the rule that wakes the sweep and the one route of the HTTP API', () => {
    const [api] = stack.resources('AWS::ApiGatewayV2::Api');
    expect(stack.resources('AWS::Lambda::Permission').map(({ properties }) => properties)).toEqual([
      {
        FunctionName: 'gatehouse-test-sweep',
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: named('events', 'rule/gatehouse-test-sweep'),
      },
      {
        FunctionName: 'gatehouse-test-interact',
        Action: 'lambda:InvokeFunction',
        Principal: 'apigateway.amazonaws.com',
        SourceArn: named('execute-api', `${api?.ref ?? ''}/*/POST/slack`),
      },
    ]);
  });

  it('has no door to the internet but that', () => {
    const doors = Object.values(stack.template.Resources).filter(({ Type }) =>
      /::Url$|ApiGateway|LoadBalancing/.test(Type),
    );
    expect(doors.map(({ Type }) => Type)).toEqual([
      'AWS::ApiGatewayV2::Api',
      'AWS::ApiGatewayV2::Integration',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::Stage',
    ]);
  });
});
