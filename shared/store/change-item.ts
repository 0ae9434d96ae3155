import type { Clock } from '../clock.ts';
import type { DueKind, Item, Key, Store } from './store.ts';

/** How one kind of item is read, kept and found when it is due. */
export type ItemKind<Body> = {
  /** Reads what is stored, also by the version before this one. Throws on what cannot be read. */
  readonly parse: (body: unknown) => Body;
  readonly due?: (body: Body) => { readonly kind: DueKind; readonly at: number } | undefined;
};

/** What a transition wants: a new body to be written, or none, and what its caller is told. */
export type Step<Body, Outcome> = { readonly body?: Body; readonly outcome: Outcome };

/** What became of an item: the transition's outcome, and the item as it is stored now. */
export type Changed<Outcome> = { readonly outcome: Outcome; readonly item: Item | undefined };

export type ChangeItem = <Body, Outcome>(
  key: Key,
  kind: ItemKind<Body>,
  transition: (body: Body | undefined) => Step<Body, Outcome>,
  /** The item as the caller last saw it, or that there was none: saves the read when nobody wrote meanwhile. */
  held?: Item | 'nothing',
) => Promise<Changed<Outcome>>;

/** A transition that only looks: its outcome is what is stored. */
export const unchanged = <Body>(body: Body | undefined): Step<Body, Body | undefined> => ({ outcome: body });

const TRIES = 15;

/**
 * Longer than an approval may wait (60 days), and than an event can be on its way: a day in EventBridge, two weeks in the
 * queue, two in its dead-letter queue.
 */
const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Changes an item by a pure transition and one conditional put: when somebody else wrote meanwhile the transition is
 * asked again about what they wrote. A transition must therefore give the same outcome when its own write is what it
 * finds: a put may succeed and its answer be lost.
 */
export const createChangeItem =
  ({ store, clock, random }: { store: Store; clock: Clock; random: () => number }): ChangeItem =>
  async (key, kind, transition, held) => {
    let item = held === 'nothing' ? undefined : (held ?? (await store.read(key)));
    for (let tries = 0; tries < TRIES; tries += 1) {
      const { body, outcome } = transition(item === undefined ? undefined : kind.parse(item.body));
      if (body === undefined) {
        return { outcome, item };
      }
      const due = kind.due?.(body);
      const next: Item = {
        key,
        rev: (item?.rev ?? 0) + 1,
        body,
        ...(due && { due }),
        expiresAt: clock.now() + KEPT_MS,
      };
      if (await store.write(next)) {
        return { outcome, item: next };
      }
      await clock.sleep(random() * Math.min(500, 10 * 2 ** tries));
      item = await store.read(key);
    }
    throw new Error(`An item was written by others ${TRIES} times in a row: ${key.sk}`);
  };
