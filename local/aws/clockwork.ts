/** By what something goes on: `after` returns what takes it back. */
export type Clock = {
  readonly now: () => number;
  readonly after: (ms: number, work: () => void) => () => void;
};

/** Things that are simulated, by their keys, each of which goes on by itself and does what it is told. */
export type Clockwork<State, Command, Step> = {
  /** All of them, as they are now. */
  readonly states: () => readonly State[];
  readonly stateOf: (key: string) => State | undefined;
  /** Takes one of them to this moment and has it obey; undefined when there is none by that key. */
  readonly tell: (key: string, command: Command) => Step | undefined;
  readonly hasStopped: () => boolean;
  /** Nothing goes on by itself any more. */
  readonly stop: () => void;
};

/** Neither timers nor Node's counters go further. */
const MOST_MS = 2_147_483_647;

/**
 * Runs by a clock what is simulated by a pure step: after each step it waits until the next thing is due. `onStep` hears of
 * each step once the state is the new one, and may tell more.
 */
export const runClockwork = <
  State,
  Command extends { readonly kind: string },
  Step extends { readonly state: State },
>(options: {
  readonly clock: Clock;
  readonly start: ReadonlyMap<string, State>;
  readonly step: (before: State, command: Command | { readonly kind: 'wait' }, now: number) => Step;
  /** When something will happen by itself, in epoch milliseconds. */
  readonly nextDue: (state: State) => number | undefined;
  readonly onStep: (key: string, step: Step) => void;
}): Clockwork<State, Command, Step> => {
  const { clock, step, nextDue, onStep } = options;
  const states = new Map(options.start);
  const cancels = new Map<string, () => void>();
  let hasStopped = false;

  const tell = (key: string, command: Command | { readonly kind: 'wait' }): Step | undefined => {
    const before = states.get(key);
    if (before === undefined) {
      return undefined;
    }
    const taken = step(before, command, clock.now());
    states.set(key, taken.state);
    cancels.get(key)?.();
    cancels.delete(key);
    const due = nextDue(taken.state);
    if (due !== undefined && Number.isFinite(due) && !hasStopped) {
      const ms = Math.min(Math.max(0, due - clock.now()), MOST_MS);
      cancels.set(
        key,
        clock.after(ms, () => tell(key, { kind: 'wait' })),
      );
    }
    onStep(key, taken);
    return taken;
  };

  return {
    states: () => [...states.values()],
    stateOf: (key) => states.get(key),
    tell,
    hasStopped: () => hasStopped,
    stop: () => {
      hasStopped = true;
      cancels.forEach((cancel) => {
        cancel();
      });
      cancels.clear();
    },
  };
};
