import type { Config } from '../../shared/config/config.ts';
import { bakesOf } from '../../shared/validation/bakes.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { allow, arnOf, asPattern, widest } from '../read-permissions.ts';
import type { Statement } from '../read-permissions.ts';
import { withVars } from './probe-problems.ts';

type Suites = readonly Suite[];

const probesOf = (suites: Suites) => suites.flatMap(({ checks }) => checks.map(({ probe }) => probe));

/**
 * Allows to invoke what suites invoke: versions of the functions that are deployed, by name or glob, and checks of one's own.
 * Undefined when they invoke nothing.
 */
export const suitesInvoke = (suites: Suites): Statement | undefined => {
  const versions = probesOf(suites).flatMap((probe) => (probe.kind === 'invoke' ? [[probe.function]] : []));
  const own = probesOf(suites).flatMap((probe) => (probe.kind === 'lambda' ? [[probe.function]] : []));
  return allow(
    ['lambda:InvokeFunction'],
    [
      ...widest(versions).map(([name = '']) => arnOf('lambda', `function:${asPattern(name)}:*`)),
      ...widest(own).map(([name = '']) => arnOf('lambda', `function:${name}`)),
    ],
  );
};

/** Allows to read metrics, of which AWS knows no narrower resource. Undefined when suites look at none. */
export const suitesReadMetrics = (suites: Suites): Statement | undefined =>
  allow(
    ['cloudwatch:GetMetricData'],
    probesOf(suites).some(({ kind }) => kind === 'metric' || kind === 'compare') ? ['*'] : [],
  );

/** Allows to read alarms, all of them: templates name them. Undefined when suites look at none. */
export const suitesReadAlarms = (suites: Suites): Statement | undefined =>
  allow(
    ['cloudwatch:DescribeAlarms'],
    probesOf(suites).some(({ kind }) => kind === 'alarms') ? [arnOf('cloudwatch', 'alarm:*')] : [],
  );

/**
 * Allows to search the log groups that suites name, each by its name and what it holds. What only a run knows is `*` in it.
 * Undefined when suites look at none.
 */
export const suitesReadLogs = (suites: Suites): Statement | undefined =>
  allow(
    ['logs:FilterLogEvents'],
    widest(
      suites.flatMap(({ checks, vars }) =>
        checks.flatMap(({ probe }) => (probe.kind === 'logs' ? [[logGroupPattern(probe.group, vars)]] : [])),
      ),
    ).map(([name = '']) => arnOf('logs', `log-group:${asPattern(name)}:*`)),
  );

/** Names of log groups have no letter that is one of a pattern's. */
const logGroupPattern = (group: string, vars: Suite['vars']): string =>
  withVars(group, vars).replaceAll(/\$\{[^{}]*\}/g, '*');

/** Allows to read target groups, of which AWS knows no narrower resource. Undefined when suites look at none. */
export const suitesReadTargets = (suites: Suites): Statement | undefined =>
  allow(
    ['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth'],
    probesOf(suites).some(({ kind }) => kind === 'targetHealth') ? ['*'] : [],
  );

/** Allows to read the change calendars that suites name. Undefined when they name none. */
export const suitesReadCalendars = (suites: Suites): Statement | undefined =>
  allow(
    ['ssm:GetCalendarState'],
    [...new Set(probesOf(suites).flatMap((probe) => (probe.kind === 'calendar' ? probe.ssm : [])))].map((name) =>
      name.startsWith('arn:') ? name : arnOf('ssm', `document/${name}`),
    ),
  );

/** Allows to read the secrets that suites use, by what `gatehouse.yml` says they are. Undefined when they use none. */
export const suitesReadSecrets = (suites: Suites, { validation }: Config): Statement | undefined =>
  allow(
    ['ssm:GetParameter'],
    Object.entries(validation?.secrets ?? {})
      .filter(([name]) => secretsOf(suites).has(name))
      .map(([, parameter]) => arnOf('ssm', `parameter${parameter}`)),
  );

/** Names of secrets that suites use. */
export const secretsOf = (suites: Suites): ReadonlySet<string> =>
  new Set([...JSON.stringify(suites).matchAll(/\$\{secret:([\w-]+)\}/g)].map(([, name = '']) => name));

/** Allows to stop the deployments whose traffic suites watch, and no other. Undefined when they watch none. */
export const bakesStop = (suites: Suites): Statement | undefined =>
  allow(
    ['codedeploy:StopDeployment'],
    widest(
      bakesOf(suites).flatMap(({ application = ['*'], group = ['*'] }) =>
        application.flatMap((name) => group.map((one) => [name, one])),
      ),
    ).map((name) => arnOf('codedeploy', `deploymentgroup:${name.map(asPattern).join('/')}`)),
  );

/** Allows to read by what steps traffic moves: a deployment may name any configuration. Undefined when suites watch none. */
export const bakesReadSteps = (suites: Suites): Statement | undefined =>
  allow(
    ['codedeploy:GetDeploymentConfig'],
    bakesOf(suites).length > 0 ? [arnOf('codedeploy', 'deploymentconfig:*')] : [],
  );

/** Allows to say of a deployment that its traffic may be watched. Undefined when suites watch none. */
export const bakesBegin = (suites: Suites): Statement | undefined =>
  allow(['sqs:SendMessage'], bakesOf(suites).length > 0 ? [{ 'Fn::GetAtt': ['ChecksQueue', 'Arn'] }] : []);
