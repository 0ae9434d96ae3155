import type { JsonRecord } from '../../json.ts';
import { toSeconds } from '../service-event.ts';
import { arnIn } from './simulated-service.ts';
import type { SimulatedService } from './simulated-service.ts';
import type { PauseHookState, Revision, ServiceDeploymentState } from './service-state.ts';

/** Where and when an event is sent, and its id. */
type Envelope = { readonly service: SimulatedService; readonly at: number; readonly id: string };

/** What the event bus hears of a deployment, which it calls by the revision that is deployed. */
export const deploymentEvent = (
  envelope: Envelope,
  { number }: Revision,
  name: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED',
  reason: string,
): JsonRecord => {
  const { service, at } = envelope;
  return inEnvelope(
    envelope,
    'ECS Deployment State Change',
    arnIn(service, 'service', service.cluster, service.service),
    {
      eventType: name === 'FAILED' ? 'ERROR' : 'INFO',
      eventName: `SERVICE_DEPLOYMENT_${name}`,
      deploymentId: `ecs-svc/${number}`,
      updatedAt: new Date(at).toISOString(),
      reason,
    },
  );
};

/** What the event bus hears of a pause hook. */
export const hookEvent = (
  envelope: Envelope,
  deployment: ServiceDeploymentState,
  { id, stage, status, expiresAt }: PauseHookState,
): JsonRecord => {
  const { service, at } = envelope;
  const arn = arnIn(service, 'service-deployment', service.cluster, service.service, deployment.id);
  return inEnvelope(envelope, 'ECS Hook State Change', arn, {
    eventType: 'INFO',
    eventName: `HOOK_${status}`,
    hookId: id,
    hookType: 'PAUSE',
    ...(status === 'AWAITING_ACTION' && { expiresAt: new Date(expiresAt).toISOString() }),
    lifecycleStage: stage,
    clusterArn: arnIn(service, 'cluster', service.cluster),
    serviceArn: arnIn(service, 'service', service.cluster, service.service),
    serviceDeploymentArn: arn,
    // Nanoseconds, as ECS writes them.
    updatedAt: new Date(at).toISOString().replace('Z', '059641Z'),
  });
};

const inEnvelope = (
  { service: { home }, at, id }: Envelope,
  detailType: string,
  resource: string,
  detail: JsonRecord,
): JsonRecord => ({
  version: '0',
  id,
  'detail-type': detailType,
  source: 'aws.ecs',
  account: home.account,
  time: toSeconds(new Date(at)),
  region: home.region,
  resources: [resource],
  detail,
});
