import { UNRESTRICTED } from './restrictions.ts';
import type { Restrictions } from './restrictions.ts';
import type { Simulated, WorldParts } from './simulate-world.ts';

/** The smallest world that was found to break the same promise. */
export type Shrunken = { readonly restrictions: Restrictions; readonly simulated: Simulated };

/** How many worlds are played at most to find a smaller one. Counted, not timed: the same seed shrinks to the same world. */
const MOST_WORLDS = 400;

/**
 * Leaves out of a world that breaks a promise whatever it breaks that promise without: runs, kinds of faults, events,
 * single faults. `play` plays the world with what is left.
 */
export const shrinkWorld = async (
  broken: Simulated,
  play: (restrictions: Restrictions) => Promise<Simulated>,
  mostWorlds = MOST_WORLDS,
): Promise<Shrunken> => {
  const promise = promiseOf(broken);
  let smallest: Shrunken = { restrictions: UNRESTRICTED, simulated: broken };
  let left = mostWorlds;

  const breaksWith = async (restrictions: Restrictions): Promise<boolean> => {
    if (left === 0) {
      return false;
    }
    left -= 1;
    const simulated = await play(restrictions);
    const isBroken = simulated.problems.some((problem) => problem.startsWith(promise));
    if (isBroken) {
      smallest = { restrictions, simulated };
    }
    return isBroken;
  };
  const parts = () => smallest.simulated.parts;

  for (let size = -1; size !== sizeOf(smallest) && left > 0;) {
    size = sizeOf(smallest);
    await withFewer(parts().runs, (runs) => breaksWith({ ...smallest.restrictions, runs: new Set(runs) }));
    const kinds = Map.groupBy(parts().faults, (fault) => fault.replace(/\..*$/s, ''));
    await withFewer([...kinds.keys()], (some) =>
      breaksWith({ ...smallest.restrictions, faults: new Set(some.flatMap((kind) => kinds.get(kind) ?? [])) }),
    );
    await withFewer(parts().events, (events) => breaksWith({ ...smallest.restrictions, events: new Set(events) }));
    await withFewer(parts().faults, (faults) => breaksWith({ ...smallest.restrictions, faults: new Set(faults) }));
  }
  const { simulated } = smallest;
  return simulated === broken ? smallest : { restrictions: namingAll(simulated.parts), simulated };
};

/** The world of which this is all. */
const namingAll = ({ runs, events, faults }: WorldParts): Restrictions => ({
  runs: new Set(runs),
  events: new Set(events),
  faults: new Set(faults),
});

/** `P2` of what is broken first. */
const promiseOf = ({ problems: [first = ''] }: Simulated): string => first.slice(0, first.indexOf(':') + 1);

const sizeOf = ({ simulated: { parts } }: Shrunken): number =>
  parts.runs.length + parts.events.length + parts.faults.length;

/** Tries to do with fewer: first with half of them, then with ever more. */
const withFewer = async <Part>(
  parts: readonly Part[],
  mayDo: (fewer: readonly Part[]) => Promise<boolean>,
): Promise<void> => {
  let kept = parts;
  for (let size = parts.length; size >= 1; size = Math.floor(size / 2)) {
    for (let from = 0; from < kept.length;) {
      const fewer = kept.toSpliced(from, size);
      if (await mayDo(fewer)) {
        kept = fewer;
      } else {
        from += size;
      }
    }
  }
};
