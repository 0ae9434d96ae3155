import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, MAX_REGISTERS, withFacts } from '../../../shared/rollout/fold.ts';
import { registerName } from '../../../shared/rollout/rollout.ts';
import type { Facts, Register, Rollout, StateChange, Trigger } from '../../../shared/rollout/rollout.ts';
import { arbitraryChange, arbitraryDeploymentChange, hostileChange } from '../../support/arbitraries.ts';
import { aChange, aRollout, aVersion, TEN_O_CLOCK } from '../../support/rollouts.ts';

const folded = (changes: readonly StateChange[]): Rollout | undefined =>
  changes.reduce<Rollout | undefined>(fold, undefined);

/** The same changes in another order, some of them more than once. */
const shuffled = (changes: readonly StateChange[]): fc.Arbitrary<readonly StateChange[]> =>
  fc.array(fc.nat({ max: Math.max(0, changes.length - 1) }), { maxLength: changes.length }).chain((again) => {
    const all = [...changes, ...again.flatMap((index) => changes[index] ?? [])];
    return fc.shuffledSubarray(all, { minLength: all.length });
  });

const givesTheSame = (changes: fc.Arbitrary<StateChange[]>, numRuns: number): void => {
  const worlds = changes.chain((all) => fc.tuple(fc.constant(all), shuffled(all)));
  fc.assert(
    fc.property(worlds, ([inOrder, inDisorder]) => {
      expect(folded(inDisorder)).toEqual(folded(inOrder));
    }),
    { numRuns },
  );
};

const deploy: Register = { kind: 'stage', stage: 'Deploy' };
const release: Register = { kind: 'action', stage: 'Deploy', action: 'Release' };

