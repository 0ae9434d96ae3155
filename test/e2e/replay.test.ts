import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';

const STORY = 'events/runs/failure-and-retry';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const replay = (args: readonly string[], input = '') => run('local/replay.ts', args, input);

describe('npm run replay', () => {
  it('draws what people would see in the end', async () => {
    const { code, stdout, stderr } = await replay([STORY]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('─ Slack #deployments ─');
    expect(stdout).toContain('✅ basket-prod succeeded · production');
    expect(stdout).toContain('─ SNS releases ─');
    expect(stdout).toContain('20 events\n  applied     20\n');
    expect(stdout).not.toContain('\u001b');
  });

  it('prints one JSON document and nothing else with --json', async () => {
    const { code, stdout, stderr } = await replay(['--json', '--repeat', '2', '--shuffle', '3', STORY]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({
      rollouts: [{ name: 'basket-prod', state: 'succeeded' }],
      slack: { messages: [{ channel: 'C0DEPLOYMENTS', threadTs: null }] },
      converged: true,
    });
    expect(document).toHaveProperty('events.length', 40);
  });

  it('reads standard input, and accounts for what is broken', async () => {
    const { code, stdout } = await replay(['-'], '{"id":"a","source":"aws.s3","detail-type":"x"}\n{broken\n');
    expect(code).toBe(0);
    expect(stdout).toContain('ignored     - [0] a: unknown source\nquarantined - [1]: not JSON');
  });

  it('takes another gatehouse.yml', async () => {
    const config = join(folder, 'other.yml');
    await writeFile(config, 'slack: { workspace: T0OTHER, channels: { elsewhere: C0ELSEWHERE } }\n');
    const { code, stdout } = await replay(['--config', config, STORY]);
    expect(code).toBe(0);
    expect(stdout).toContain('─ Slack #elsewhere ─');
  });

  it('ends with 1 and names the problems of a gatehouse.yml', async () => {
    const config = join(folder, 'wrong.yml');
    await writeFile(config, 'slack: { workspace: nowhere }\n');
    const { code, stdout, stderr } = await replay(['--config', config, STORY]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('wrong.yml has 2 problems');
  });

  it.each([
    ['no path', [], 'Name at least one PATH'],
    ['an option that there is not', ['--faults', STORY], "Unknown option '--faults'"],
    ['a seed that is no number', ['--shuffle', 'x', STORY], '--shuffle takes a whole number'],
    ['no repetition at all', ['--repeat', '0', STORY], '--repeat takes a whole number from 1 on'],
    ['standard input twice', ['-', '-'], 'Standard input can be read once'],
    ['a path that there is not', ['nowhere.json'], 'There is no nowhere.json'],
    ['a gatehouse.yml that there is not', ['--config', 'nowhere.yml', STORY], 'There is no nowhere.yml'],
  ])('ends with 2 and says so for %s', async (_what, args, says) => {
    const { code, stdout, stderr } = await replay(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  it('explains itself', async () => {
    const { code, stdout } = await replay(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('npm run replay -- [options] PATH...');
  });
});
