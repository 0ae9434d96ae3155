import type { TargetGroup } from '../aws/elasticloadbalancing/target-group-service.ts';
import type { RunningService, WebService } from './web-listeners.ts';

/** What load balancers ask, and what they want to hear. */
const HEALTH_PATH = '/health';

/** The target groups of services as they are now: a target for each task, as healthy as what runs in it says that it is. */
export const targetGroupsOf = (
  services: readonly WebService[],
  runningOf: (web: WebService) => RunningService | undefined,
): readonly TargetGroup[] =>
  services.flatMap((web) => {
    const { targetGroups, tasks } = runningOf(web) ?? { targetGroups: [], tasks: [] };
    return targetGroups.map((name) => ({
      name,
      targets: tasks
        .filter(({ targetGroup }) => targetGroup === name)
        .flatMap(({ taskDefinition, running }, place) =>
          Array.from({ length: running }, (_, task) => ({
            address: `10.0.${place}.${10 + task}`,
            port: 80,
            status: healthOf(web, taskDefinition),
          })),
        ),
    }));
  });

const healthOf = ({ taskDefinitions }: WebService, name: string): number => {
  const handler = Object.hasOwn(taskDefinitions, name) ? taskDefinitions[name] : undefined;
  return handler?.({ method: 'GET', path: HEALTH_PATH }).status ?? 503;
};