describe('fold', () => {
  it('gives the same rollout for the same changes in any order, any number of times, also of two that one event id tells (B32)', () => {
    givesTheSame(fc.array(arbitraryChange, { maxLength: 12 }), 2000);
  });

  it('does so for a deployment and its instances', () => {
    givesTheSame(fc.array(arbitraryDeploymentChange, { maxLength: 12 }), 500);
  });

  it('does so for names that were chosen to confuse it', () => {
    givesTheSame(fc.array(hostileChange, { maxLength: 8 }), 300);
  });

  it('does so for more registers than it keeps', () => {
    const many = Array.from({ length: MAX_REGISTERS + 20 }, (_, index) =>
      aChange({
        register:
          index % 2 === 0
            ? { kind: 'stage', stage: `stage-${index % 90}` }
            : { kind: 'action', stage: `stage-${index % 90}`, action: `action-${index}` },
        state: index % 3 === 0 ? 'failed' : 'succeeded',
        version: { eventId: `event-${index}`, time: TEN_O_CLOCK + (index % 7) * 1000 },
      }),
    );
    const actions = Array.from({ length: MAX_REGISTERS }, (_, index) =>
      aChange({ register: { kind: 'action', stage: 'Deploy', action: `to-${index}` } }),
    );
    const instances = Array.from({ length: 10 }, (_, index) =>
      aChange({ register: { kind: 'instance', instance: `i-${index}` } }),
    );
    const all = [...instances, ...many, ...actions, aChange()];
    const expected = folded(all);
    expect(Object.keys(expected?.registers ?? {})).toHaveLength(MAX_REGISTERS);
    expect(expected?.registers['rollout']).toBeDefined();
    expect(Object.keys(expected?.registers ?? {}).filter((name) => name.startsWith('instance:'))).toEqual([]);
    fc.assert(
      fc.property(shuffled(all), (inDisorder) => {
        expect(folded(inDisorder)).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('returns the very rollout it was given when a change brings nothing new', () => {
    fc.assert(
      fc.property(fc.array(arbitraryChange, { minLength: 1, maxLength: 10 }), (changes) => {
        const rollout = folded(changes);
        for (const change of changes) {
          expect(fold(rollout, change)).toBe(rollout);
        }
      }),
    );
  });

  it('leaves the rollout it was given as it was', () => {
    fc.assert(
      fc.property(arbitraryChange, arbitraryChange, (first, second) => {
        const rollout = fold(undefined, first);
        const before = structuredClone(rollout);
        fold(rollout, second);
        expect(rollout).toEqual(before);
      }),
    );
  });

  it('lets a retry beat the failure before it, whatever the clocks say', () => {
    const failed = aChange({
      register: release,
      state: 'failed',
      version: { attempt: 1, time: TEN_O_CLOCK + 60_000, rank: 40, eventId: 'b' },
      startedAt: TEN_O_CLOCK,
      result: { summary: 'too few healthy instances' },
    });
    const retried = aChange({
      register: release,
      state: 'in-progress',
      version: { attempt: 2, time: TEN_O_CLOCK + 30_000, rank: 10, eventId: 'a' },
      startedAt: TEN_O_CLOCK + 30_000,
    });
    const expected = {
      'action:Deploy/Release': {
        register: release,
        state: 'in-progress',
        version: retried.version,
        startedAt: TEN_O_CLOCK,
      },
    };
    expect(aRollout(failed, retried).registers).toEqual(expected);
    expect(aRollout(retried, failed).registers).toEqual(expected);
  });

  it('keeps a rollout ended when its start arrives late, and takes the trigger from the start', () => {
    const started = aChange({
      version: { eventId: 'start' },
      facts: {
        trigger: { version: aVersion({ eventId: 'start' }), value: { kind: 'commit', author: 'Ada Lovelace' } },
      },
    });
    const succeeded = aChange({
      state: 'succeeded',
      version: { time: TEN_O_CLOCK + 60_000, rank: 50, eventId: 'end' },
      startedAt: TEN_O_CLOCK + 1000,
    });
    expect(aRollout(succeeded, started)).toEqual({
      id: started.rollout,
      registers: {
        rollout: {
          register: { kind: 'rollout' },
          state: 'succeeded',
          version: succeeded.version,
          startedAt: TEN_O_CLOCK,
        },
      },
      facts: started.facts,
    });
  });

  it.each([
    [10, 11],
    [11, 20],
    [30, 50],
  ])('takes, of two changes within one second, the one that is further along: of ranks %i and %i (F4)', (low, high) => {
    const earlier = aChange({ register: deploy, state: 'in-progress', version: { rank: low, eventId: 'z' } });
    const later = aChange({ register: deploy, state: 'failed', version: { rank: high, eventId: 'a' } });
    expect(aRollout(earlier, later).registers['stage:Deploy']?.state).toBe('failed');
    expect(aRollout(later, earlier).registers['stage:Deploy']?.state).toBe('failed');
  });

  it('takes, of two that one event id tells, the same one whichever comes first', () => {
    const changes = [
      aChange({ register: deploy, state: 'failed' }),
      aChange({ register: deploy, state: 'succeeded' }),
      aChange({ register: deploy, state: 'failed', result: { summary: 'too few healthy instances' } }),
    ];
    for (const a of changes) {
      for (const b of changes) {
        expect(aRollout(a, b)).toEqual(aRollout(b, a));
      }
    }
  });

  it('knows again what it has stored, in whatever order the fields come back', () => {
    const trigger = (value: Trigger) => ({ trigger: { version: aVersion(), value } });
    const told = trigger({ kind: 'commit', author: 'Ada', commit: 'abc', message: 'Fix', ref: 'main' });
    const stored = trigger({ ref: 'main', message: 'Fix', commit: 'abc', author: 'Ada', kind: 'commit' });
    for (const [first, second] of [
      [told, stored],
      [stored, told],
    ] as const) {
      const rollout = aRollout(aChange({ facts: first }));
      expect(fold(rollout, aChange({ facts: second }))).toBe(rollout);
    }
  });

  it('returns the very rollout it was given when a change tells of a part too many', () => {
    const full = Array.from({ length: MAX_REGISTERS - 1 }, (_, index) =>
      aChange({ register: { kind: 'stage', stage: `stage-${index}` } }),
    );
    const rollout = aRollout(aChange(), ...full);
    expect(fold(rollout, aChange({ register: { kind: 'instance', instance: 'i-1' } }))).toBe(rollout);
  });

  it('gives each register a name of its own', () => {
    const named = (register: Register): string => registerName(register);
    expect([
      named({ kind: 'rollout' }),
      named({ kind: 'stage', stage: 'a/b' }),
      named({ kind: 'action', stage: 'a', action: 'b/c' }),
      named({ kind: 'action', stage: 'a/b', action: 'c' }),
      named({ kind: 'stage', stage: '__proto__' }),
      named({ kind: 'instance', instance: 'a/b' }),
    ]).toEqual(['rollout', 'stage:a%2Fb', 'action:a/b%2Fc', 'action:a%2Fb/c', 'stage:__proto__', 'instance:a%2Fb']);
  });
});

describe('facts that were looked up', () => {
  const rollout = aRollout(aChange());
  const newer = aVersion({ time: TEN_O_CLOCK + 60_000, eventId: 'newer' });

  const fact = <Value>(value: Value, version = aVersion()) => ({ version, value });

  it.each<[keyof Facts, Facts, Facts]>([
    ['creator', { creator: fact('user') }, { creator: fact('codeDeployRollback', newer) }],
    ['failure', { failure: fact({ summary: 'a' }) }, { failure: fact({ summary: 'b' }, newer) }],
    ['rollbackOf', { rollbackOf: fact('d-1') }, { rollbackOf: fact('d-2', newer) }],
    ['rolledBackBy', { rolledBackBy: fact('d-1') }, { rolledBackBy: fact('d-2', newer) }],
    ['stages', { stages: fact(['Source']) }, { stages: fact(['Source', 'Deploy'], newer) }],
    ['gone', { gone: fact(true) }, { gone: fact(true, newer) }],
  ])('are kept as of the newest look, whichever comes first: %s', (_name, older, newest) => {
    expect(withFacts(rollout, older)).toStrictEqual({ ...rollout, facts: older });
    const looked = withFacts(withFacts(rollout, older), newest);
    expect(looked).toStrictEqual({ ...rollout, facts: newest });
    expect(withFacts(withFacts(rollout, newest), older)).toStrictEqual(looked);
    expect(withFacts(looked, newest)).toBe(looked);
  });
});
