import type { Hook, SuiteMatch, ValidationPlatform } from '../../shared/validation/suite.ts';
import { CODEDEPLOY_HOOKS } from '../../shared/validation/suite.ts';
import { doorsOf } from './doors.ts';

type Where = { readonly platforms?: readonly ValidationPlatform[]; readonly notAt?: Hook };

const LAMBDA: Where = { platforms: ['codedeploy-lambda'] };
const TASK_SETS: Where = { platforms: ['codedeploy-ecs'] };
const CODEDEPLOY: Where = { platforms: ['codedeploy-lambda', 'codedeploy-ecs'] };
const ECS: Where = { platforms: ['ecs-native'] };
const PIPELINE: Where = { platforms: ['codepipeline'] };
const HOOKED: Where = { platforms: ['codedeploy-lambda', 'codedeploy-ecs', 'ecs-native'] };

/** What templates may name in any run, and where it is there. */
const RUN_VARIABLES: ReadonlyMap<string, Where> = new Map<string, Where>([
  ['deployment.id', HOOKED],
  ['hook', HOOKED],
  ['region', {}],
  ['account', {}],
  ['application', CODEDEPLOY],
  ['group', CODEDEPLOY],
  ['function.name', LAMBDA],
  ['function.alias', LAMBDA],
  ['old.version', LAMBDA],
  ['new.version', LAMBDA],
  ['new.weight', { platforms: ['codedeploy-lambda', 'ecs-native'] }],
  ['old.taskSet', TASK_SETS],
  ['old.targetGroup', TASK_SETS],
  // There is no new task set before it is installed.
  ['new.taskSet', { ...TASK_SETS, notAt: 'BeforeInstall' }],
  ['new.targetGroup', { ...TASK_SETS, notAt: 'BeforeInstall' }],
  ['cluster', ECS],
  ['service', ECS],
  ['old.revision', ECS],
  ['new.revision', ECS],
  ['new.taskDefinition', ECS],
  ['pipeline', PIPELINE],
  ['pipeline.stage', PIPELINE],
  ['pipeline.action', PIPELINE],
  ['execution.id', PIPELINE],
]);

/** Names that templates may use in any run, by platform or of all of them. */
export const runVariables = (platform?: ValidationPlatform): readonly string[] =>
  [...RUN_VARIABLES].flatMap(([name, { platforms }]) =>
    platform === undefined || platforms === undefined || platforms.includes(platform) ? [name] : [],
  );

/** Names of what there is of the old side and of the new one, as `side`. */
export const sideVariables = (): readonly string[] =>
  runVariables().flatMap((name) => {
    const other = name.replace(/^old\./, 'new.');
    return other !== name && RUN_VARIABLES.has(other) ? [name.replace(/^old\./, 'side.')] : [];
  });

/** Why a variable may not be there in a run of what a suite matches; undefined when it always is. */
export const whereVariable = (name: string, match: SuiteMatch): string | undefined => {
  const { platforms, notAt } = RUN_VARIABLES.get(name) ?? {};
  const asked = doorsOf(match).map(({ platform }) => platform);
  if (platforms !== undefined && !asked.every((platform) => platforms.includes(platform))) {
    return match.platform === undefined
      ? `\${${name}} is there for ${platforms.join(', ')} only: say match.platform: ${platforms.find((platform) => asked.includes(platform)) ?? platforms.join(' or ')}`
      : `\${${name}} is of ${platforms.join(', ')}, and the suite matches ${match.platform}`;
  }
  return notAt !== undefined && (match.hook ?? CODEDEPLOY_HOOKS).includes(notAt)
    ? `\${${name}} is not there at ${notAt}: name the hooks behind it in match.hook`
    : undefined;
};
