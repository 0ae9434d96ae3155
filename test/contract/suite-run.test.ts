import { mkdtemp, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { runSuite } from '../../scripts/suite/run.ts';
import { start } from '../support/command.ts';
import { listenHttp } from '../support/probes.ts';
import type { Heard, Listening } from '../support/probes.ts';

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

const aServer = async (answer: (response: ServerResponse, heard: Heard) => void) => {
  const server = await listenHttp(answer);
  open.push(server);
  return { ...server, url: `http://127.0.0.1:${server.port}` };
};

/** The web of the local stack, of one version. */
const aWeb = (health: number) =>
  aServer((response, { url, headers }) => {
    const answers: Readonly<Record<string, object>> = {
      '/health': { status: health === 200 ? 'ok' : 'broken' },
      '/version': { version: '2' },
      '/': { welcome: `Web ${String(headers['x-version'])}` },
    };
    response.writeHead(url === '/health' ? health : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[url]));
  });

const aLambda = (statusCode: number) =>
  aServer((response, { url }) => {
    response.writeHead(200, { 'x-amz-executed-version': url.replace(/^.*=/, '') }).end(JSON.stringify({ statusCode }));
  });

const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const [printed, told]: [string[], string[]] = [[], []];
  const io = { print: (text: string) => printed.push(text), tell: (text: string) => told.push(text) };
  const code = await runSuite(
    args,
    { print: (text) => void io.print(text), tell: (text) => void io.tell(text) },
    environment,
  );
  return { code, printed: printed.join('\n'), told: told.join('\n') };
};

