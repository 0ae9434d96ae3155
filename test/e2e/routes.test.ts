import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';

const FAILED = 'events/codepipeline/pipeline-failed.json';

let folder: string;
let config: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'routes-'));
  config = join(folder, 'routed.yml');
  await writeFile(
    config,
    `slack: { workspace: T012345, channels: { deployments: C012345, incidents: C054321 } }
accounts: { '111122223333': payments }
routes:
  - match: { state: succeeded, region: us-* }
    to: [{ sns: releases }]
  - name: failures
    match: { state: failed }
    to: [{ slack: incidents }, { sns: oncall }]
    stop: true
  - to: [{ slack: deployments }]
default: [{ slack: deployments }]
`,
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const routes = (args: readonly string[], input = '') => run('local/routes.ts', args, input);

describe('npm run routes', () => {
  it('says which routes match, and why the others do not', async () => {
    expect(await routes(['--config', config, FAILED])).toEqual({
      code: 0,
      stderr: '',
      stdout: `${FAILED} [0]
rollout failed: codepipeline, pipeline shop-prod, 111122223333 (payments), eu-west-1
  ✗ route 1   state is failed, the route asks for succeeded
              region is eu-west-1, the route asks for us-*
  ✓ failures  to #incidents, topic oncall; stop
  · route 3   not asked: failures said stop
  · default   not asked: failures said stop
`,
    });
  });

  it('says it as one JSON document, by the words of the core', async () => {
    const { code, stdout } = await routes(['--json', '--config', config, FAILED]);
    const document: unknown = JSON.parse(stdout);
    expect({ code, document }).toMatchObject({
      code: 0,
      document: {
        events: [
          {
            path: FAILED,
            index: 0,
            outcome: 'routed',
            change: { part: 'rollout', state: 'failed', pipeline: 'shop-prod' },
            routes: [
              { route: 'route 1', answer: 'differs' },
              { route: 'failures', answer: 'matches', stops: true },
              { route: 'route 3', answer: 'not-asked' },
              { route: 'default', answer: 'not-asked' },
            ],
          },
        ],
      },
    });
  });

  it('accounts for events that come to no route, and for those of which nobody hears', async () => {
    const quiet = join(folder, 'quiet.yml');
    await writeFile(
      quiet,
      'slack: { workspace: T1AA, channels: {} }\nroutes: [{ match: { pipeline: x }, to: [{ sns: a }] }]\n',
    );
    const { code, stdout } = await routes(
      ['--config', quiet, '-', FAILED],
      '{"id":"a","source":"aws.s3","detail-type":"x"}\n{broken\n',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('- [0]\nis ignored: unknown source\n\n- [1]\nis quarantined: not JSON\n');
    expect(stdout).toContain('  ✗ route 1  pipeline is shop-prod, the route asks for x\n  Nobody hears of it.\n');
  });

  it('reads all that is recorded with the gatehouse.yml that is shipped', async () => {
    const { code, stdout, stderr } = await routes(['events/codepipeline']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toMatch(/undefined|is quarantined/);
  });

  it('ends with 1 and names the problems of a gatehouse.yml', async () => {
    const wrong = join(folder, 'wrong.yml');
    await writeFile(wrong, 'slack: { workspace: nowhere, channels: {} }\n');
    const { code, stdout, stderr } = await routes(['--config', wrong, FAILED]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('slack.workspace: is not a workspace id');
  });

  it.each([
    ['no path', [], 'Name at least one PATH'],
    ['an unknown option', ['--nope', FAILED], 'nope'],
    ['a path that leads nowhere', ['events/nowhere'], 'There is no events/nowhere'],
    ['a gatehouse.yml that is not there', ['--config', 'nowhere.yml', FAILED], 'There is no nowhere.yml'],
    ['standard input twice', ['-', '-'], 'Standard input can be read once'],
  ])('ends with 2 for %s', async (_name, args, says) => {
    const { code, stdout, stderr } = await routes(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });
});
