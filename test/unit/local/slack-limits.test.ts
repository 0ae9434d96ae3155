import { describe, expect, it } from 'vitest';
import { admitCall, UNHURRIED } from '../../../local/slack/slack-limits.ts';
import type { SlackPace } from '../../../local/slack/slack-limits.ts';

type Call = readonly [method: string, channel: string, now: number];

/** For each call 0 when it is admitted, otherwise the seconds to wait. */
const run = (calls: readonly Call[]): readonly number[] => {
  let pace: SlackPace = UNHURRIED;
  return calls.map(([method, channel, now]) => {
    const admission = admitCall(pace, method, channel, now);
    if (admission.kind === 'ratelimited') {
      return admission.retryAfterSeconds;
    }
    pace = admission.pace;
    return 0;
  });
};

const post = (channel: string, now: number): Call => ['chat.postMessage', channel, now];
const edit = (now: number): Call => ['chat.update', 'C1', now];

describe('admitCall', () => {
  it('takes a post a second for ever', () => {
    expect(run(Array.from({ length: 100 }, (_, second) => post('C1', second * 1000)))).toEqual(Array(100).fill(0));
  });

  it('takes three posts at once and has the fourth wait a second', () => {
    expect(
      run([post('C1', 0), post('C1', 0), post('C1', 0), post('C1', 0), post('C1', 999), post('C1', 1000)]),
    ).toEqual([0, 0, 0, 1, 1, 0]);
  });

  it('counts each channel for itself', () => {
    expect(run([...Array.from({ length: 3 }, () => post('C1', 0)), post('C2', 0), post('constructor', 0)])).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });

  it('takes fifty edits in any minute, whatever the channel', () => {
    const fifty = Array.from({ length: 50 }, (_, index) => edit(index * 100));
    expect(run([...fifty, edit(10_000), edit(59_999), edit(60_000), edit(60_001)])).toEqual([
      ...Array<number>(50).fill(0),
      50,
      1,
      0,
      1,
    ]);
  });

  it('counts each method of the workspace for itself, by its tier', () => {
    const ephemerals = Array.from({ length: 101 }, () => ['chat.postEphemeral', 'C1', 0] as const);
    const groups = Array.from({ length: 21 }, () => ['usergroups.users.list', '', 0] as const);
    const admitted = run([...ephemerals, ...groups, edit(0), post('C1', 0)]);
    expect(admitted.flatMap((seconds, index) => (seconds === 0 ? [] : [index]))).toEqual([100, 121]);
  });

  it('lets other methods through', () => {
    expect(run(Array.from({ length: 200 }, () => ['conversations.history', 'C1', 0] as const))).toEqual(
      Array(200).fill(0),
    );
  });

  it('forgets what is over', () => {
    const first = admitCall(UNHURRIED, 'chat.update', 'C1', 0);
    const second = first.kind === 'admitted' ? admitCall(first.pace, 'chat.update', 'C1', 60_000) : first;
    expect(second).toEqual({
      kind: 'admitted',
      pace: { postsPaidUntil: {}, calledAt: new Map([['chat.update', [60_000]]]) },
    });
  });
});
