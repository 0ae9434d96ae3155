/** What a register of a rollout can be in: our words, the same for every AWS service. */
export const STATES = [
  'in-progress',
  'stopping',
  'waiting',
  'succeeded',
  'failed',
  'stopped',
  'canceled',
  'superseded',
  'abandoned',
] as const;

export type State = (typeof STATES)[number];

const FINAL: ReadonlySet<State> = new Set<State>([
  'succeeded',
  'failed',
  'stopped',
  'canceled',
  'superseded',
  'abandoned',
]);

/** What a whole rollout can be in: abandoned are only actions. */
export const ROLLOUT_STATES = STATES.filter((state) => state !== 'abandoned');

/** Final until somebody retries: a failed stage may be resumed under the same execution id. */
export const isFinal = (state: State): boolean => FINAL.has(state);
