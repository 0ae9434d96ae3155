import * as v from 'valibot';
import { answer, refusal } from '../service.ts';
import type { Operation, Outcome } from '../service.ts';
import { briefDeployment, describeDeployment, describeRevision, describeService } from './describe-service.ts';
import { isUnderWay, lastSuccessful, taskDefinitionOf } from './service-state.ts';
import type { ServiceState } from './service-state.ts';
import type { ServiceCommand } from './service-step.ts';
import { deploymentArn, revisionArn } from './simulated-service.ts';
import type { SimulatedServices } from './simulated-services.ts';

const Text = v.pipe(v.string(), v.minLength(1));

const Update = v.object({
  cluster: v.optional(Text, 'default'),
  service: Text,
  taskDefinition: v.exactOptional(Text),
  forceNewDeployment: v.optional(v.boolean(), false),
});

const Arns = v.pipe(v.array(Text), v.minLength(1), v.maxLength(20));

const List = v.object({
  cluster: v.optional(Text, 'default'),
  service: Text,
  status: v.optional(v.array(Text)),
  createdAt: v.optional(v.object({ after: v.optional(v.number()), before: v.optional(v.number()) }), {}),
  maxResults: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(100)), 20),
  nextToken: v.optional(v.pipe(v.string(), v.regex(/^\d+$/, 'is none of ours')), '0'),
});

const Services = v.object({ cluster: v.optional(Text, 'default'), services: v.pipe(v.array(Text), v.maxLength(10)) });

const Continue = v.object({
  serviceDeploymentArn: Text,
  hookId: Text,
  // Left out it means to go on, as ECS's own guide warns.
  action: v.optional(v.picklist(['CONTINUE', 'ROLLBACK']), 'CONTINUE'),
});

const Stop = v.object({ serviceDeploymentArn: Text, stopType: v.optional(Text, 'ROLLBACK') });

const invalid = (issues: Parameters<typeof v.summarize>[0]): Outcome =>
  refusal('InvalidParameterException', v.summarize(issues));

/**
 * ECS's API for the simulated services, as far as deployments go.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Operations.html
 */
