import type { JsonRecord } from '../../json.ts';
import { toSeconds } from '../service-event.ts';
import type { SimulatedGroup } from './deployment-group.ts';
import type { SimulatedDeployment } from './deployment-state.ts';

/** Where and when an event is sent, and its id. */
type Envelope = { readonly group: Group; readonly at: number; readonly id: string };

type Group = Pick<SimulatedGroup, 'application' | 'group' | 'home'>;
type Deployment = Pick<SimulatedDeployment, 'id' | 'instanceGroupId'>;

/** What the event bus hears of a deployment. */
export const deploymentEvent = (
  envelope: Envelope,
  deployment: Deployment,
  state: 'START' | 'READY' | 'STOP' | 'FAILURE' | 'SUCCESS',
): JsonRecord => inEnvelope(envelope, 'Deployment', arnsOf(envelope.group), { ...common(envelope, deployment), state });

/** What the event bus hears of an instance of the replacement. */
export const instanceEvent = (
  envelope: Envelope,
  deployment: Deployment,
  instance: string,
  state: 'START' | 'READY' | 'FAILURE' | 'SUCCESS',
): JsonRecord => {
  const { partition, region, account } = envelope.group.home;
  const arn = `arn:${partition}:ec2:${region}:${account}:instance/${instance}`;
  return inEnvelope(envelope, 'Instance', [arn, ...arnsOf(envelope.group).reverse()], {
    ...common(envelope, deployment),
    instanceId: instance,
    state,
  });
};

const inEnvelope = (
  { group, at, id }: Envelope,
  level: 'Deployment' | 'Instance',
  resources: readonly string[],
  detail: JsonRecord,
): JsonRecord => ({
  version: '0',
  id,
  'detail-type': `CodeDeploy ${level} State-change Notification`,
  source: 'aws.codedeploy',
  account: group.home.account,
  time: toSeconds(new Date(at)),
  region: group.home.region,
  resources,
  detail,
});

const arnsOf = ({ application, group, home: { partition, region, account } }: Group): string[] => [
  `arn:${partition}:codedeploy:${region}:${account}:application:${application}`,
  `arn:${partition}:codedeploy:${region}:${account}:deploymentgroup:${application}/${group}`,
];

const common = ({ group }: Envelope, { id, instanceGroupId }: Deployment): JsonRecord => ({
  region: group.home.region,
  deploymentId: id,
  application: group.application,
  deploymentGroup: group.group,
  instanceGroupId,
});
