import { describe, expect, it } from 'vitest';
import { budgetOf, sizeProblems } from '../../scripts/size-budgets.ts';

const aBundle = (name: string, inputs: Readonly<Record<string, number>>) => ({
  name,
  path: `/project/dist/${name}/index.js`,
  bytes: Object.values(inputs).reduce((sum, bytes) => sum + bytes, 0),
  inputs: Object.entries(inputs).map(([path, bytes]) => ({ path, bytes })),
});

describe('the size budget', () => {
  it('is tightest for the function that somebody waits for', () => {
    expect(budgetOf('interact')).toEqual({ most: 200_000, aim: 120_000 });
    expect(budgetOf('notify')).toEqual({ most: 500_000, aim: 300_000 });
  });

  it('is kept up to its last byte', () => {
    const full = aBundle('notify', { 'functions/notify/index.ts': 500_000 });
    expect(sizeProblems([full, aBundle('interact', { 'functions/interact/index.ts': 200_000 })])).toEqual([]);
  });

  it('is broken by one byte more, which is said with the packages and folders that weigh most', () => {
    const heavy = aBundle('interact', {
      'functions/interact/index.ts': 1_001,
      'shared/slack/a.ts': 2_000,
      'shared/slack/b.ts': 2_000,
      'node_modules/valibot/dist/index.mjs': 35_000,
      'node_modules/@aws-sdk/client-sqs/dist-es/index.js': 100_000,
      'node_modules/@aws-sdk/client-sqs/node_modules/@smithy/core/index.js': 60_000,
    });
    expect(sizeProblems([aBundle('sweep', {}), heavy])).toEqual([
      'interact is 200.1 KB, 0.1 KB over its 200.0 KB. Its largest parts:',
      '  100.0 KB  @aws-sdk/client-sqs',
      '   60.0 KB  @smithy/core',
      '   35.0 KB  valibot',
      '    4.0 KB  shared/slack',
      '    1.1 KB  functions/interact',
    ]);
  });
});
