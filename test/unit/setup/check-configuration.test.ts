import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { checkConfiguration, checkNode } from '../../../scripts/doctor/check-configuration.ts';
import { glance } from '../../support/rows.ts';

const check = (routes: string, { isLocal = false, ids = 'T1AA' } = {}) =>
  glance(
    checkConfiguration(
      {
        kind: 'valid',
        config: compileConfig(`slack: { workspace: ${ids}, channels: { a: C1AA, b: C2AA } }\n${routes}`),
      },
      { isLocal },
    ),
  );

const BOTH = '{ slack: a }, { slack: b }';

describe('checkConfiguration', () => {
  it('names every problem, each with the way out', () => {
    const rows = checkConfiguration({ kind: 'invalid', problems: ['line 1  a', 'line 2  b'] }, { isLocal: false });
    expect(glance(rows)).toEqual([
      ['problem', 'gatehouse.yml', 'line 1  a'],
      ['problem', 'gatehouse.yml', 'line 2  b'],
    ]);
    expect(rows.map(({ remedy }) => remedy)).toEqual(Array(2).fill('mend it there; docs/routes.md explains every key'));
  });

  it('counts what is there when it is well', () => {
    expect(check(`routes: [{ to: [${BOTH}] }]`)).toEqual([['ok', 'gatehouse.yml', '1 route, 2 channels']]);
  });

  it("takes the example's ids for a problem, but not on this machine", () => {
    const routes = `routes: [{ to: [${BOTH}] }]`;
    expect(check(routes, { ids: 'T0GATEHOUSE' })).toEqual([
      ['problem', 'slack.workspace', "T0GATEHOUSE is the example's id, not yours"],
    ]);
    expect(check(routes, { ids: 'T0GATEHOUSE', isLocal: true })).toEqual([
      ['ok', 'gatehouse.yml', '1 route, 2 channels'],
    ]);
  });

  it('notes a channel that no route leads to', () => {
    expect(check('routes: [{ to: [{ slack: a }] }]').slice(1)).toEqual([
      ['note', 'slack.channels.b', 'no route leads to #b'],
    ]);
  });

  it('notes routes that are never asked', () => {
    const routes = `routes: [{ name: all, to: [${BOTH}], stop: true }, { match: { state: failed }, to: [{ slack: a }] }]
default: [{ slack: a }]`;
    expect(check(routes).slice(1)).toEqual([
      ['note', 'route 2', 'is never asked: all matches everything and says stop'],
      ['note', 'default', 'is never asked: all matches everything'],
    ]);
  });

  it('notes a default that a route for everything leaves nothing to, and no route with an exception', () => {
    expect(check(`routes: [{ to: [${BOTH}] }]\ndefault: [{ slack: a }]`).slice(1)).toEqual([
      ['note', 'default', 'is never asked: route 1 matches everything'],
    ]);
    expect(check(`routes: [{ except: { region: us-* }, to: [${BOTH}] }]\ndefault: [{ slack: a }]`).slice(1)).toEqual(
      [],
    );
  });

  it('notes a topic that hears every change', () => {
    expect(check(`routes: [{ to: [${BOTH}, { sns: mail }] }]`).slice(1)).toEqual([
      ['note', 'route 1', 'topic mail gets every change, also of stages, actions and instances'],
    ]);
  });
});

describe('checkNode', () => {
  it('wants the Node that the functions run on', () => {
    expect(glance([checkNode('24.1.0'), checkNode('22.18.0')])).toEqual([
      ['ok', 'Node.js', '24.1.0'],
      ['problem', 'Node.js', '22.18.0 runs this; the functions are made for 24'],
    ]);
  });
});
