import { startLoopbackServer } from '../loopback-server.ts';
import type { LoopbackServer } from '../loopback-server.ts';
import type { TaskSet } from '../aws/codedeploy/hooked/hooked-state.ts';

/** What runs in the tasks of a task definition. */
export type WebHandler = (asked: { readonly method: string; readonly path: string }) => {
  readonly status: number;
  readonly body: unknown;
};

/** Tasks that run the same, by family and revision, and their share of the traffic. */
type RunningTasks = Pick<TaskSet, 'taskDefinition' | 'targetGroup' | 'weight' | 'hasTestTraffic' | 'running'>;

/** What runs of a service, and the names of its target groups. */
export type RunningService = { readonly targetGroups: readonly string[]; readonly tasks: readonly RunningTasks[] };

/** An ECS service behind a load balancer with a production listener and one for tests, by the hosts' names. */
export type WebService = {
  readonly cluster: string;
  readonly service: string;
  /** By family and revision. */
  readonly taskDefinitions: Readonly<Record<string, WebHandler>>;
  readonly hosts: { readonly production: string; readonly test: string };
};

/** Two listeners on loopback. */
export type WebListeners = {
  /** Their addresses, by the names of their hosts. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/**
 * Starts the listeners of a service, each on a free port: they answer for the tasks that have the traffic as it is
 * shifted. `random` gives numbers from 0 up to 1.
 */
export const startWebListeners = async (
  web: WebService,
  tasks: () => readonly RunningTasks[],
  random: () => number,
): Promise<WebListeners> => {
  const production = (): RunningTasks | undefined => {
    let left = random() * 100;
    return tasks().find(({ weight }) => {
      left -= weight;
      return left < 0;
    });
  };
  const test = (): RunningTasks | undefined => tasks().find(({ hasTestTraffic }) => hasTestTraffic);

  const listen = (pick: () => RunningTasks | undefined): Promise<LoopbackServer> =>
    startLoopbackServer({
      port: 0,
      purpose: web.service,
      onRequest: (request, response) => {
        const set = pick();
        const definitions = web.taskDefinitions;
        const name = set === undefined || set.running === 0 ? '' : set.taskDefinition;
        const handler = Object.hasOwn(definitions, name) ? definitions[name] : undefined;
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        // As a load balancer without a healthy target.
        const told = handler?.({ method: request.method ?? 'GET', path: pathname }) ?? {
          status: 503,
          body: { error: 'Service Temporarily Unavailable' },
        };
        response.writeHead(told.status, { 'content-type': 'application/json' });
        response.end(JSON.stringify(told.body));
      },
    });

  const [forAll, forTests] = [await listen(production), await listen(test)];
  return {
    hosts: { [web.hosts.production]: forAll.url, [web.hosts.test]: forTests.url },
    stop: async () => {
      await Promise.all([forAll.close(), forTests.close()]);
    },
  };
};
