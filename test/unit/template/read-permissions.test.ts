import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideApprovals,
  decideDeployments,
  decideServices,
  readDeployments,
  readGatedPipelines,
  readGatedRevisions,
  readPipelines,
  readServiceDeployments,
  readServices,
} from '../../../scripts/read-permissions.ts';
import type { Config, GateMatch, Match } from '../../../shared/config/config.ts';
import { policyAt } from '../../../shared/gate/policy.ts';
import { matchesGlob } from '../../../shared/routing/glob.ts';
import { aPolicy, POINT } from '../../support/gates.ts';

const configOf = (...matches: readonly Match[]): Config => ({
  slack: { workspace: 'T1', channels: { deployments: 'C1' } },
  environments: [],
  routes: matches.map((match) => ({ match, to: [{ kind: 'slack', channel: 'C1' }] })),
});

const statement = (action: string, ...arns: readonly string[]) => ({
  Effect: 'Allow' as const,
  Action: [action],
  Resource: arns.map((arn) => ({ 'Fn::Sub': arn })),
});

const PLACE = '${AWS::Region}:${AWS::AccountId}';
const pipelines = (...names: readonly string[]) =>
  statement('codepipeline:GetPipeline', ...names.map((name) => `arn:\${AWS::Partition}:codepipeline:${PLACE}:${name}`));
const groups = (...names: readonly string[]) =>
  statement(
    'codedeploy:GetDeployment',
    ...names.map((name) => `arn:\${AWS::Partition}:codedeploy:${PLACE}:deploymentgroup:${name}`),
  );

const services = (...names: readonly string[]) =>
  statement(
    'ecs:ListServiceDeployments',
    ...names.map((name) => `arn:\${AWS::Partition}:ecs:${PLACE}:service/${name}`),
  );

const NOTHING = { pipelines: undefined, deployments: undefined, services: undefined };

const granted = (...matches: readonly Match[]) => {
  const config = configOf(...matches);
  return {
    pipelines: readPipelines(config, ['codepipeline:GetPipeline']),
    deployments: readDeployments(config, ['codedeploy:GetDeployment']),
    services: readServices(config, ['ecs:ListServiceDeployments']),
  };
};

