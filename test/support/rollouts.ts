import { fold } from '../../shared/rollout/fold.ts';
import type {
  Deployment,
  PipelineExecution,
  Rollout,
  ServiceDeployment,
  StateChange,
} from '../../shared/rollout/rollout.ts';
import type { Version } from '../../shared/rollout/version.ts';

/** 2026-11-20T10:00:00Z, when every rollout of the tests begins. */
export const TEN_O_CLOCK = Date.UTC(2026, 10, 20, 10);

export const aRolloutId = (given: Partial<PipelineExecution> = {}): PipelineExecution => ({
  source: 'codepipeline',
  partition: 'aws',
  account: '111122223333',
  region: 'eu-west-1',
  name: 'shop-prod',
  executionId: '0a1b2c3d-0000-4000-8000-000000000001',
  ...given,
});

export const aDeploymentId = (given: Partial<Deployment> = {}): Deployment => ({
  source: 'codedeploy',
  partition: 'aws',
  account: '111122223333',
  region: 'eu-west-1',
  application: 'shop',
  group: 'prod',
  executionId: 'd-ABCDE1234',
  ...given,
});

export const aServiceDeploymentId = (given: Partial<ServiceDeployment> = {}): ServiceDeployment => ({
  source: 'ecs',
  partition: 'aws',
  account: '111122223333',
  region: 'eu-west-1',
  cluster: 'prod',
  service: 'shop',
  executionId: '0EYSiBq8vWc1T7rKzLm5x',
  ...given,
});

export const aVersion = (given: Partial<Version> = {}): Version => ({
  attempt: 1,
  time: TEN_O_CLOCK,
  rank: 10,
  eventId: 'event-1',
  ...given,
});

type GivenChange = Partial<Omit<StateChange, 'version'>> & { readonly version?: Partial<Version> };

/** The start of a rollout, or what is given of another change; it starts when it happens. */
export const aChange = ({ version: givenVersion, ...given }: GivenChange = {}): StateChange => {
  const version = aVersion(givenVersion);
  return {
    rollout: aRolloutId(),
    register: { kind: 'rollout' },
    state: 'in-progress',
    version,
    startedAt: version.time,
    facts: {},
    ...given,
  };
};

/** The rollout that these changes make. */
export const aRollout = (first: StateChange, ...rest: readonly StateChange[]): Rollout =>
  rest.reduce(fold, fold(undefined, first));
