import { describe, expect, it } from 'vitest';
import { drawRows } from '../../../scripts/setup/draw-rows.ts';
import { distinctRows, exitCodeOfRows } from '../../../scripts/setup/row.ts';
import type { Row } from '../../../scripts/setup/row.ts';

const OK: Row = { group: 'AWS', name: 'credentials', status: 'ok', says: 'fine' };
const PROBLEM: Row = { group: 'Slack', name: '#a', status: 'problem', says: 'first\nsecond', remedy: '/invite @b' };
const SKIPPED: Row = { group: 'AWS', name: 'table', status: 'skipped', says: 'you may not ask' };
const NOTE: Row = { group: 'Slack', name: 'scope', status: 'note', says: 'is missing', remedy: 'add it' };

describe('drawRows', () => {
  it('draws by groups, each problem with its remedy, and sums up', () => {
    expect(drawRows([OK, PROBLEM, SKIPPED, NOTE], false)).toBe(`AWS
  ✓ credentials: fine
  – table: you may not ask

Slack
  ✗ #a: first
      second
    → /invite @b
  · scope: is missing
    → add it

1 problem: 1 check passed, 1 could not be made.`);
  });

  it('says that all is well when it is', () => {
    expect(drawRows([OK, NOTE], false)).toMatch(/\nAll is well: 1 check passed\.$/);
    expect(drawRows([OK, SKIPPED], false)).toMatch(/\nNo problem found: 1 check passed, 1 could not be made\.$/);
  });

  it('lets nothing foreign drive the terminal', () => {
    expect(drawRows([{ ...OK, says: 'a\u001b[2Jb\u202e' }], false)).toContain('✓ credentials: a [2Jb');
  });
});

describe('distinctRows', () => {
  it('says the same once', () => {
    expect(distinctRows([OK, SKIPPED, { ...OK }, { ...OK, says: 'other' }])).toEqual([
      OK,
      SKIPPED,
      { ...OK, says: 'other' },
    ]);
  });
});

describe('exitCodeOfRows', () => {
  it('is 1 for problems only', () => {
    expect([exitCodeOfRows([OK, SKIPPED, NOTE]), exitCodeOfRows([OK, PROBLEM])]).toEqual([0, 1]);
  });
});
