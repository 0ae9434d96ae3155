import type { Asked } from '../../shared/aws/ask-aws.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import type { ToldEvent } from './runs.ts';

/** What has happened, whether or not anybody was told: by when, in epoch milliseconds. */
export type Happening = { readonly told: ToldEvent; readonly at: number };

/** CodePipeline as its APIs show it: of executions and actions their newest state, of stages nothing. */
export type Truth = {
  readonly ask: (rollouts: readonly Rollout[], now: number) => readonly Asked[];
  /** What an event says that `ask` brought. */
  readonly toldBy: (text: string) => ToldEvent | undefined;
  /** The newest event of an execution as a whole. */
  readonly endOf: (executionId: string) => ToldEvent | undefined;
};

export const createTruth = (happenings: readonly Happening[]): Truth => {
  const byExecution = Map.groupBy(happenings, ({ told }) => told.rollout.executionId);
  const polled = new Map<string, ToldEvent>();

  const newestOf = (executionId: string, now: number): readonly ToldEvent[] => {
    const known = (byExecution.get(executionId) ?? []).filter(
      ({ at, told }) => at <= now && told.register.kind !== 'stage',
    );
    const registers = Map.groupBy(known, ({ told }) => registerName(told.register));
    return [...registers.values()].flatMap((those) => those.at(-1)?.told ?? []);
  };

  return {
    ask: (rollouts, now) =>
      rollouts.map(({ id }) => {
        const newest = newestOf(id.executionId, now);
        return newest.length === 0
          ? { kind: 'missing' }
          : {
              kind: 'told',
              events: newest.map((told) => {
                const eventId = `~poll-${told.eventId}`;
                const text = told.text.replace(`"id":"${told.eventId}"`, `"id":"${eventId}"`);
                polled.set(text, { ...told, text, eventId });
                return text;
              }),
            };
      }),
    toldBy: (text) => polled.get(text),
    endOf: (executionId) =>
      byExecution.get(executionId)?.findLast(({ told }) => told.register.kind === 'rollout')?.told,
  };
};
