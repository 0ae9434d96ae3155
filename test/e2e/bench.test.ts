import { describe, expect, it } from 'vitest';
import { run } from '../support/command.ts';

const bench = (args: readonly string[]) => run('test/bench/bench.ts', args);

describe('npm run bench', () => {
  it('draws tables, and says on stderr what it is at', async () => {
    const { code, stdout, stderr } = await bench(['--only', 'sizes']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^ +\d+ s {2}sizes\n$/);
    expect(stdout).toMatch(/^function +bytes +gzip +bound +aim +largest parts$/m);
    expect(stdout).toMatch(/^notify +\d+\.\d KB +\d+\.\d KB +500\.0 KB +300\.0 KB +\S/m);
  });

  it('prints one JSON document and nothing else with --json', async () => {
    const { code, stdout } = await bench(['--json', '--only', 'sizes,cost']);
    expect(code).toBe(0);
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({
      machine: { node: process.version },
      sizes: [
        { name: 'decide' },
        { name: 'deliver' },
        { name: 'interact' },
        { name: 'notify' },
        { name: 'sweep' },
        { name: 'validate' },
      ],
      cost: { rollouts: [{ count: { story: 'success', slack: { 'chat.postMessage': 1 } } }, {}, {}] },
    });
    expect(document).not.toHaveProperty('loads');
  });

  it('starts fresh processes of each function, next to a handler that does nothing', { timeout: 60_000 }, async () => {
    const { code, stdout } = await bench(['--json', '--only', 'cold-start', '--samples', '1']);
    expect(code).toBe(0);
    const document: unknown = JSON.parse(stdout);
    expect(document).toMatchObject({
      coldStart: {
        runtimeClient: 'own',
        functions: [
          { name: 'empty', samples: 1, ratio: 1 },
          { name: 'one call', samples: 1 },
          { name: 'notify', samples: 1 },
          { name: 'deliver', samples: 1 },
          { name: 'interact', samples: 1 },
          { name: 'sweep', samples: 1 },
          { name: 'decide', samples: 1 },
          { name: 'validate', samples: 1 },
          { name: 'validate, to a verdict', samples: 1 },
          { name: 'validate, ECS calls', samples: 1 },
          { name: 'validate, a job is told', samples: 1 },
          { name: 'validate, a job comes', samples: 1 },
          { name: 'notify, no look-up', samples: 1 },
          { name: 'notify, to a topic', samples: 1 },
          { name: 'sweep, one is silent', samples: 1 },
        ],
      },
    });
  });

  it.each([
    ['a part that there is not', ['--only', 'memory'], '--only takes some of: sizes,'],
    ['a load that there is not', ['--loads', 'L7'], '--loads takes some of: L1,'],
    ['no processes at all', ['--samples', '0'], '--samples takes a whole number'],
  ])('ends with 2 and says so for %s', async (_what, args, says) => {
    const { code, stdout, stderr } = await bench(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(says);
  });

  it('explains itself', async () => {
    const { code, stdout } = await bench(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('npm run bench -- [options]');
  });
});
