import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import {
  adopted,
  claimed,
  deliveryItem,
  failed,
  intended,
  postponed,
  refused,
  shown,
  wanted,
} from '../../../shared/delivery/delivery.ts';
import type { Delivery } from '../../../shared/delivery/delivery.ts';
import { withTrouble } from '../../../shared/delivery/history.ts';
import type { Step } from '../../../shared/store/change-item.ts';

type Transition = (delivery: Delivery | undefined) => Step<Delivery, unknown>;

/** The delivery after these, each of which is stored twice: the first answer got lost. */
const after = (...transitions: readonly Transition[]): Delivery | undefined =>
  transitions.reduce<Delivery | undefined>((stored, transition) => {
    const once = transition(stored).body ?? stored;
    return transition(once).body ?? once;
  }, undefined);

const begun: readonly Transition[] = [wanted(1, 1), claimed(2)];

describe('the history of a delivery', () => {
  it('keeps when it was posted, how often it was edited, and what went wrong before', () => {
    const fence = after(...begun)?.fence ?? 0;
    const posted = [
      ...begun,
      postponed(fence, 3, 'drop-intent', { error: 'ratelimited', at: 2 }),
      intended(fence, { key: 'k', at: 3 }),
      failed(fence, { error: 'HTTP 503', retryAt: 10, ambiguous: false }, 4),
      failed(fence, { error: 'HTTP 503', retryAt: 10, ambiguous: false }, 5),
      shown(fence, { ts: '1.1', rev: 1, digest: 'a', by: 'posted', trouble: 'invalid_blocks' }, 6),
    ];
    const history = {
      postedAt: 6,
      shownAt: 6,
      edits: 0,
      troubles: [
        { error: 'ratelimited', count: 1, from: 2, to: 2 },
        { error: 'HTTP 503', count: 2, from: 4, to: 5 },
        { error: 'invalid_blocks', count: 1, from: 6, to: 6 },
      ],
    };
    expect(after(...posted)?.history).toEqual(history);

    const again = [...posted, wanted(2, 7), (stored: Delivery | undefined) => claimed(70_000)(stored)];
    const owner = after(...again)?.fence ?? 0;
    const edit = { ts: '1.1', rev: 2, digest: 'b' };
    expect(after(...again, shown(owner, { ...edit, by: 'updated' }, 8))?.history).toEqual({
      ...history,
      shownAt: 8,
      edits: 1,
    });
    expect(after(...again, shown(owner, { ...edit, by: 'unchanged' }, 8))?.history).toEqual(history);
  });

  it('keeps why Slack refused, and the post of an owner that lost its fence', () => {
    const fence = after(...begun)?.fence ?? 0;
    expect(after(...begun, refused(fence, 'not_in_channel', 'heals', 5), adopted('1.1', 6))?.history).toEqual({
      postedAt: 6,
      shownAt: 6,
      edits: 0,
      troubles: [{ error: 'not_in_channel', count: 1, from: 5, to: 5 }],
    });
  });

  it('does not grow: four days of one outage are one entry, and of all errors the last five are kept, none long', () => {
    const outage = Array.from({ length: 1_200 }).reduce<ReturnType<typeof withTrouble> | undefined>(
      (history, _, index) => withTrouble(history, 'HTTP 503', index),
      undefined,
    );
    expect(outage?.troubles).toEqual([{ error: 'HTTP 503', count: 1_200, from: 0, to: 1_199 }]);
    const many = Array.from({ length: 20 }).reduce<ReturnType<typeof withTrouble> | undefined>(
      (history, _, index) => withTrouble(history, `error ${index} ${'x'.repeat(500)}`, index),
      outage,
    );
    expect(many?.troubles.map(({ error }) => [error.slice(0, 8), error.length])).toEqual(
      [15, 16, 17, 18, 19].map((index) => [`error ${index}`, 100]),
    );
  });
});

/** How the version before this one reads a delivery. */
const DeliveryBefore = v.object({
  want: v.number(),
  done: v.number(),
  fence: v.number(),
  ts: v.exactOptional(v.string()),
  shown: v.exactOptional(v.string()),
  intent: v.exactOptional(v.object({ key: v.string(), at: v.number() })),
  extra: v.exactOptional(v.array(v.string())),
  retryAt: v.exactOptional(v.number()),
  failures: v.number(),
  error: v.exactOptional(v.string()),
  refused: v.exactOptional(v.picklist(['for-good', 'heals'])),
  dueAt: v.exactOptional(v.number()),
});

describe('a delivery across versions', () => {
  /** As the version before this one wrote them: no history. */
  const GOLDEN: readonly Delivery[] = [
    { want: 4, done: 4, fence: 3, ts: '1790000000.000100', shown: 'digest', failures: 0 },
    {
      want: 2,
      done: 0,
      fence: 1,
      intent: { key: 'k', at: 5 },
      retryAt: 9,
      failures: 1,
      error: 'HTTP 500',
      dueAt: 9,
    },
    { want: 2, done: 0, fence: 1, failures: 1, error: 'not_in_channel', refused: 'heals', dueAt: 9 },
  ];

  it.each(GOLDEN)('of the version before is read as it was written: %j', (body) => {
    expect(deliveryItem.parse(JSON.parse(JSON.stringify(body)))).toEqual(body);
  });

  it('of the version before goes on, and its history begins where it is', () => {
    const [atRest] = GOLDEN;
    const claim = claimed(1)(wanted(5, 1)(atRest).body);
    const edit = { ts: '1790000000.000100', rev: 5, digest: 'b', by: 'updated' as const };
    expect(shown(4, edit, 8)(claim.body).body).toEqual({
      want: 5,
      done: 5,
      fence: 4,
      ts: '1790000000.000100',
      shown: 'b',
      failures: 0,
      history: { shownAt: 8, edits: 1, troubles: [] },
    });
  });

  it('of this version is read by the version before, which passes over the history', () => {
    const [atRest] = GOLDEN;
    const written = shown(
      4,
      { ts: '1.1', rev: 5, digest: 'b', by: 'posted' },
      8,
    )(
      claimed(1)({
        ...GOLDEN[1],
        want: 5,
        done: 0,
        fence: 3,
        failures: 0,
        retryAt: 1,
        intent: { key: 'k', at: -99_999 },
      }).body,
    ).body;
    expect(v.parse(DeliveryBefore, JSON.parse(JSON.stringify(written)))).toEqual({
      ...atRest,
      want: 5,
      done: 5,
      fence: 4,
      ts: '1.1',
      shown: 'b',
    });
  });
});
