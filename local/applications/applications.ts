import { randomUUID } from 'node:crypto';
import { alarmEvent } from '../aws/cloudwatch/alarm.ts';
import type { AlarmDefinition } from '../aws/cloudwatch/alarm.ts';
import { alarmArnOf, cloudWatchOperations } from '../aws/cloudwatch/cloudwatch-operations.ts';
import { createCloudWatchService } from '../aws/cloudwatch/cloudwatch-service.ts';
import { createMetrics, datumOf } from '../aws/cloudwatch/metrics.ts';
import { runAlarms } from '../aws/cloudwatch/simulated-alarms.ts';
import { fasterHookedGroup } from '../aws/codedeploy/hooked/hooked-group.ts';
import type { HookedGroup } from '../aws/codedeploy/hooked/hooked-group.ts';
import { isShifting, weightsOf } from '../aws/codedeploy/hooked/hooked-state.ts';
import type { HookedState } from '../aws/codedeploy/hooked/hooked-state.ts';
import type { HookCall } from '../aws/codedeploy/hooked/hooked-step.ts';
import { runHookedDeployments } from '../aws/codedeploy/hooked/simulated-hooked.ts';
import type { HookedDeployments } from '../aws/codedeploy/hooked/simulated-hooked.ts';
import { createLogGroups } from '../aws/logs/log-groups.ts';
import { createLogsService } from '../aws/logs/logs-service.ts';
import { createTargetGroupService } from '../aws/elasticloadbalancing/target-group-service.ts';
import type { Service } from '../aws/service.ts';
import { completeEvent } from '../aws/service-event.ts';
import type { JsonRecord } from '../json.ts';
import { createApplicationFunctions, logOf } from '../lambda/application-functions.ts';
import type { ApplicationFunction, ApplicationFunctions, Invoked } from '../lambda/application-functions.ts';
import { targetGroupsOf } from './target-groups.ts';
import { startWebListeners } from './web-listeners.ts';
import type { RunningService, WebService } from './web-listeners.ts';

/** What users do with a function while a deployment shifts its traffic. */
export type DemoTraffic = {
  readonly functionName: string;
  readonly alias: string;
  readonly event: unknown;
  /** Between two requests, in milliseconds by a clock that has not been sped up. Left out: a second. */
  readonly everyMs?: number;
};

/** Applications that are deployed by CodeDeploy, and web services that ECS deploys by itself. */
export type SimulatedApplications = {
  readonly functions: readonly ApplicationFunction[];
  readonly webServices: readonly WebService[];
  readonly groups: readonly HookedGroup[];
  readonly alarms: readonly AlarmDefinition[];
  readonly traffic: readonly DemoTraffic[];
};

