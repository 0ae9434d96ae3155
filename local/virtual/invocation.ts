import type { Kernel } from './kernel.ts';

export type FunctionName = 'notify' | 'deliver' | 'sweep';

/** One run of a function: it may end, die, or stand still for a while without knowing. */
export type Invocation = {
  readonly name: FunctionName | 'decide' | 'validate';
  readonly number: number;
  readonly startedAt: number;
  readonly isAlive: () => boolean;
  /** Ends it where it stands: nothing that it waits for ever comes back to it. */
  readonly die: () => void;
  /** Stands still, longer than anybody waits for it: for those who wait it is over when its time is. */
  readonly freeze: (ms: number) => void;
  /** What the code of the invocation waits for: it goes on while the invocation is alive, and when it has thawed. */
  readonly resuming: <Value>(work: Promise<Value>) => Promise<Value>;
};

/** How an invocation ended for those who wait for it. */
export type Ending<Value> = { readonly kind: 'returned'; readonly value: Value } | { readonly kind: 'broken-off' };

/** Runs a function as Lambda does: it has so much time, and whatever it throws is an error of the invocation. */
export const invoke = <Value>(
  { clock, after }: Kernel,
  { name, number, timeoutMs }: { name: Invocation['name']; number: number; timeoutMs: number },
  work: (invocation: Invocation) => Promise<Value>,
): Promise<Ending<Value>> =>
  new Promise((resolve) => {
    let alive = true;
    let thawsAt = clock.now();
    const end = (ending: Ending<Value>): void => {
      alive = false;
      resolve(ending);
    };
    const die = (): void => {
      end({ kind: 'broken-off' });
    };
    const whenThawed = (goOn: () => void): void => {
      if (!alive) {
        return;
      }
      if (thawsAt > clock.now()) {
        after(thawsAt - clock.now(), () => {
          whenThawed(goOn);
        });
        return;
      }
      goOn();
    };
    const resuming = <Awaited>(promise: Promise<Awaited>): Promise<Awaited> =>
      new Promise((goOn, fail) => {
        promise.then(
          (value) => {
            whenThawed(() => {
              goOn(value);
            });
          },
          (error: unknown) => {
            whenThawed(() => {
              fail(error instanceof Error ? error : new Error(String(error)));
            });
          },
        );
      });
    after(timeoutMs, () => {
      if (thawsAt > clock.now()) {
        resolve({ kind: 'broken-off' });
      } else if (alive) {
        die();
      }
    });
    work({
      name,
      number,
      startedAt: clock.now(),
      isAlive: () => alive,
      die,
      freeze: (ms) => {
        thawsAt = clock.now() + ms;
      },
      resuming,
    }).then(
      (value) => {
        end({ kind: 'returned', value });
      },
      () => {
        die();
      },
    );
  });
