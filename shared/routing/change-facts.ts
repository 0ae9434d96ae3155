import type { Source } from '../config/config.ts';
import type { Register, RolloutId, StateChange } from '../rollout/rollout.ts';
import type { State } from '../rollout/state.ts';

/** What can be asked of a rollout, whatever happens to it. */
export type RolloutFacts = {
  readonly source: Source;
  readonly pipeline?: string;
  readonly application?: string;
  readonly group?: string;
  readonly cluster?: string;
  readonly service?: string;
  readonly account: string;
  readonly region: string;
};

/** What routes can ask of a change. */
export type ChangeFacts = RolloutFacts & {
  /** What it is that changed: the rollout itself, or which kind of part of it. */
  readonly part: Register['kind'];
  readonly stage?: string;
  readonly action?: string;
  /** The state of the part that changed. */
  readonly state: State;
};

/** What routes see of a change. */
export const factsOf = ({ rollout, register, state }: StateChange): ChangeFacts => {
  // Nobody knows the id of a hook before it is there: what it is in, its lifecycle stage is in.
  const isHook = rollout.source === 'ecs' && register.kind === 'action';
  return {
    ...rolloutFactsOf(rollout),
    part: isHook ? 'stage' : register.kind,
    ...('stage' in register && { stage: register.stage }),
    ...('action' in register && !isHook && { action: register.action }),
    state,
  };
};

/** What can be asked of a rollout by what it is and where. */
export const rolloutFactsOf = (id: RolloutId): RolloutFacts => {
  const { source, account, region } = id;
  switch (id.source) {
    case 'codepipeline':
      return { source, pipeline: id.name, account, region };
    case 'codedeploy':
      return { source, application: id.application, group: id.group, account, region };
    case 'ecs':
      return { source, ...(id.cluster !== '' && { cluster: id.cluster }), service: id.service, account, region };
  }
};
