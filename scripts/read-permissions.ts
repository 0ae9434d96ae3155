import type { Config, GateMatch, Match, Source } from '../shared/config/config.ts';
import type { GatePoint } from '../shared/gate/gate.ts';
import { gatedKind } from '../shared/gate/policy.ts';
import { matchesGlob } from '../shared/routing/glob.ts';
import { mayMeanSource } from '../shared/routing/match.ts';

/** A statement of a role. */
export type Statement = {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly unknown[];
};

/** Allows actions on the pipelines that routes match. Undefined when none matches pipelines. */
export const readPipelines = ({ routes }: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    widest(matchesOf(routes, 'codepipeline').flatMap(({ pipeline }) => all(pipeline).map((name) => [name]))).map(
      ([name = '']) => arnOf('codepipeline', asPattern(name)),
    ),
  );

/** Allows actions on the deployment groups that routes match. Undefined when none matches any. */
export const readDeployments = ({ routes }: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    widest(matchesOf(routes, 'codedeploy').flatMap(namesOfGroups)).map((name) =>
      arnOf('codedeploy', `deploymentgroup:${name.map(asPattern).join('/')}`),
    ),
  );

/** Allows actions on the ECS services that routes match. Undefined when none matches any. */
export const readServices = ({ routes }: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    servicesOf(matchesOf(routes, 'ecs')).map((name) => arnOf('ecs', `service/${name}`)),
  );

/** Allows actions on the deployments of the ECS services that routes match. Undefined when none matches any. */
export const readServiceDeployments = ({ routes }: Config, actions: readonly string[]): Statement | undefined =>
  allow(actions, deploymentsOf(matchesOf(routes, 'ecs')));

/** Allows actions on the deployments of the ECS services whose pause hooks gates are about, and on no other. Undefined without such gates. */
export const decideServices = (config: Config, actions: readonly string[]): Statement | undefined =>
  allow(actions, deploymentsOf(gatesOf(config, 'ecs-pause')));

/** Allows actions on the revisions of the ECS services whose pause hooks gates are about. Undefined without such gates. */
export const readGatedRevisions = (config: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    servicesOf(gatesOf(config, 'ecs-pause')).map((name) => arnOf('ecs', `service-revision/${name}/*`)),
  );

type ServiceMatch = Pick<Match, 'cluster' | 'service'>;

/** ECS asks for the service and for its deployment. */
const deploymentsOf = (matches: readonly ServiceMatch[]): readonly unknown[] =>
  servicesOf(matches).flatMap((name) => [
    arnOf('ecs', `service/${name}`),
    arnOf('ecs', `service-deployment/${name}/*`),
  ]);

const servicesOf = (matches: readonly ServiceMatch[]): Globs =>
  widest(
    matches.flatMap(({ cluster, service }) => all(cluster).flatMap((name) => all(service).map((one) => [name, one]))),
  ).map((name) => name.map(asPattern).join('/'));

/** Allows actions on the pipelines whose approvals gates are about. Undefined without such gates. */
export const readGatedPipelines = (config: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    widest(gatesOf(config, 'pipeline-approval').flatMap(({ pipeline }) => all(pipeline).map((name) => [name]))).map(
      ([name = '']) => arnOf('codepipeline', asPattern(name)),
    ),
  );

/** Allows actions on the approval actions that gates are about, and on no other. Undefined without such gates. */
export const decideApprovals = (config: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    widest(
      gatesOf(config, 'pipeline-approval').flatMap(({ pipeline, stage, action }) =>
        all(pipeline).flatMap((name) => all(stage).flatMap((there) => all(action).map((what) => [name, there, what]))),
      ),
    ).map((names) => arnOf('codepipeline', names.map(asPattern).join('/'))),
  );

/**
 * Allows actions on the deployment groups whose deployments gates are about, and on no other. Undefined without such gates.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/auth-and-access-control-permissions-reference.html
 */
export const decideDeployments = (config: Config, actions: readonly string[]): Statement | undefined =>
  allow(
    actions,
    widest(gatesOf(config, 'deployment-ready').flatMap(namesOfGroups)).map((name) =>
      arnOf('codedeploy', `deploymentgroup:${name.map(asPattern).join('/')}`),
    ),
  );

type Globs = readonly string[];

const namesOfGroups = ({ application, group }: Pick<Match, 'application' | 'group'>): readonly Globs[] =>
  all(application).flatMap((name) => all(group).map((one) => [name, one]));

const gatesOf = ({ gates = [] }: Config, kind: GatePoint['kind']): readonly GateMatch[] =>
  gates.flatMap(({ match }) => (gatedKind(match) === kind ? [match] : []));

/** What a criterion asks for; left out, it is no question. */
const all = (globs: Globs = []): Globs => (globs.length === 0 ? ['*'] : globs);

/** What routes ask of a source: not those that ask for another one, or for what only another one has. */
const matchesOf = (routes: Config['routes'], source: Source): readonly Match[] =>
  routes.map(({ match }) => match).filter((match) => mayMeanSource(match, source));

/** Each of the names once, without those that another one covers. */
export const widest = (names: readonly Globs[]): readonly Globs[] =>
  names.filter(
    (name, index) =>
      !names.some((other, place) => place !== index && covers(other, name) && (place < index || !covers(name, other))),
  );

const covers = (wide: Globs, narrow: Globs): boolean =>
  wide.every((glob, index) => {
    const other = narrow[index] ?? '';
    // As if the other were a name, which is right unless a ? stands for its *: then it stays, and is granted twice.
    return matchesGlob(glob, other) && (glob === other || !glob.includes('?') || !other.includes('*'));
  });

/** Allows actions on resources. Undefined without any. */
export const allow = (Action: readonly string[], Resource: readonly unknown[]): Statement | undefined =>
  Resource.length === 0 ? undefined : { Effect: 'Allow', Action, Resource };

/** The ARN of something of the stack's own account and region; `name` may be a pattern. */
export const arnOf = (service: string, name: string): unknown => ({
  'Fn::Sub': `arn:\${AWS::Partition}:${service}:\${AWS::Region}:\${AWS::AccountId}:${name}`,
});

/** IAM reads * and ? as our globs do. A $ would begin a variable: it is written as ${$}, and the ! is for Fn::Sub. */
export const asPattern = (glob: string): string => glob.replaceAll('$', () => '${!$}');
