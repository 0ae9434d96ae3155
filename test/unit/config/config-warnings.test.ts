import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { configWarnings } from '../../../scripts/config/config-warnings.ts';

const warningsOf = (routes: string): readonly string[] =>
  configWarnings(compileConfig(`slack: { workspace: T012345, channels: { ops: C012345 } }\nroutes: [${routes}]`));

const SUMMARY = "{ match: { pipeline: 'shop-*' }, to: [{ slack: ops }], detail: summary }";

describe('configWarnings', () => {
  it('B70: tells of two routes that tell one channel differently much, and which of them counts', () => {
    expect(warningsOf(`${SUMMARY}, { match: { state: failed }, to: [{ slack: ops }] }`)).toEqual([
      '#ops is told "summary" by route 1 and "full" by route 2: of a rollout that both lead there it is told "summary", as the first says',
    ]);
  });

  it('tells of globs that some name matches both of', () => {
    const route = (pipeline: string, detail: string) =>
      `{ match: { pipeline: '${pipeline}' }, to: [{ slack: ops }], detail: ${detail} }`;
    expect(warningsOf(`${route('a*', 'summary')}, ${route('*b', 'full')}`)).toHaveLength(1);
    expect(warningsOf(`${route('a*c', 'summary')}, ${route('b*', 'full')}`)).toEqual([]);
    expect(warningsOf(`${route('a?', 'summary')}, ${route('*bc', 'full')}`)).toEqual([]);
  });

  it.each([
    ['the same', `${SUMMARY}, ${SUMMARY}`],
    ['of different pipelines', `${SUMMARY}, { match: { pipeline: payments-prod }, to: [{ slack: ops }] }`],
    ['to different destinations', `${SUMMARY}, { to: [{ sns: releases }] }`],
  ])('says nothing of routes that tell %s', (_, routes) => {
    expect(warningsOf(routes)).toEqual([]);
  });

  it('tells of a gate at which nobody is asked', () => {
    const gates = (auto: string) =>
      configWarnings(
        compileConfig(
          `slack: { workspace: T012345, channels: { ops: C012345 } }
people: { ada: { slack: U0ADA } }
gates: [{ to: [{ slack: ops }], rules: [{ name: a, approvers: ada }, { name: b, approvers: ada }], auto: [${auto}] }]
`,
        ),
      );
    expect(gates('{ name: open door, when: { always: true } }')).toEqual([
      'gate 1 asks nobody: "open door" approves always, whatever it is',
    ]);
    expect(gates('{ name: half, fill: a, when: { always: true } }, { name: some, when: { ref: main } }')).toEqual([]);
  });
});
