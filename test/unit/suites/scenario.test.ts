import { glob, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { playScenario } from '../../../scripts/suite/play-scenario.ts';
import { readScenario, ScenarioInvalid } from '../../../scripts/suite/scenario.ts';
import { simulateSuite } from '../../../scripts/suite/simulate.ts';
import type { Suite } from '../../../shared/validation/suite.ts';
import { ROOT } from '../../support/command.ts';
import {
  aCheck,
  aCompareCheck,
  aMetricCheck,
  anAlarmsCheck,
  anApproval,
  deciding,
  limits,
  sampling,
} from '../../support/runs.ts';
import { suiteOf } from '../../support/suites.ts';

const suite = (...[checks, more]: Parameters<typeof suiteOf>): Suite => suiteOf(checks, more);

const played = (of: Suite, scenario: string) => playScenario(of, readScenario(scenario, 'scenario.yml', of));

const told = (of: Suite, scenario: string) => {
  const { timeline } = played(of, scenario);
  return timeline.map(({ at, says }) => `${at / 1000} ${says}`);
};

const problemsOf = (scenario: string, of = suite([aCheck(), anApproval()])): readonly string[] => {
  try {
    readScenario(scenario, 'scenario.yml', of);
    return [];
  } catch (error) {
    return error instanceof ScenarioInvalid ? error.message.split('\n') : [String(error)];
  }
};

describe('a scenario', () => {
  it('of nothing has every check pass', () => {
    expect(told(suite([aCheck()]), '')).toEqual([
      '0 orders begins; it is decided by 10:00 at the latest',
      '0.1 smoke: 1 of 1, pass: pass',
      '0.1 smoke has passed',
      '0.1 decided to go on: Every required check has passed.',
      '0.1 CodeDeploy is told: Succeeded',
    ]);
  });

  it('tells each platform in its own words', () => {
    const native = { ...suite([aCheck()]), match: { platform: 'ecs-native' } as const };
    expect(told(native, '').at(-1)).toBe('0.1 ECS is answered: SUCCEEDED');
    expect(told(native, 'checks: { smoke: [fail] }').at(-1)).toBe('0.1 ECS is answered: FAILED');
    const piped = { ...suite([aCheck()]), match: { platform: 'codepipeline' } as const };
    expect(told(piped, '').at(-1)).toBe('0.1 CodePipeline is told: success');
  });

  it('says what one sample after the other finds, the last for ever', () => {
    const check = aCheck({ sample: sampling({ count: 4 }), limits: limits({ failures: 1 }) });
    const scenario = 'checks: { smoke: [pass, { outcome: fail, value: "500", expected: "200", takes: 2s }, pass] }';
    expect(told(suite([check]), scenario).slice(1, 5)).toEqual([
      '0.1 smoke: 1 of 4, pass: pass',
      '32 smoke: 2 of 4, fail: 500, expected 200',
      '60.1 smoke: 3 of 4, pass: pass',
      '90.1 smoke: 4 of 4, pass: pass',
    ]);
  });

  it('says from when on every sample finds something else', () => {
    const check = aCheck({ sample: sampling({ count: 4 }) });
    const scenario = 'checks: { smoke: [{ at: 1m, outcome: fail, says: status 500 }] }';
    expect(told(suite([check]), scenario).slice(1, 4)).toEqual([
      '0.1 smoke: 1 of 4, pass: pass',
      '30.1 smoke: 2 of 4, pass: pass',
      '60.1 smoke: 3 of 4, fail: status 500',
    ]);
  });

  it('breaks off what hangs or takes too long, and tries it again', () => {
    const scenario = 'checks: { smoke: [hang, { outcome: pass, takes: 10s }, pass] }';
    expect(told(suite([aCheck()]), scenario).slice(1, 5)).toEqual([
      '10 smoke: error: nothing came back within 10 s',
      '30 smoke: error: nothing came back within 10 s',
      '40.1 smoke: 1 of 1, pass: pass',
      '40.1 smoke has passed',
    ]);
  });

  it('loses what was under way with the worker, and goes on when the sweep has come by', () => {
    const scenario = JSON.stringify({ crashes: [{ at: '50ms' }], checks: { smoke: ['fail', 'pass'] } });
    expect(told(suite([aCheck()]), scenario).slice(1, 4)).toEqual([
      '0.05 the worker is gone, with what it had under way; the next comes after 01:30',
      '90.05 smoke: error: Whoever took it did not come back',
      '100.15 smoke: 1 of 1, pass: pass',
    ]);
  });

  it('has people answer what they are asked, about a check and about the whole', () => {
    const both = suite([aMetricCheck(), anApproval('Go?', { needs: [] })], deciding({ inconclusive: 'ask' }));
    const scenario = `
      checks: { metric: [nodata] }
      answers:
        - { at: 30s, check: approval, verdict: approve, by: Ada }
        - { at: 2m, verdict: reject, by: Grace }`;
    expect(told(both, scenario).slice(1)).toEqual([
      '0 people are asked, until 10:00: Go?',
      '0.1 metric: 1 of 1, nodata: nodata',
      '0.1 metric could not be judged',
      '30 approval has passed',
      '30 people are asked, until 10:00: metric could not be judged: nodata.',
      ...[30, 60, 90].map((at) => `${at}.1 metric: watched, nodata: nodata`),
      '120 decided to roll back: The checks could not say, and people were asked: Grace: reject',
      '120 CodeDeploy is told: Failed',
    ]);
  });

  it('has a comparison left open, until a look proves something or the last one leaves it so', () => {
    const looks = suite([aCompareCheck({ sample: sampling({ count: 3 }), between: 'pass' })]);
    const ends = (scenario: string) => told(looks, scenario).slice(-2);
    expect(ends('checks: { compare: [between, between, fail] }')).toEqual([
      '60.1 decided to roll back: compare has failed: fail.',
      '60.1 CodeDeploy is told: Failed',
    ]);
    expect(ends('checks: { compare: [between, between, pass] }')[1]).toBe('60.1 CodeDeploy is told: Succeeded');
    expect(ends('checks: { compare: [between] }')[0]).toBe(
      '60.1 decided to roll back: compare could not be judged: between. The suite asks for `between: pass`, which no rule allows here.',
    );
    expect(ends('{ checks: { compare: [between] }, allow: [between-pass] }')[0]).toBe(
      '60.1 decided to go on: Every required check has passed. Nothing shows that compare is worse, which is no proof. The rule “between-pass” lets it go on.',
    );
  });

  it('plays an hour in milliseconds', () => {
    const long = suite([anAlarmsCheck({ sample: sampling({ count: 100 }) })], {
      budget: { totalMs: 55 * 60_000, reserveMs: 5 * 60_000 },
    });
    const beganAt = performance.now();
    const { run, timeline } = played(long, 'checks: { alarms: [{ at: 49m, outcome: fail }] }');
    expect(performance.now() - beganAt).toBeLessThan(1_000);
    expect(timeline.at(-1)).toEqual({ at: 49 * 60_000 + 100, says: 'CodeDeploy is told: Failed' });
    expect(run.state).toMatchObject({ kind: 'reported', conclusion: { action: 'rollback' } });
  });

  it('may allow what a rule would, and be of a rollback', () => {
    const slow = suite([aCheck({ sample: sampling({ warmupMs: 3_600_000 }) })], deciding({ deadline: 'continue' }));
    expect(played(slow, 'allow: [deadline-continue]').run.state).toMatchObject({
      conclusion: { action: 'continue', allowedBy: 'deadline-continue' },
    });
    expect(played(slow, '').run.state).toMatchObject({ conclusion: { action: 'rollback' } });
    expect(played(slow, '{ rollback: true, hook: AfterAllowTraffic }').run).toMatchObject({
      hook: 'AfterAllowTraffic',
      state: { conclusion: { why: { kind: 'rollback' } } },
    });
  });
});

describe('what is wrong with a scenario', () => {
  it('is told all at once, with its place and a hint', () => {
    const scenario = `hook: BeforeTraffic
check: {}
checks:
  smok: [pass]
  smoke: [passed]
  approval: []
answers:
  - { at: 5 minutes, verdict: yes }
`;
    expect(problemsOf(scenario)).toMatchInlineSnapshot(`
      [
        "scenario.yml:1  hook: should be one of BeforeInstall, AfterInstall, AfterAllowTestTraffic, BeforeAllowTraffic, AfterAllowTraffic, AllowTraffic, RECONCILE_SERVICE, PRE_SCALE_UP, POST_SCALE_UP, TEST_TRAFFIC_SHIFT, POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT, PRODUCTION_TRAFFIC_SHIFT, POST_PRODUCTION_TRAFFIC_SHIFT",
        "scenario.yml:2  check: unknown key, did you mean "checks"?",
        "scenario.yml:5  checks.smoke[0]: should be one of pass, fail, between, nodata, error, hang, did you mean "pass"?",
        "scenario.yml:6  checks.approval: is empty",
        "scenario.yml:8  answers[0].at: should be a whole number and a unit, like 30s or 5m",
        "scenario.yml:8  answers[0].verdict: should be one of approve, reject",
      ]
    `);
  });

  it('is told of what the suite has not', () => {
    const scenario = `checks:
  smok: [pass]
  approval: [pass]
answers: [{ at: 5m, check: smoke, verdict: approve }]
`;
    expect(problemsOf(scenario)).toEqual([
      'scenario.yml:2  checks.smok: orders has no check to be sampled of that name, did you mean "smoke"?',
      'scenario.yml:3  checks.approval: orders has no check to be sampled of that name',
      'scenario.yml:4  answers[0].check: orders has no approval of that name',
    ]);
  });

  it('is told where it is no YAML', () => {
    expect(problemsOf('checks: [')).toHaveLength(1);
  });
});

describe('npm run suite -- simulate', () => {
  const simulate = async (...args: readonly string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const code = await simulateSuite(args, { print: (text) => out.push(text), tell: (text) => err.push(text) });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const scenarioOf = (name: string) => join(ROOT, 'suites/scenarios', `${name}.yml`);

  it.each([
    ['orders-good-version', 'orders-before-traffic', 0, 'It goes on.'],
    ['orders-bad-version', 'orders-before-traffic', 1, 'It is rolled back.'],
    ['orders-people-answer', 'orders-with-people', 0, 'It goes on.'],
    ['orders-people-silent', 'orders-with-people', 1, 'It is rolled back.'],
    ['orders-release-incident', 'orders-release', 1, 'It is rolled back.'],
  ])('plays the scenario %s of %s: exit code %d', async (scenario, name, code, last) => {
    const simulated = await simulate(name, '--scenario', scenarioOf(scenario));
    expect(simulated).toMatchObject({ code, err: '' });
    expect(simulated.out.split('\n').at(-1)).toBe(last);
  });

  it('plays every scenario of suites/scenarios in its tests', async () => {
    const names: string[] = [];
    for await (const file of glob('suites/scenarios/*.yml', { cwd: ROOT })) {
      names.push(basename(file, '.yml'));
    }
    const text = await readFile(import.meta.filename, 'utf8');
    expect(names.filter((name) => !text.includes(`['${name}'`))).toEqual([]);
    expect(names).toHaveLength(5);
  });

  it('prints one JSON document where it is asked to', async () => {
    const file = join(ROOT, 'suites/orders-before-traffic.yml');
    const { out, code } = await simulate(file, '--json', '--scenario', scenarioOf('orders-bad-version'));
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      suite: 'orders-before-traffic',
      state: 'rollback',
      conclusion: { action: 'rollback', why: { kind: 'verdict', verdict: 'fail' } },
      checks: [{ name: 'health', verdict: 'fail', value: '500', expected: '200' }, { name: 'same-answer' }],
    });
  });

  it.each<[string, readonly string[], string]>([
    ['no suite', ['--scenario', 'x.yml'], 'say which'],
    ['no scenario', ['orders-before-traffic'], '--scenario FILE'],
    ['a scenario that is not there', ['orders-before-traffic', '--scenario', 'nowhere.yml'], 'ENOENT'],
    ['a suite that is not there', ['orders', '--scenario', 'x.yml'], 'There is no suite orders in suites/'],
    ['an unknown option', ['orders', '--scenarios', 'x.yml'], '--scenarios'],
    ['a scenario of another suite', ['orders-before-traffic', '--scenario', 'suites/scenarios/x.yml'], 'x.yml'],
  ])('is misused with %s', async (_what, args, says) => {
    const { code, out, err } = await simulate(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(says);
  });

  it('says how it is used', async () => {
    expect(await simulate('--help')).toMatchObject({ code: 0, err: '' });
  });
});