/** The applications as they run. */
export type Applications = {
  readonly hooked: HookedDeployments;
  readonly functions: ApplicationFunctions;
  readonly cloudWatch: Service;
  /** CloudWatch Logs, with what the functions print. */
  readonly logs: Service;
  /** Elastic Load Balancing, with the target groups of the web services. */
  readonly loadBalancing: Service;
  /** Addresses on loopback, by the names of the web services' hosts. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/** Between two of the users' requests, where nothing else is said. */
const BETWEEN_REQUESTS_MS = 1_000;

/** What the clock makes of that may be less than a timer is good for: then several come at once. */
const LEAST_MS = 50;
const MOST_AT_ONCE = 100;

/**
 * Runs applications by a clock that goes `speed` times as fast. `callHook`: see runHookedDeployments; `serviceOf`: what runs of
 * a service that CodeDeploy does not deploy.
 */
export const runApplications = async (
  applications: SimulatedApplications,
  options: {
    readonly speed: number;
    readonly now: () => number;
    readonly after: (ms: number, work: () => void) => () => void;
    readonly random: () => number;
    readonly onEvent: (event: JsonRecord) => void;
    readonly callHook: (call: HookCall, functions: ApplicationFunctions) => string | undefined;
    readonly serviceOf: (cluster: string, service: string) => RunningService | undefined;
  },
): Promise<Applications> => {
  const { speed, now, after, random, onEvent, callHook, serviceOf } = options;
  const metrics = createMetrics();
  const logGroups = createLogGroups();
  applications.functions.forEach(({ name }) => {
    logGroups.create(logGroupOf(name));
  });

  const alarms = runAlarms({
    ...{ alarms: applications.alarms, metrics, speed, now, after },
    onChange: (alarm, previous) => {
      onEvent(completeEvent(alarmEvent(alarm, previous, alarmArnOf(alarm.definition.name)), new Date(now())));
      hooked.setRedAlarms(
        alarms.all().flatMap(({ definition: { name }, state: { value } }) => (value === 'ALARM' ? [name] : [])),
      );
    },
  });

  /** As many streams as there are versions: each runs in one environment here. */
  const streams = new Map<string, string>();

  const write = (name: string, invoked: Invoked): void => {
    const at = now();
    const day = new Date(at).toISOString().slice(0, 10).replaceAll('-', '/');
    const key = `${name}:${invoked.version}`;
    const stream = streams.get(key) ?? `${day}/[${invoked.version}]${randomUUID().replaceAll('-', '')}`;
    streams.set(key, stream);
    logGroups.put(logGroupOf(name), stream, at, logOf(invoked).trim().split('\n'));
  };

  const count = (name: string, { version, qualifier, kind, durationMs }: Invoked): void => {
    const at = now();
    const resource = qualifier === undefined ? name : `${name}:${qualifier}`;
    const dimensions = [
      { FunctionName: name },
      { FunctionName: name, Resource: resource },
      { FunctionName: name, Resource: resource, ExecutedVersion: version },
    ];
    for (const each of dimensions) {
      const put = (metric: string, value: number): void => {
        alarms.put({ namespace: 'AWS/Lambda', name: metric, dimensions: each }, datumOf(at, value));
      };
      put('Invocations', 1);
      put('Errors', kind === 'failed' ? 1 : 0);
      put('Duration', durationMs);
    }
  };

  const functions = createApplicationFunctions({
    ...{ functions: applications.functions, now, random, newId: randomUUID },
    onInvoked: (name, invoked) => {
      write(name, invoked);
      count(name, invoked);
    },
    weightsOf: (name, alias) => {
      const deployed = hooked
        .states()
        .find(
          ({ group: { target } }) =>
            target.platform === 'Lambda' && target.functionName === name && target.alias === alias,
        );
      return deployed && weightsOf(deployed.traffic);
    },
  });

  const users = new Map<string, () => void>();
  let hasStopped = false;

  /** The next request of the users of a group's function, and so on until its traffic is not shifted any more. */
  const use = (state: HookedState): void => {
    const { target, application, group } = state.group;
    const key = JSON.stringify([application, group]);
    const traffic = applications.traffic.find(
      ({ functionName, alias }) =>
        target.platform === 'Lambda' && target.functionName === functionName && target.alias === alias,
    );
    if (traffic === undefined || users.has(key) || !isShifting(state) || hasStopped) {
      return;
    }
    const { everyMs = BETWEEN_REQUESTS_MS } = traffic;
    const every = Math.max(everyMs / speed, LEAST_MS);
    const atOnce = Math.min(Math.round((every * speed) / everyMs), MOST_AT_ONCE);
    users.set(
      key,
      after(every, () => {
        users.delete(key);
        // What a user is told is in the metrics.
        for (let count = 0; count < atOnce; count += 1) {
          void functions.invoke(traffic.functionName, traffic.event, traffic.alias);
        }
        const next = hooked.stateOf(application, group);
        if (next !== undefined) {
          use(next);
        }
      }),
    );
  };

  const hooked = runHookedDeployments({
    groups: applications.groups.map((each) => fasterHookedGroup(each, speed)),
    ...{ now, after, newId: randomUUID, onEvent, onStep: use },
    callHook: (call) => callHook(call, functions),
  });

  const runningOf = ({ cluster, service }: WebService): RunningService | undefined => {
    const [deployed] = hooked
      .states()
      .flatMap(({ group: { target }, traffic }) =>
        target.platform === 'ECS' &&
        target.cluster === cluster &&
        target.service === service &&
        traffic.platform === 'ECS'
          ? [{ targetGroups: target.targetGroups, tasks: traffic.taskSets }]
          : [],
      );
    return deployed ?? serviceOf(cluster, service);
  };

  const listeners = await Promise.all(
    applications.webServices.map((web) => startWebListeners(web, () => runningOf(web)?.tasks ?? [], random)),
  );

  return {
    hooked,
    functions,
    cloudWatch: createCloudWatchService(cloudWatchOperations(alarms, metrics, speed, now)),
    logs: createLogsService(logGroups),
    loadBalancing: createTargetGroupService(() => targetGroupsOf(applications.webServices, runningOf)),
    hosts: Object.fromEntries(listeners.flatMap(({ hosts }) => Object.entries(hosts))),
    stop: async () => {
      hasStopped = true;
      hooked.stop();
      alarms.stop();
      users.forEach((cancel) => {
        cancel();
      });
      await Promise.all(listeners.map(({ stop }) => stop()));
    },
  };
};

const logGroupOf = (functionName: string): string => `/aws/lambda/${functionName}`;
