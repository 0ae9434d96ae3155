import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Vote } from '../../../shared/gate/vote-message.ts';
import { anOpenGate } from '../../support/gates.ts';

type Turn = Awaited<ReturnType<typeof anOpenGate>>;

/** A gate at which votes are taken at once, each of their reads and writes at whatever moment fast-check likes. */
const takeAtOnce = async (scheduler: fc.Scheduler, votesFor: (turn: Turn) => readonly Vote[]) => {
  let isOn = false;
  const soon = (what: string): Promise<unknown> =>
    isOn ? scheduler.schedule(Promise.resolve(), what) : Promise.resolve();
  const turn = await anOpenGate(undefined, (store) => ({
    ...store,
    read: async (key) => {
      await soon(`read ${key.sk}`);
      const item = await store.read(key);
      await soon(`${key.sk} is read`);
      return item;
    },
    write: async (item) => {
      await soon(`write ${item.key.sk}`);
      const isWritten = await store.write(item);
      await soon(`${item.key.sk} is written`);
      return isWritten;
    },
  }));
  isOn = true;
  const outcomes = await scheduler.waitFor(Promise.all(votesFor(turn).map(turn.decide)));
  isOn = false;
  return { turn, outcomes };
};

describe('decide, with two clicks at once', () => {
  it('lets one of two opposite clicks count, and tells the other person who decided (F42, S21)', async () => {
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const { turn, outcomes } = await takeAtOnce(scheduler, ({ aVote }) => [
          aVote({ user: 'UADA' }),
          aVote({ user: 'UGRACE', verdict: 'reject', step: 'modal', note: 'No' }),
        ]);
        const [first] = outcomes;
        const [winner, verdict, loser] =
          first === 'counted' ? ['UADA', 'approve', 'UGRACE'] : ['UGRACE', 'reject', 'UADA'];
        seen.add(winner);
        expect([...outcomes].sort()).toEqual(['counted', 'refused']);
        expect(turn.platform.calls.map(([said]) => said)).toEqual([verdict]);
        const { state, clicks } = await turn.gate();
        expect(state).toMatchObject({ kind: 'applied', decision: { verdict, by: [winner] } });
        expect(clicks.map(({ user, outcome }) => [user, outcome])).toEqual([
          [winner, 'counted'],
          [loser, 'over'],
        ]);
        expect(turn.told).toEqual([
          [
            loser,
            `Your click was not counted: it was ${verdict === 'approve' ? 'approved' : 'rejected'} by <@${winner}> already.`,
          ],
        ]);
      }),
      { numRuns: 200 },
    );
    expect([...seen].sort()).toEqual(['UADA', 'UGRACE']);
  });

  it('takes a click that is brought twice for one, and a second click for too late (F42)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, isReplay) => {
        const { turn, outcomes } = await takeAtOnce(scheduler, ({ aVote }) => {
          const vote = aVote();
          return [vote, isReplay ? vote : aVote()];
        });
        expect([...outcomes].sort()).toEqual(['counted', isReplay ? 'repeated' : 'refused']);
        expect(turn.platform.calls).toHaveLength(1);
        expect((await turn.gate()).clicks.filter(({ outcome }) => outcome === 'counted')).toHaveLength(1);
      }),
      { numRuns: 200 },
    );
  });
});
