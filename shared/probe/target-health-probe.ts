import type { ReadTargets, TargetHealth } from '../aws/target-groups.ts';
import type { TargetHealthProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';
import { fillJson, fillText } from './templates.ts';

/** How many targets are shown of those that are not healthy. */
const MOST_SHOWN = 20;

/** Takes a sample of a target group of a load balancer. Without a target in it nothing is known, and there is no data. */
export const sampleTargetHealth = async (
  probe: TargetHealthProbe,
  task: Task,
  readTargets: ReadTargets,
): Promise<Finding> => {
  const { variables, check } = task;
  const group = await fillText(probe.targetGroup, { variables });
  const targets = await readTargets(group, task.signal);
  const states: Readonly<Record<string, number>> = Object.fromEntries(
    [...Map.groupBy(targets, ({ state }) => state)].map(([state, those]) => [state, those.length]),
  );
  const total = targets.length;
  if (total === 0) {
    return { outcome: 'nodata', says: `${group} has no targets`, value: 'no targets', expected: '1 or more' };
  }
  const healthy = states['healthy'] ?? 0;
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const evidence = [
    `${group}: ${counts.join(', ')}`,
    ...targets
      .filter(({ state }) => state !== 'healthy')
      .slice(0, MOST_SHOWN)
      .map(describeTarget),
  ].join('\n');
  const seen = { healthy, unhealthy: states['unhealthy'] ?? 0, total, states };
  if (check.expect.length === 0) {
    return {
      outcome: healthy === total ? 'pass' : 'fail',
      says: `${group}: ${healthy} of ${total} targets are healthy`,
      value: counts.join(', '),
      expected: `${total} healthy`,
      evidence,
    };
  }
  const { judgeAll } = await import('./assertions.ts');
  const { holds, told } = await judgeAll(check.expect, seen, (value) => fillJson(value, { variables }));
  return { outcome: holds ? 'pass' : 'fail', ...told, says: `${group}: ${told.says}`, evidence };
};

const describeTarget = ({ target, state, reason, description }: TargetHealth): string =>
  [target, state, reason, description].filter((part) => part !== '').join(' ');
