import { describe, expect, it } from 'vitest';
import { gateNotes } from '../../../shared/gate/gate-notes.ts';
import { aClick, aDecision, aGate, aPolicy } from '../../support/gates.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

describe('the thread of a gate', () => {
  const policy = aPolicy({ mention: ['SRELEASE'] });

  it('says nothing as long as nothing has happened', () => {
    expect(gateNotes(aGate(), policy)).toEqual([]);
  });

  it('tells each vote that counts, and no other click', () => {
    const clicks = [aClick(), aClick({ key: 'k2', outcome: 'not-an-approver' }), aClick({ key: 'k3', user: 'UGRACE' })];
    expect(gateNotes(aGate({ clicks }), policy)).toEqual([
      { key: 'vote UADA k1', note: { kind: 'vote', click: 'k1' } },
      { key: 'vote UGRACE k3', note: { kind: 'vote', click: 'k3' } },
    ]);
  });

  it('reminds whom the policy names, and of several that came due at once only with the last', () => {
    const reminded = aGate({ reminded: 2 });
    expect(gateNotes(reminded, policy)).toEqual([
      { key: 'reminder 2', note: { kind: 'reminder', mentions: ['SRELEASE'] } },
    ]);
    const callingNobody = [{ key: 'reminder 2', note: { kind: 'reminder', mentions: [] } }];
    expect(gateNotes(reminded, aPolicy())).toEqual(callingNobody);
    expect(gateNotes(reminded, undefined)).toEqual(callingNobody);
  });

  it('tells what came of it once it is over, and not before AWS has taken what was decided', () => {
    const decision = aDecision();
    expect(gateNotes(aGate({ state: { kind: 'decided', decision } }), policy)).toEqual([]);
    expect(gateNotes(aGate({ state: { kind: 'applied', decision, at: TEN_O_CLOCK } }), policy)).toEqual([
      { key: 'outcome', note: { kind: 'outcome' } },
    ]);
  });
});