export const serviceOperations = (services: SimulatedServices): ReadonlyMap<string, Operation> => {
  const read =
    <Schema extends v.GenericSchema>(schema: Schema, work: (input: v.InferOutput<Schema>) => Outcome): Operation =>
    (input) => {
      const parsed = v.safeParse(schema, input);
      return parsed.success ? work(parsed.output) : invalid(parsed.issues);
    };

  const found = (cluster: string, service: string): ServiceState | Outcome => {
    const state = services.stateOf(lastPart(cluster), lastPart(service));
    const isKnown = services.states().some((one) => one.service.cluster === lastPart(cluster));
    return (
      state ??
      (isKnown
        ? refusal('ServiceNotFoundException', 'Service not found.')
        : refusal('ClusterNotFoundException', 'Cluster not found.'))
    );
  };

  const byArn = (arn: string) => {
    const one = services.find(lastPart(arn));
    return one !== undefined && deploymentArn(one.state.service, one.deployment) === arn ? one : undefined;
  };

  /** An operation that tells a deployment to do something, by its ARN. */
  const obey = (arn: string, command: (deployment: string) => ServiceCommand): Outcome => {
    const one = byArn(arn);
    if (one === undefined) {
      return refusal('ServiceDeploymentNotFoundException', 'The service deployment was not found.');
    }
    const { cluster, service } = one.state.service;
    const reply = services.command(cluster, service, command(one.deployment.id));
    return reply.kind === 'refused' ? refusal(reply.code, reply.message) : answer({ serviceDeploymentArn: arn });
  };

  return new Map<string, Operation>([
    [
      'UpdateService',
      read(Update, ({ cluster, service, taskDefinition, forceNewDeployment }) => {
        const state = found(cluster, service);
        if ('kind' in state) {
          return state;
        }
        if (forceNewDeployment || (taskDefinition !== undefined && !isNewest(state, taskDefinition))) {
          const reply = services.command(state.service.cluster, state.service.service, {
            kind: 'deploy',
            ...(taskDefinition !== undefined && { taskDefinition }),
          });
          if (reply.kind === 'refused') {
            return refusal(reply.code, reply.message);
          }
        }
        const next = services.stateOf(state.service.cluster, state.service.service) ?? state;
        return answer({ service: describeService(next) });
      }),
    ],
    [
      'DescribeServices',
      read(Services, ({ cluster, services: names }) => {
        const states = names.map((name) => ({ name, state: found(cluster, name) }));
        return answer({
          services: states.flatMap(({ state }) => ('kind' in state ? [] : [describeService(state)])),
          failures: states.flatMap(({ name, state }) => ('kind' in state ? [{ arn: name, reason: 'MISSING' }] : [])),
        });
      }),
    ],
    [
      'ListServiceDeployments',
      read(List, ({ cluster, service, status, createdAt, maxResults, nextToken }) => {
        const state = found(cluster, service);
        if ('kind' in state) {
          return state;
        }
        const { after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = createdAt;
        const all = state.deployments
          .filter((one) => status?.includes(one.status) ?? true)
          .filter((one) => one.createdAt / 1000 > after && one.createdAt / 1000 < before)
          .toReversed();
        const from = Number(nextToken);
        return answer({
          serviceDeployments: all.slice(from, from + maxResults).map((one) => briefDeployment(state, one)),
          ...(from + maxResults < all.length && { nextToken: String(from + maxResults) }),
        });
      }),
    ],
    [
      'DescribeServiceDeployments',
      read(v.object({ serviceDeploymentArns: Arns }), ({ serviceDeploymentArns }) => {
        const asked = serviceDeploymentArns.map((arn) => ({ arn, one: byArn(arn) }));
        return answer({
          serviceDeployments: asked.flatMap(({ one }) =>
            one === undefined ? [] : [describeDeployment(one.state, one.deployment)],
          ),
          failures: asked.flatMap(({ arn, one }) => (one === undefined ? [{ arn, reason: 'MISSING' }] : [])),
        });
      }),
    ],
    [
      'DescribeServiceRevisions',
      read(v.object({ serviceRevisionArns: Arns }), ({ serviceRevisionArns }) => {
        const known = services.states().flatMap(({ service, deployments }) =>
          deployments.map(({ target }) => ({
            arn: revisionArn(service, target),
            told: describeRevision(service, target),
          })),
        );
        const asked = serviceRevisionArns.map((arn) => ({ arn, one: known.find((other) => other.arn === arn) }));
        return answer({
          serviceRevisions: asked.flatMap(({ one }) => (one === undefined ? [] : [one.told])),
          failures: asked.flatMap(({ arn, one }) => (one === undefined ? [{ arn, reason: 'MISSING' }] : [])),
        });
      }),
    ],
    [
      'ContinueServiceDeployment',
      read(Continue, ({ serviceDeploymentArn, hookId, action }) =>
        obey(serviceDeploymentArn, (deployment) => ({ kind: 'continue', deployment, hook: hookId, action })),
      ),
    ],
    [
      'StopServiceDeployment',
      read(Stop, ({ serviceDeploymentArn, stopType }) =>
        stopType === 'ROLLBACK'
          ? obey(serviceDeploymentArn, (deployment) => ({ kind: 'stop', deployment }))
          : refusal('InvalidParameterException', 'The only stop type that can be asked for is ROLLBACK.'),
      ),
    ],
  ]);
};

/** Whether a task definition is the one that is deployed or runs: then there is nothing to do. */
const isNewest = (state: ServiceState, taskDefinition: string): boolean => {
  const newest = state.deployments.findLast(isUnderWay) ?? lastSuccessful(state);
  return newest?.target.taskDefinition === taskDefinitionOf(state.service, taskDefinition);
};

/** The name at the end of an ARN; a name itself. */
const lastPart = (text: string): string => text.split('/').at(-1) ?? text;
