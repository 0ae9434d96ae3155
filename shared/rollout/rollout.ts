import type { State } from './state.ts';
import type { Version } from './version.ts';

/** Identifies one rollout, everywhere and for ever. */
export type RolloutId = PipelineExecution | Deployment | ServiceDeployment;

export type PipelineExecution = Place & {
  readonly source: 'codepipeline';
  /** The pipeline's. */
  readonly name: string;
  readonly executionId: string;
};

export type Deployment = Place & {
  readonly source: 'codedeploy';
  readonly application: string;
  readonly group: string;
  /** The deployment's: `d-ABCDE1234`. */
  readonly executionId: string;
};

export type ServiceDeployment = Place & {
  readonly source: 'ecs';
  /** Empty where an ARN of the old style names none. */
  readonly cluster: string;
  readonly service: string;
  /** The last part of its ARN, or `ecs-svc/1234` where only events have told of it and nobody could say which it is. */
  readonly executionId: string;
};

type Place = { readonly partition: string; readonly account: string; readonly region: string };

/** A part of a rollout that has a state of its own. */
export type Register =
  | { readonly kind: 'rollout' }
  | { readonly kind: 'stage'; readonly stage: string }
  /** An action of a pipeline; of an ECS service deployment a hook of a lifecycle stage, by its id. */
  | { readonly kind: 'action'; readonly stage: string; readonly action: string }
  /** An EC2 instance, a server on premises, or whatever else a deployment goes to. */
  | { readonly kind: 'instance'; readonly instance: string };

/** What an action or a deployment left behind when it ended. */
export type Result = {
  readonly summary?: string;
  readonly errorCode?: string;
  /** Where the details are: an https address given by the event. */
  readonly url?: string;
};

/** What a register is now, by the newest change that was received. */
export type RegisterState = {
  readonly register: Register;
  readonly state: State;
  readonly version: Version;
  /** Epoch milliseconds: the earliest start that any change of this register told. */
  readonly startedAt: number;
  readonly result?: Result;
};

/** Who or what started the rollout, as far as the event tells. Free text of anyone who can push a commit. */
export type Trigger =
  | {
      readonly kind: 'commit';
      readonly author?: string;
      /** The author's address: a gate knows people by it, nobody is shown it. */
      readonly email?: string;
      readonly ref?: string;
      readonly commit?: string;
      readonly message?: string;
      readonly repository?: string;
    }
  | { readonly kind: 'other'; readonly type: string; readonly detail?: string };

/** Facts are registers of their own: a late first event changes no state and still brings its trigger. */
export type Facts = {
  readonly trigger?: Fact<Trigger>;
  readonly stopReason?: Fact<string>;
  /** Why the whole of it failed. */
  readonly failure?: Fact<Result>;
  /** The id of the deployment that this one undoes. */
  readonly rollbackOf?: Fact<string>;
  /** The id of the deployment that undoes this one. */
  readonly rolledBackBy?: Fact<string>;
  /** Who made a deployment, in CodeDeploy's word: looked up, for no event tells. */
  readonly creator?: Fact<string>;
  /** The names of a pipeline's stages, in their order: looked up, for events tell only of those that have begun. */
  readonly stages?: Fact<readonly string[]>;
  /** AWS knows nothing of it any more, as of the change that was its newest then. */
  readonly gone?: Fact<true>;
};

export type Fact<Value> = { readonly version: Version; readonly value: Value };

/** The fold of all state changes received for one rollout id. */
export type Rollout = {
  readonly id: RolloutId;
  /** By `registerName`. */
  readonly registers: Readonly<Record<string, RegisterState>>;
  readonly facts: Facts;
};

/** One parsed event: which register of which rollout is in which state, as of which version. */
export type StateChange = RegisterState & {
  readonly rollout: RolloutId;
  readonly facts: Facts;
  /** Of an approval action the id of this run of it, of a pause hook its own. */
  readonly approvalId?: string;
  /** Epoch milliseconds: when what waits gives up waiting, as far as the event says. */
  readonly expiresAt?: number;
};

/**
 * The name of a register: `rollout`, `stage:Build`, `action:Build/Compile`, `instance:i-0a1b2c3d`. The parts are
 * percent-encoded, so that no name can pass for another.
 */
export const registerName = (register: Register): string => {
  switch (register.kind) {
    case 'rollout':
      return 'rollout';
    case 'stage':
      return `stage:${encodeURIComponent(register.stage)}`;
    case 'action':
      return `action:${encodeURIComponent(register.stage)}/${encodeURIComponent(register.action)}`;
    case 'instance':
      return `instance:${encodeURIComponent(register.instance)}`;
  }
};
