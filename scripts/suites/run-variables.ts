import type { Hook, SuiteMatch, ValidationPlatform } from '../../shared/validation/suite.ts';
import { HOOKS } from '../../shared/validation/suite.ts';

type Where = { readonly platform?: ValidationPlatform; readonly notAt?: Hook };

/** What templates may name in any run, and where it is there. */
const RUN_VARIABLES: ReadonlyMap<string, Where> = new Map<string, Where>([
  ['deployment.id', {}],
  ['application', {}],
  ['group', {}],
  ['hook', {}],
  ['region', {}],
  ['account', {}],
  ['function.name', { platform: 'codedeploy-lambda' }],
  ['function.alias', { platform: 'codedeploy-lambda' }],
  ['old.version', { platform: 'codedeploy-lambda' }],
  ['new.version', { platform: 'codedeploy-lambda' }],
  ['new.weight', { platform: 'codedeploy-lambda' }],
  ['old.taskSet', { platform: 'codedeploy-ecs' }],
  ['old.targetGroup', { platform: 'codedeploy-ecs' }],
  // There is no new task set before it is installed.
  ['new.taskSet', { platform: 'codedeploy-ecs', notAt: 'BeforeInstall' }],
  ['new.targetGroup', { platform: 'codedeploy-ecs', notAt: 'BeforeInstall' }],
]);

/** Names that templates may use in any run, by platform or of all of them. */
export const runVariables = (platform?: ValidationPlatform): readonly string[] =>
  [...RUN_VARIABLES].flatMap(([name, where]) =>
    platform === undefined || (where.platform ?? platform) === platform ? [name] : [],
  );

/** Names of what there is of the old side and of the new one, as `side`. */
export const sideVariables = (): readonly string[] =>
  runVariables().flatMap((name) => {
    const other = name.replace(/^old\./, 'new.');
    return other !== name && RUN_VARIABLES.has(other) ? [name.replace(/^old\./, 'side.')] : [];
  });

/** Why a variable may not be there in a run of what a suite matches; undefined when it always is. */
export const whereVariable = (name: string, match: SuiteMatch): string | undefined => {
  const { platform, notAt } = RUN_VARIABLES.get(name) ?? {};
  if (platform !== undefined && match.platform !== platform) {
    return match.platform === undefined
      ? `\${${name}} is there for ${platform} only: say match.platform: ${platform}`
      : `\${${name}} is of ${platform}, and the suite matches ${match.platform}`;
  }
  return notAt !== undefined && (match.hook ?? HOOKS).includes(notAt)
    ? `\${${name}} is not there at ${notAt}: name the hooks behind it in match.hook`
    : undefined;
};
