import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileSuite } from '../../../scripts/suites/compile-suite.ts';
import { problemsOf } from '../../support/suite-files.ts';

describe('a suite', () => {
  it('of ten lines is strict where it says nothing', () => {
    const text = `name: orders
match: { platform: codedeploy-lambda }
checks:
  - name: smoke
    invoke: { function: orders }
`;
    expect(compileSuite(text, 'suites/orders.yml')).toEqual({
      name: 'orders',
      hash: createHash('sha256').update(text).digest('hex'),
      match: { platform: 'codedeploy-lambda' },
      budget: { totalMs: 600_000, reserveMs: 300_000 },
      mode: 'enforce',
      vars: {},
      checks: [
        {
          name: 'smoke',
          probe: {
            kind: 'invoke',
            function: 'orders',
            qualifiers: ['${new.version}'],
            payload: {},
            logTail: true,
            ignore: [],
          },
          expect: [],
          sample: { warmupMs: 0, intervalMs: 30_000, count: 1, timeoutMs: 10_000 },
          limits: { failures: 0, consecutiveErrors: 4, noData: 0, minSamples: 1 },
          severity: 'required',
          mode: 'enforce',
          onNoData: 'inconclusive',
          needs: [],
        },
      ],
      decide: { pass: 'continue', fail: 'rollback', inconclusive: 'rollback', error: 'rollback', deadline: 'rollback' },
    });
  });

  it('says all that there is to say', () => {
    const suite = compileSuite(
      `name: web-test-traffic
match: { platform: codedeploy-ecs, application: web, group: [prod, 'prod-*'], hook: AfterAllowTestTraffic }
budget: { total: 40m, reserve: 10m }
mode: observe
vars: { shop.base: 'https://web-test.example.com' }
defaults: { interval: 15s, timeout: 5s }
checks:
  - name: journeys
    needs: alarms
    http:
      steps:
        - id: login
          method: POST
          url: '\${shop.base}/login'
          json: { user: synthetic, pass: '\${secret:synthetic}' }
        - { url: '\${shop.base}/cart', headers: { authorization: 'Bearer \${login.body.token}' }, redirect: follow }
        - { url: '\${shop.base}/note', method: PUT, text: 'hello \${application}' }
    sample: { count: 20, warmup: 30s, interval: 20s }
    limits: { failures: 3, consecutiveFailures: 2, consecutiveErrors: 3, minSamples: 15, consecutivePasses: 4 }
    expect:
      - { step: step2, path: status, op: eq, value: 200 }
      - { path: 'length(body.items)', op: gte, value: 1 }
  - name: alarms
    alarms: { names: [web-5xx, '\${group}-p99'] }
    limits: { noData: 2 }
    sample: { count: 5 }
  - name: errors
    metric:
      namespace: AWS/ApplicationELB
      metric: HTTPCode_Target_5XX_Count
      stat: Sum
      dimensions: { TargetGroup: '\${new.targetGroup}' }
      period: 30s
      window: 10m
      minDataPoints: 3
    expect: [{ path: value, op: lte, value: 5 }]
    sample: { warmup: 90s }
    onNoData: fail
    severity: advisory
  - { name: log, logs: { group: '/ecs/\${application}', streamPrefix: '\${new.taskSet}', pattern: '?FATAL ?"Unhandled"' }, sample: { warmup: 30s } }
  - { name: targets, targetHealth: { targetGroup: '\${new.targetGroup}' } }
  - name: hours
    calendar:
      hours: [{ days: [sat-mon, wed], from: '09:30', to: '16:00', tz: Europe/London }, { tz: UTC }]
      freeze: [{ from: '2026-12-20T18:00+01:00', to: 2027-01-04T06:00Z, why: Christmas }]
      ssm: prod-freeze
  - { name: own, lambda: { function: checks-web, input: { taskSet: '\${new.taskSet}' } }, mode: observe }
  - { name: people, approval: { says: 'Look at \${deployment.id}' }, needs: [journeys] }
decide: { inconclusive: ask, error: ask, deadline: continue }
`,
      'suites/web.yml',
    );
    expect(suite.match).toEqual({
      platform: 'codedeploy-ecs',
      application: ['web'],
      group: ['prod', 'prod-*'],
      hook: ['AfterAllowTestTraffic'],
    });
    expect(suite.budget).toEqual({ totalMs: 2_400_000, reserveMs: 600_000 });
    expect([suite.mode, suite.vars]).toEqual(['observe', { 'shop.base': 'https://web-test.example.com' }]);
    expect(suite.decide).toEqual({
      pass: 'continue',
      fail: 'rollback',
      inconclusive: 'ask',
      error: 'ask',
      deadline: 'continue',
    });
    const [journeys, alarms, errors, log, targets, hours, own, people] = suite.checks;
    expect(journeys).toEqual({
      name: 'journeys',
      needs: ['alarms'],
      probe: {
        kind: 'http',
        steps: [
          {
            id: 'login',
            method: 'POST',
            url: '${shop.base}/login',
            headers: {},
            body: { kind: 'json', value: { user: 'synthetic', pass: '${secret:synthetic}' } },
            redirect: 'error',
          },
          {
            id: 'step2',
            method: 'GET',
            url: '${shop.base}/cart',
            headers: { authorization: 'Bearer ${login.body.token}' },
            redirect: 'follow',
          },
          {
            id: 'step3',
            method: 'PUT',
            url: '${shop.base}/note',
            headers: {},
            body: { kind: 'text', text: 'hello ${application}' },
            redirect: 'error',
          },
        ],
      },
      sample: { warmupMs: 30_000, intervalMs: 20_000, count: 20, timeoutMs: 5_000 },
      limits: {
        failures: 3,
        consecutiveFailures: 2,
        consecutiveErrors: 3,
        minSamples: 15,
        consecutivePasses: 4,
        noData: 0,
      },
      expect: [
        { step: 'step2', path: 'status', op: 'eq', value: 200 },
        { path: 'length(body.items)', op: 'gte', value: 1 },
      ],
      severity: 'required',
      mode: 'enforce',
      onNoData: 'inconclusive',
    });
    expect(targets?.probe).toEqual({ kind: 'targetHealth', targetGroup: '${new.targetGroup}' });
    expect(hours?.probe).toEqual({
      kind: 'calendar',
      hours: [
        { days: [1, 3, 6, 7], from: 570, to: 960, tz: 'Europe/London' },
        { days: [1, 2, 3, 4, 5, 6, 7], from: 0, to: 1_440, tz: 'UTC' },
      ],
      freeze: [{ from: Date.UTC(2026, 11, 20, 17), to: Date.UTC(2027, 0, 4, 6), why: 'Christmas' }],
      ssm: ['prod-freeze'],
    });
    expect(log?.probe).toEqual({
      kind: 'logs',
      group: '/ecs/${application}',
      streamPrefix: '${new.taskSet}',
      pattern: '?FATAL ?"Unhandled"',
    });
    expect(alarms).toMatchObject({
      probe: { kind: 'alarms', names: ['web-5xx', '${group}-p99'] },
      sample: { count: 5, intervalMs: 15_000 },
      limits: { noData: 2 },
    });
    expect(errors).toMatchObject({
      probe: {
        kind: 'metric',
        namespace: 'AWS/ApplicationELB',
        metric: 'HTTPCode_Target_5XX_Count',
        stat: 'Sum',
        dimensions: { TargetGroup: '${new.targetGroup}' },
        periodSeconds: 30,
        windowMs: 600_000,
        minDataPoints: 3,
      },
      onNoData: 'fail',
      severity: 'advisory',
    });
    expect(own).toMatchObject({
      probe: { kind: 'lambda', function: 'checks-web', input: { taskSet: '${new.taskSet}' } },
      mode: 'observe',
    });
    expect(people?.probe).toEqual({ kind: 'approval', says: 'Look at ${deployment.id}' });
  });

  it('with twenty mistakes tells all of them, each with its line', () => {
    const problems = problemsOf(`name: orders pre
macth: {}
budget: { total: 58m }
checks:
  - name: smoke
    invok: {}
    severity: requird
  - name: x
    http: { steps: [{ url: 'http://me@example.com/', bdy: 1 }] }
    expect: [{ path: statuss, op: eq, value: 1 }, { path: 'a[', op: eqq }]
    limits: { minSamples: 4 }
    onNoData: pass
  - { name: x, invoke: { function: orders, qualifier: [live] }, needs: [smokee] }
  - name: z
    http: { url: '\${region}x' }
    needs: [w]
    count: 3
  - name: w
    lambda: { function: 'a:b', input: '\${nope}' }
    needs: z
decide: { fail: continue, error: aks }
`);
    expect(problems).toEqual([
      'suites/test.yml:1  name: is not a name for a suite: up to 60 letters, digits, . - and _',
      'suites/test.yml:2  macth: unknown key, did you mean "match"?',
      'suites/test.yml:3  budget: total 58m and reserve 5m are more than the hour that CodeDeploy waits: total can be 55m at most',
      'suites/test.yml:6  checks[0].invok: unknown key, did you mean "invoke"?',
      'suites/test.yml:7  checks[0].severity: should be one of required, advisory, did you mean "required"?',
      'suites/test.yml:9  checks[1].http.steps[0].bdy: unknown key',
      'suites/test.yml:9  checks[1].http.steps[0].url: names a user: send what a header needs, as ${secret:name}',
      'suites/test.yml:10  checks[1].expect[1].op: should be one of eq, ne, lt, lte, gt, gte, in, contains, matches, exists, absent, length, did you mean "eq"?',
      'suites/test.yml:10  checks[1].expect[0].path: there is no "statuss" in what is found, there are status, headers, body, timings, url, did you mean "status"?',
      'suites/test.yml:10  checks[1].expect[1].path: is no JMESPath: Syntax error: expected Star, got: EOF',
      'suites/test.yml:11  checks[1].limits.minSamples: could never be reached, there is 1 sample',
      'suites/test.yml:12  checks[1].onNoData: can never come to pass: http always finds something',
      'suites/test.yml:13  checks[2].name: is already that of checks[1]',
      'suites/test.yml:13  checks[2].needs[0]: no check of that name, did you mean "smoke"?',
      'suites/test.yml:13  checks[2].invoke.qualifier[0]: is an alias, which may lead to the old version: ${new.version} or ${old.version}',
      'suites/test.yml:15  checks[3].http.url: is no address of the web: it begins with http:// or https://, and then a host',
      'suites/test.yml:16  checks[3].needs: leads back to this check: it would wait for itself',
      'suites/test.yml:17  checks[3].count: unknown key, it stands under "sample"',
      'suites/test.yml:19  checks[4].lambda.function: is not the name of a function (no ARN, no version, no alias, no template)',
      'suites/test.yml:19  checks[4].lambda.input: there is no ${nope}',
      'suites/test.yml:20  checks[4].needs: leads back to this check: it would wait for itself',
      'suites/test.yml:21  decide.fail: should be one of rollback',
      'suites/test.yml:21  decide.error: should be one of ask, rollback',
    ]);
  });
});
