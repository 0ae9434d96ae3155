import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'suites-'));
  await writeFile(
    join(folder, 'gatehouse.yml'),
    `slack: { workspace: T012345, channels: { ops: C012345 } }
people: { ada: { slack: U0ADA } }
gates: [{ match: { suite: orders }, to: [{ slack: ops }], approvers: ada }]
validation:
  http: { hosts: ['*.example.com'] }
  secrets: { synthetic: /gatehouse/synthetic }
`,
  );
  await writeFile(
    join(folder, 'orders.yml'),
    `name: orders
match: { platform: codedeploy-lambda, application: orders-*, hook: [BeforeAllowTraffic, AfterAllowTraffic] }
budget: { total: 20m }
mode: observe
vars: { base: 'https://api.example.com' }
checks:
  - { name: smoke, invoke: { function: orders-* }, sample: { count: 3, interval: 20s } }
  - name: api
    needs: smoke
    http: { url: '\${base}/orders', headers: { authorization: 'Bearer \${secret:synthetic}' } }
  - { name: own, lambda: { function: check-orders } }
  - { name: red, alarms: { names: orders-errors } }
  - { name: hours, calendar: { ssm: prod-freeze } }
  - { name: log, logs: { group: '/aws/lambda/\${function.name}', pattern: ERROR } }
  - name: errors
    metric: { namespace: AWS/Lambda, metric: Errors, stat: Sum }
    expect: [{ path: value, op: eq, value: 0 }]
    sample: { warmup: 1m }
  - name: ratio
    severity: advisory
    compare:
      kind: ratio
      bad: { namespace: AWS/Lambda, metric: Errors }
      all: { namespace: AWS/Lambda, metric: Invocations }
      baseline: before-deployment:30m
      tolerate: { absolute: 0.005 }
      traffic: 3000/min
    sample: { warmup: 5m }
  - { name: people, needs: [api, red], approval: {} }
`,
  );
  await writeFile(
    join(folder, 'broken.yml'),
    `name: broken
match: { platform: codedeploy-lambda, hok: BeforeAllowTraffic }
checks:
  - { name: smoke, invoke: { function: orders, qualifier: live }, sample: { count: 100 } }
`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const suite = (...args: readonly string[]) => run('scripts/suite.ts', args);

const at = (name: string): string => join(folder, name);

describe('npm run suite -- lint', () => {
  it('finds nothing wrong with the suites of this repository', async () => {
    const { code, stdout, stderr } = await suite('lint');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain('warning');
    expect(stdout).toMatch(/^\d+ suites: nothing is wrong$/m);
  });

  it('says of a suite what it is for, how long it may take and what it may do', async () => {
    expect(await suite('lint', '--config', at('gatehouse.yml'), at('orders.yml'))).toEqual({
      code: 0,
      stderr: '',
      stdout: `${at('orders.yml')}:4  warning: mode: counts for nothing: the strict way is taken. The owner of the environment allows it in gatehouse.yml, under validation.rules: { name: ..., match: { suite: orders }, allow: [observe] }

orders
  for   codedeploy-lambda, orders-* / *, BeforeAllowTraffic, AfterAllowTraffic
  time  at most 6m of 20m, if nothing errs
  may   ask people; call https://api.example.com; invoke check-orders; invoke versions of orders-*; read alarms; read metrics; read the change calendar prod-freeze; read the log /aws/lambda/\${function.name}; read the secret "synthetic"
  see   ratio: to see a rise from 1 % to 2 % at 3000 requests a minute the canary has to last 2m; to show that there is none, 2m

1 suite: nothing is wrong
`,
    });
  });

  it('says all that is wrong, where, and ends with 1', async () => {
    expect(await suite('lint', '--config', at('gatehouse.yml'), at('broken.yml'))).toEqual({
      code: 1,
      stderr: '',
      stdout: `${at('broken.yml')}:2  match.hok: unknown key, did you mean "hook"?
${at('broken.yml')}:4  checks[0].invoke.qualifier[0]: is an alias, which may lead to the old version: \${new.version} or \${old.version}
${at('broken.yml')}:4  checks[0]: may take 49m 40s, and budget.total is 10m

1 suite: 3 problems
`,
    });
  });

  it('says the same to machines', async () => {
    const { code, stdout } = await suite(
      'lint',
      '--json',
      '--config',
      at('gatehouse.yml'),
      at('orders.yml'),
      at('broken.yml'),
    );
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      suites: [
        {
          file: at('orders.yml'),
          problems: [],
          warnings: [{ line: 4 }],
          suite: { name: 'orders' },
          worstCaseMs: 360_000,
        },
        { file: at('broken.yml'), problems: [{ line: 2 }, { line: 4 }, { line: 4 }], warnings: [] },
      ],
    });
  });

  it('ends with 2 when there is nothing to read, or it is called in a way that means nothing', async () => {
    const ended = await Promise.all([
      suite('lint', at('nowhere.yml')),
      suite('lint', join(import.meta.dirname)),
      suite('lint', '--nope'),
      suite('lnt'),
    ]);
    expect(ended.map(({ code, stdout }) => [code, stdout])).toEqual(ended.map(() => [2, '']));
    expect(ended[3].stderr).toContain('There is no "lnt"');
  });

  it('explains itself', async () => {
    const [all, lint] = await Promise.all([suite('--help'), suite('lint', '--help')]);
    expect([all.code, lint.code]).toEqual([0, 0]);
    expect(all.stdout).toContain('npm run suite -- lint');
    expect(lint.stdout).toContain('Exit code: 0 nothing is wrong, 1 there are problems, 2 usage or nothing to read.');
  });
});
