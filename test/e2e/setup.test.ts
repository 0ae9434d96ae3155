import { join } from 'node:path';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT, run } from '../support/command.ts';

const Document = v.object({
  stage: v.string(),
  region: v.string(),
  rows: v.array(v.object({ name: v.string(), status: v.string(), remedy: v.optional(v.string()) })),
});

const TOKEN = '/gatehouse/local/slack-token';
const SECRET = '/gatehouse/local/slack-signing-secret';

let stack: Stack;

beforeEach(async () => {
  stack = await startStack({
    root: join(ROOT),
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: false,
    schedules: false,
    log: () => undefined,
  });
});

afterEach(() => stack.stop());

const call = (
  script: 'doctor' | 'hello',
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
) => run(`scripts/${script}.ts`, args, '', environment);

const here = () => ({ AWS_ENDPOINT_URL: stack.aws });

const put = async (name: string, value: string) => {
  const client = { endpoint: stack.aws, region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  await new SSMClient(client).send(
    new PutParameterCommand({ Name: name, Value: value, Type: 'SecureString', Overwrite: true }),
  );
};

describe('npm run doctor', () => {
  it('ends with 0 when all is well, by the port that npm start was told', { timeout: 30_000 }, async () => {
    const { port } = new URL(stack.aws);
    const { code, stdout, stderr } = await call('doctor', ['--stage', 'local', '--port', port]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `Looking at stage local in ${stack.aws} …\n\n` });
    expect(stdout).toMatch(/^Configuration\n {2}✓ Node\.js: 24\./);
    expect(stdout).toMatch(/\n {2}✓ #deployments \(C0DEPLOYMENTS\): @gatehouse is in it\n/);
    expect(stdout).toMatch(/\nAll is well: \d+ checks passed\.\n$/);
  });

  it('ends with 1 for a problem, as one JSON document', { timeout: 30_000 }, async () => {
    await put(TOKEN, 'xoxb-not-this-one');
    const { code, stdout } = await call('doctor', ['--stage', 'local', '--json'], here());
    const { rows, ...place } = v.parse(Document, JSON.parse(stdout));
    expect({ code, place }).toEqual({ code: 1, place: { stage: 'local', region: 'us-east-1' } });
    expect(rows.filter(({ status }) => status === 'problem').map(({ name }) => name)).toEqual(['auth.test']);
  });

  it('prints no secret, whatever is wrong', { timeout: 60_000 }, async () => {
    const token = 'xoxb-1111-canary';
    const secret = 'canary-of-a-signing-secret';
    await put(TOKEN, token);
    await put(SECRET, secret);
    const printed = await Promise.all([
      call('doctor', ['--stage', 'local'], here()),
      call('doctor', ['--stage', 'local', '--json'], here()),
      call('hello', ['--stage', 'local'], here()),
      call('hello', ['--stage', 'local', '--json'], here()),
    ]);
    expect(printed.map(({ code }) => code)).toEqual([1, 1, 1, 1]);
    expect(JSON.stringify(printed)).not.toMatch(/canary/);
    expect(JSON.stringify(printed)).toContain('invalid_auth');
  });

  it('says what to start when there is no local stack', { timeout: 30_000 }, async () => {
    const { code, stdout } = await call('doctor', ['--stage', 'local'], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(1);
    expect(stdout).toContain('→ start it in another terminal with npm start');
  });
});

describe('npm run hello', () => {
  it('ends with 0 when everybody has it', { timeout: 30_000 }, async () => {
    const { code, stdout } = await call('hello', ['--stage', 'local'], here());
    expect(code).toBe(0);
    expect(stdout).toContain('✓ #deployments (C0DEPLOYMENTS): posted; route 1 will post here');
    expect(stdout).toContain('gatehouse-local-releases: published with your credentials; route 2 will publish here');
  });
});

describe.each(['doctor', 'hello'] as const)('npm run %s', (script) => {
  it('has a help, and ends with 2 when it is called wrongly', async () => {
    const [help, wrong] = await Promise.all([call(script, ['--help']), call(script, ['--stage', 'a b'])]);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain(`npm run ${script} -- [options]`);
    expect([wrong.code, wrong.stdout]).toEqual([2, '']);
    expect(wrong.stderr).toContain('--stage takes a name');
  });
});
