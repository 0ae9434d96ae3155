import { BAKE, CODEDEPLOY_HOOKS, ECS_STAGES } from '../../shared/validation/suite.ts';
import type { SuiteMatch, ValidationPlatform } from '../../shared/validation/suite.ts';
import type { NAMES } from '../../shared/validation/choose-suite.ts';

/** How a platform asks for a verdict, and what can be told apart there. */
export type Door = {
  readonly platform: ValidationPlatform;
  readonly names: readonly (typeof NAMES)[number][];
  readonly hooks: readonly string[];
  /** How long it waits, in milliseconds, and what that is called. */
  readonly waitsMs: number;
  readonly waits: string;
};

const HOUR_MS = 3_600_000;

const CODEDEPLOY = {
  names: ['application', 'group'],
  waitsMs: HOUR_MS,
  waits: 'the hour that CodeDeploy waits',
} as const;

export const DOORS: readonly Door[] = [
  { ...CODEDEPLOY, platform: 'codedeploy-lambda', hooks: ['BeforeAllowTraffic', BAKE, 'AfterAllowTraffic'] },
  { ...CODEDEPLOY, platform: 'codedeploy-ecs', hooks: CODEDEPLOY_HOOKS },
  {
    platform: 'ecs-native',
    names: ['cluster', 'service'],
    hooks: ECS_STAGES,
    waitsMs: 24 * HOUR_MS,
    waits: 'the day that ECS waits',
  },
  {
    platform: 'codepipeline',
    names: ['pipeline', 'stage', 'action'],
    hooks: [],
    waitsMs: 24 * HOUR_MS,
    waits: 'the day that CodePipeline waits',
  },
];

const NAMED = ['application', 'group', 'cluster', 'service', 'pipeline', 'stage', 'action'] as const;

/** Where a suite may be asked for: what names an application is about no pipeline. */
export const doorsOf = (match: SuiteMatch): readonly Door[] =>
  DOORS.filter(
    ({ platform, names, hooks }) =>
      (match.platform ?? platform) === platform &&
      NAMED.every((name) => match[name] === undefined || names.includes(name)) &&
      (match.hook === undefined || match.hook.some((hook) => hooks.includes(hook))),
  );

/** At which hooks of a door a suite may be asked for; what has no hooks has one without a name. */
export const hooksAt = ({ hooks }: Door, { hook }: SuiteMatch): readonly string[] =>
  hooks.length === 0
    ? ['']
    : hooks.filter((one) => (hook === undefined ? one !== BAKE : hook.some((own) => own === one)));
