import type { Source } from '../config/config.ts';
import type { Register, StateChange } from '../rollout/rollout.ts';
import type { State } from '../rollout/state.ts';

/** What routes can ask of a change. */
export type ChangeFacts = {
  /** What it is that changed: the rollout itself, or which kind of part of it. */
  readonly part: Register['kind'];
  readonly source: Source;
  readonly pipeline?: string;
  readonly application?: string;
  readonly group?: string;
  readonly stage?: string;
  readonly action?: string;
  /** The state of the part that changed. */
  readonly state: State;
  readonly account: string;
  readonly region: string;
};

/** What routes see of a change. */
export const factsOf = ({ rollout, register, state }: StateChange): ChangeFacts => ({
  part: register.kind,
  source: rollout.source,
  ...nameOf(rollout),
  ...('stage' in register && { stage: register.stage }),
  ...('action' in register && { action: register.action }),
  state,
  account: rollout.account,
  region: rollout.region,
});

const nameOf = (rollout: StateChange['rollout']): Pick<ChangeFacts, 'pipeline' | 'application' | 'group'> => {
  switch (rollout.source) {
    case 'codepipeline':
      return { pipeline: rollout.name };
    case 'codedeploy':
      return { application: rollout.application, group: rollout.group };
  }
};
