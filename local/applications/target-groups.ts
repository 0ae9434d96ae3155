import type { HookedState } from '../aws/codedeploy/hooked/hooked-state.ts';
import type { TargetGroup } from '../aws/elasticloadbalancing/target-group-service.ts';
import type { WebService } from './web-listeners.ts';

/** What load balancers ask, and what they want to hear. */
const HEALTH_PATH = '/health';

/** The target groups of services as they are now: a target for each task, as healthy as what runs in it says that it is. */
export const targetGroupsOf = (
  services: readonly WebService[],
  states: readonly HookedState[],
): readonly TargetGroup[] =>
  states.flatMap(({ group: { target }, traffic }) => {
    const web = services.find(
      ({ cluster, service }) => target.platform === 'ECS' && target.cluster === cluster && target.service === service,
    );
    return web === undefined || target.platform !== 'ECS' || traffic.platform !== 'ECS'
      ? []
      : target.targetGroups.map((name) => ({
          name,
          targets: traffic.taskSets
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