describe('what notify may read', () => {
  it('is every pipeline, deployment and service of the place where a route asks for nothing', () => {
    const everything = { pipelines: pipelines('*'), deployments: groups('*/*'), services: services('*/*') };
    expect(granted({})).toEqual(everything);
    expect(granted({ source: [], pipeline: [], application: [] })).toEqual(everything);
    expect(granted({ state: ['failed'], account: ['111122223333'], region: ['eu-*'] })).toEqual(everything);
  });

  it.each<[string, Match, ReturnType<typeof granted>]>([
    ['pipelines', { pipeline: ['shop-*', 'till'] }, { ...NOTHING, pipelines: pipelines('shop-*', 'till') }],
    ['a stage', { stage: ['Deploy'] }, { ...NOTHING, pipelines: pipelines('*'), services: services('*/*') }],
    ['an action', { action: ['Release'] }, { ...NOTHING, pipelines: pipelines('*') }],
    ['codepipeline', { source: ['codepipeline'] }, { ...NOTHING, pipelines: pipelines('*') }],
    ['codedeploy', { source: ['codedeploy'] }, { ...NOTHING, deployments: groups('*/*') }],
    ['ecs', { source: ['ecs'] }, { ...NOTHING, services: services('*/*') }],
    ['a group', { group: ['prod'] }, { ...NOTHING, deployments: groups('*/prod') }],
    ['a service', { service: ['shop'] }, { ...NOTHING, services: services('*/shop') }],
    [
      'services of a cluster',
      { cluster: ['prod'], service: ['a', 'b*'] },
      { ...NOTHING, services: services('prod/a', 'prod/b*') },
    ],
    [
      'applications and groups',
      { application: ['shop', 'till-?'], group: ['blue', 'green'] },
      { ...NOTHING, deployments: groups('shop/blue', 'shop/green', 'till-?/blue', 'till-?/green') },
    ],
  ])('is what a route asks for: %s', (_what, match, expected) => {
    expect(granted(match)).toEqual(expected);
  });

  it('names nothing twice, and nothing that something wider covers', () => {
    expect(granted({ pipeline: ['shop-prod', 'till'] }, { pipeline: ['shop-*', 'till', 'shop-*-prod'] })).toEqual({
      ...NOTHING,
      pipelines: pipelines('till', 'shop-*'),
    });
    expect(
      granted(
        { application: ['shop'], group: ['prod'] },
        { application: ['sh*'], group: ['prod'] },
        { application: ['shop'], group: ['*'] },
      ).deployments,
    ).toEqual(groups('sh*/prod', 'shop/*'));
    expect(granted({ pipeline: ['**', '*', '***'] }).pipelines).toEqual(pipelines('**'));
  });

  it('gives a name no meaning that only IAM or CloudFormation knows', () => {
    expect(granted({ application: ['${aws:username}'], group: ['$1'] }).deployments).toEqual(
      groups('${!$}{aws:username}/${!$}1'),
    );
  });

  it('is, of services, their deployments too', () => {
    const action = 'ecs:DescribeServiceDeployments';
    expect(readServiceDeployments(configOf({ cluster: ['prod'] }), [action])).toEqual(
      statement(
        action,
        `arn:\${AWS::Partition}:ecs:${PLACE}:service/prod/*`,
        `arn:\${AWS::Partition}:ecs:${PLACE}:service-deployment/prod/*/*`,
      ),
    );
  });

  it('covers every pipeline that a route matches', () => {
    const glob = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 5 });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(glob, { minLength: 1, maxLength: 4 }), name, (pipeline, one) => {
        const left = (readPipelines(configOf({ pipeline }), ['codepipeline:GetPipeline'])?.Resource ?? []).map(
          (arn) => JSON.stringify(arn).split(':').at(-1)?.slice(0, -2) ?? '',
        );
        expect(left.some((wide) => matchesGlob(wide, one))).toBe(pipeline.some((wide) => matchesGlob(wide, one)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what decide may decide', () => {
  const gatesOf = (...matches: readonly GateMatch[]): Config => ({
    ...configOf({}),
    gates: matches.map((match) => aPolicy({ match })),
  });
  const arnsOf = (found: { readonly Resource: readonly unknown[] } | undefined) =>
    found?.Resource.map((arn) => JSON.stringify(arn).split('AccountId}:')[1]?.slice(0, -2));

  const approvals = (...names: readonly string[]) =>
    statement(
      'codepipeline:PutApprovalResult',
      ...names.map((name) => `arn:\${AWS::Partition}:codepipeline:${PLACE}:${name}`),
    );
  const grantedBy = (...matches: readonly GateMatch[]) =>
    decideApprovals(gatesOf(...matches), ['codepipeline:PutApprovalResult']);

  it('is nothing without gates', () => {
    const config = configOf({});
    expect([decideApprovals(config, []), decideDeployments(config, []), readGatedPipelines(config, [])]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('is of pipelines what gates of pipelines name, and of deployment groups what the others name', () => {
    const config = gatesOf(
      { pipeline: ['*-prod'], stage: ['Approve'] },
      { application: ['shop'], group: ['prod', 'canary'] },
      { group: ['blue'], account: ['111122223333'] },
    );
    expect(arnsOf(decideApprovals(config, ['codepipeline:PutApprovalResult']))).toEqual(['*-prod/Approve/*']);
    expect(arnsOf(readGatedPipelines(config, ['codepipeline:GetPipelineState']))).toEqual(['*-prod']);
    expect(arnsOf(decideDeployments(config, ['codedeploy:ContinueDeployment']))).toEqual([
      'deploymentgroup:shop/prod',
      'deploymentgroup:shop/canary',
      'deploymentgroup:*/blue',
    ]);
  });

  it('is of services what gates of pause hooks name: the service, its deployments, its revisions', () => {
    const config = gatesOf({ cluster: ['prod'], service: ['checkout'] }, { pipeline: ['*'], stage: ['Approve'] });
    expect(arnsOf(decideServices(config, ['ecs:ContinueServiceDeployment']))).toEqual([
      'service/prod/checkout',
      'service-deployment/prod/checkout/*',
    ]);
    expect(arnsOf(readGatedRevisions(config, ['ecs:DescribeServiceRevisions']))).toEqual([
      'service-revision/prod/checkout/*',
    ]);
    expect(decideServices(gatesOf({ stage: ['POST_*'] }), ['ecs:ContinueServiceDeployment'])).toBeUndefined();
  });

  it('is no deployment where a gate names nothing: that is about approvals', () => {
    expect(decideDeployments(gatesOf({}), ['codedeploy:ContinueDeployment'])).toBeUndefined();
    expect(decideApprovals(gatesOf({ group: ['prod'] }), ['codepipeline:PutApprovalResult'])).toBeUndefined();
  });

  it('is to decide the approvals that a gate is about: pipelines, stages, actions (S24)', () => {
    expect(grantedBy({ pipeline: ['shop-prod', 'till-*'], stage: ['Approve'] })).toEqual(
      approvals('shop-prod/Approve/*', 'till-*/Approve/*'),
    );
    expect(grantedBy({ action: ['ProdGate'] }, { pipeline: ['shop-prod'], action: ['ProdGate'] })).toEqual(
      approvals('*/*/ProdGate'),
    );
  });

  it('is what a gate lets people decide, and nothing else (S24)', () => {
    const globs = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), minLength: 1, maxLength: 4 }), {
      maxLength: 2,
    });
    const match = fc.record({ pipeline: globs, stage: globs, action: globs });
    const name = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(match, { maxLength: 3 }), name, name, name, (matches, pipeline, stage, action) => {
        const patterns = (grantedBy(...matches)?.Resource ?? []).map(
          (arn) => JSON.stringify(arn).split(':').at(-1)?.slice(0, -2) ?? '',
        );
        const point = { ...POINT, rollout: { ...POINT.rollout, name: pipeline }, stage, action };
        expect(patterns.some((pattern) => matchesGlob(pattern, `${pipeline}/${stage}/${action}`))).toBe(
          policyAt(point, gatesOf(...matches)) !== undefined,
        );
      }),
      { numRuns: 1000 },
    );
  });
});