describe('npm run suite -- run', () => {
  it('knows what a suite for ECS is for, and asks for what only a deployment has', { timeout: 20_000 }, async () => {
    const { code, told } = await run(['basket-steps', '--stage', 'local']);
    expect([code, told]).toEqual([2, 'basket-steps needs --var new.weight=...']);
    const { url } = await aWeb(200);
    const weighed = await run(['basket-steps', '--stage', 'local', '--var', 'new.weight=40', '--json'], {
      LOCAL_HOSTS: JSON.stringify({ 'basket.example.com': url }),
    });
    expect(weighed.code).toBe(0);
    expect(weighed.printed).toContain('"cluster":"prod"');
  });

  it('takes the samples of a suite, tells of each, and says that it would go on', { timeout: 20_000 }, async () => {
    const { url, heard } = await aWeb(200);
    const { code, printed, told } = await run(['web-test-traffic', '--stage', 'local'], {
      LOCAL_HOSTS: JSON.stringify({ 'web-test.example.com': url }),
    });
    expect(told).toMatch(/\d\d:\d\d:\d\d health \(1 of 3\): pass in \d+ ms: status is 200, expected 200/);
    expect(told).toMatch(/home \(1 of 1\): pass in \d+ ms: body\.welcome is "Web 2", expected "Web 2"/);
    expect(printed).toContain('✓ health: pass, status is 200, expected 200');
    expect(printed).toContain('It would go on: Every required check has passed.');
    expect(code).toBe(0);
    expect(heard.map((one) => one.url)).toEqual(['/health', '/health', '/version', '/']);
  });

  it('says that it would be rolled back, and shows why', { timeout: 20_000 }, async () => {
    const { url } = await aWeb(503);
    const { code, printed } = await run(['web-test-traffic', '--stage', 'local'], {
      LOCAL_HOSTS: JSON.stringify({ 'web-test.example.com': url }),
    });
    expect(printed).toContain('✗ health: fail, status is 503, expected 200; body.status is "broken", expected "ok"');
    expect(printed).toContain('    GET http://web-test.example.com/health\n    status 503 after');
    expect(printed).toContain('- home: ');
    expect(printed).toMatch(/It would be rolled back: health has failed/);
    expect(code).toBe(1);
  });

  it('asks nobody: an approval is skipped, and the verdict says so', async () => {
    const { url, heard } = await aLambda(200);
    const args = ['orders-with-people', '--var', 'new.version=7', '--var', 'function.name=orders', '--stage', 'local'];
    const { code, printed, told } = await run(args, { AWS_ENDPOINT_URL: url });
    expect(told).toContain('go-ahead: skipped here, for only people can decide it');
    expect(printed).toContain('- go-ahead: skipped here');
    expect(printed).toContain('Nobody was asked about go-ahead: skipped here.');
    expect(code).toBe(0);
    expect(heard.map((one) => one.url)).toEqual(['/2015-03-31/functions/orders/invocations?Qualifier=7']);
  });

  it('prints one JSON document', async () => {
    const { url } = await aLambda(500);
    const args = ['orders-with-people', '--var', 'new.version=7', '--json', '--stage', 'local'];
    const { code, printed, told } = await run(args, { AWS_ENDPOINT_URL: url });
    expect([code, told]).toEqual([1, '']);
    expect(JSON.parse(printed)).toMatchObject({
      suite: 'orders-with-people',
      action: 'rollback',
      variables: { 'new.version': '7', application: 'orders', hook: 'BeforeAllowTraffic' },
      checks: [{ name: 'health', verdict: 'fail', value: '500', samples: [{ outcome: 'fail', expected: '200' }] }],
      skippedHere: ['go-ahead'],
    });
  });

  it('runs the suite of a file, and says that people would be asked where the checks could not say', async () => {
    const red = { AlarmName: 'a', StateValue: 'ALARM', StateTransitionedTimestamp: 1 };
    const { url } = await aServer((response) => response.end(JSON.stringify({ MetricAlarms: [red] })));
    const file = join(await mkdtemp(join(tmpdir(), 'suite-')), 'mine.yml');
    await writeFile(
      file,
      [
        'name: orders-with-people',
        'match: { application: orders }',
        'checks: [{ name: alarms, alarms: { names: a } }]',
        'decide: { inconclusive: ask }',
      ].join('\n'),
    );
    const { code, printed, told } = await run([file, '--stage', 'local'], { AWS_ENDPOINT_URL: url });
    expect(told).toContain('alarms (1 of 1): nodata');
    expect(printed).toContain('- alarms: inconclusive, In alarm since before the deployment: a');
    expect(printed).toContain('People would be asked: the checks could not say.');
    expect(code).toBe(1);
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ['without a suite', [], /It runs one suite/],
    ['with two of them', ['a', 'b'], /It runs one suite/],
    ['with one that is not there', ['nope'], /There is no suite nope in suites\/, which has basket-steps, /],
    ['with a file that is not there', ['nope.yml'], /ENOENT/],
    [
      'without a variable that it needs',
      ['orders-before-traffic'],
      /needs --var new\.version=\.\.\. --var old\.version=\.\.\./,
    ],
    [
      'with half a variable',
      ['orders-with-people', '--var', 'new.version'],
      /--var takes NAME=VALUE, not new\.version/,
    ],
    ['with a time that is none', ['orders-with-people', '--since', 'soon'], /--since takes a number of minutes/],
    ['with an unknown option', ['orders-with-people', '--var', 'a=b', '--nope'], /Unknown option '--nope'/],
    ['with no gatehouse.yml', ['orders-with-people', '--config', 'nope.yml'], /ENOENT/],
  ])('is told %s that it cannot run (exit code 2)', async (_what, args, says) => {
    const { code, told, printed } = await run(args);
    expect([code, printed]).toEqual([2, '']);
    expect(told).toMatch(says);
  });

  it('calls AWS with the credentials of whoever runs it', { timeout: 20_000 }, async () => {
    const { url, heard } = await aLambda(200);
    const { code, stdout, stderr } = await start(
      'scripts/suite.ts',
      ['run', 'orders-with-people', '--var', 'new.version=7'],
      '',
      {
        AWS_ENDPOINT_URL: url,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDOFMINE',
        AWS_SECRET_ACCESS_KEY: 'canary',
      },
    ).ended;
    expect(heard[0]?.headers.authorization).toMatch(/Credential=AKIDOFMINE\/\d+\/eu-west-1\/lambda\//);
    expect(`${stdout}${stderr}`).not.toContain('canary');
    expect([code, stdout.includes('It would go on')]).toEqual([0, true]);
  });
});
