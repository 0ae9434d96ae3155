import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { bundleFunctions } from '../../scripts/bundle.ts';
import { loadCompiled } from '../../scripts/load-compiled.ts';
import { ROOT } from '../support/command.ts';

let made: ReturnType<typeof bundleFunctions> | undefined;

/** Our own functions, bundled once. */
const ours = () => (made ??= loadCompiled(ROOT).then((compiled) => bundleFunctions(ROOT, compiled)));

/** Every file that a function may load of its own. */
const bundledFiles = async () => {
  const bundles = await ours();
  const folders = bundles.map(async ({ name, path }) =>
    (await readdir(dirname(path)))
      .filter((file) => file.endsWith('.js'))
      .map((file) => ({ name, file, path: join(dirname(path), file) })),
  );
  return (await Promise.all(folders)).flat();
};

/** What packages load later, and what files have in common. */
const OF_PACKAGES = /^(?:bowser|event-streams|shared-.*)\.js$/;

/** A project with one function, `hello`. */
const inProject = async (
  files: Readonly<Record<string, string>>,
  work: (root: string, bundle: () => Promise<unknown>) => Promise<void>,
): Promise<void> => {
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, 'functions/hello', name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    await work(root, async () => bundleFunctions(root, await loadCompiled(ROOT)));
  } finally {
    await rm(root, { recursive: true });
  }
};

const Hello = v.object({ handler: v.pipe(v.function(), v.returns(v.unknown())) });

const helloOf = (root: string) => v.parse(Hello, createRequire(import.meta.url)(join(root, 'dist/hello/index.js')));

describe('a bundle', () => {
  it('leaves nothing of an earlier version behind, and the drafts of others alone', async () => {
    await inProject({ 'index.ts': 'export const handler = (): string => "hello";\n' }, async (root, bundle) => {
      await mkdir(join(root, 'dist/hello'), { recursive: true });
      for (const name of ['gone.js', 'gone.js.map', 'index.js.4711']) {
        await writeFile(join(root, 'dist/hello', name), 'old');
      }
      await bundle();
      expect((await readdir(join(root, 'dist/hello'))).sort()).toEqual(['index.js', 'index.js.4711', 'index.js.map']);
    });
  });

  it('evaluates nothing twice: what is loaded later shares what the function has', async () => {
    const files = {
      'count.ts': 'export const count = { of: 0 };\nexport const add = (): void => { count.of += 1; };\n',
      'later.ts': "import { add, count } from './count.ts';\nadd();\nexport const seen = (): number => count.of;\n",
      'last.ts': "export const seen = async () => (await import('./count.ts')).count.of;\n",
      'index.ts':
        "import { add } from './count.ts';\nadd();\nexport const handler = async () => [(await import('./later.ts')).seen(), await (await import('./last.ts')).seen()];\n",
    };
    await inProject(files, async (root, bundle) => {
      await bundle();
      expect((await readdir(join(root, 'dist/hello'))).filter((name) => name.endsWith('.js')).sort()).toEqual([
        'count.js',
        'index.js',
        'last.js',
        'later.js',
      ]);
      expect(await helloOf(root).handler()).toEqual([2, 2]);
    });
  });

  it('has a file for each of two parts that have one name', async () => {
    const files = {
      'one/part.ts': 'export const part = 1;\n',
      'two/part.ts': 'export const part = 2;\n',
      'index.ts':
        "export const handler = async () => [(await import('./one/part.ts')).part, (await import('./two/part.ts')).part];\n",
    };
    await inProject(files, async (root, bundle) => {
      await bundle();
      expect(await helloOf(root).handler()).toEqual([1, 2]);
    });
  });

  it('imports nothing dynamically: of node:http that would load what nobody uses, in the first call', async () => {
    const texts = await Promise.all((await bundledFiles()).map(({ path }) => readFile(path, 'utf8')));
    expect(texts.length).toBeGreaterThan(3);
    expect(texts.flatMap((text) => [...text.matchAll(/\bimport\("[^"]*"\)/g)].map(([found]) => found))).toEqual([]);
  });

  it('keeps the SDKs that few events need in files of their own, beside what a cold start reads', async () => {
    const named = (await bundledFiles()).filter(({ file }) => !OF_PACKAGES.test(file));
    const files = named.map(async ({ name, file, path }) => [
      `${name}/${file}`,
      (await readFile(path, 'utf8')).includes('middlewareStack') ? 'SDK' : 'ours',
    ]);
    expect(Object.fromEntries(await Promise.all(files))).toEqual({
      'decide/checks-queue.js': 'ours',
      'decide/index.js': 'ours',
      'decide/pipeline-approvals.js': 'SDK',
      'decide/retries.js': 'ours',
      'decide/run-gates.js': 'ours',
      'deliver/index.js': 'ours',
      'deliver/retries.js': 'ours',
      'interact/index.js': 'ours',
      'interact/retries.js': 'ours',
      'notify/index.js': 'ours',
      'notify/pipeline-approvals.js': 'SDK',
      'notify/retries.js': 'ours',
      'notify/sns-publisher.js': 'SDK',
      'sweep/ask-aws.js': 'SDK',
      'sweep/checks-queue.js': 'ours',
      'sweep/hooked-deployments.js': 'ours',
      'sweep/index.js': 'ours',
      'sweep/report-verdict.js': 'ours',
      'sweep/retries.js': 'ours',
      'sweep/watch-runs.js': 'ours',
      'validate/alarms-probe.js': 'ours',
      'validate/assertions.js': 'ours',
      'validate/bake.js': 'ours',
      'validate/compare-probe.js': 'ours',
      'validate/calendar-probe.js': 'ours',
      'validate/drive.js': 'ours',
      'validate/ecs-door.js': 'ours',
      'validate/hooked-services.js': 'ours',
      'validate/http-probe.js': 'ours',
      'validate/index.js': 'ours',
      'validate/invoke-probe.js': 'ours',
      'validate/job-door.js': 'ours',
      'validate/lambda-probe.js': 'ours',
      'validate/logs-probe.js': 'ours',
      'validate/matches.js': 'ours',
      'validate/metric-probe.js': 'ours',
      'validate/pipeline-jobs.js': 'ours',
      'validate/retries.js': 'ours',
      'validate/take-sample.js': 'ours',
      'validate/target-groups.js': 'ours',
      'validate/target-health-probe.js': 'ours',
      'validate/watched-traffic.js': 'ours',
    });
  });

  it('is made of the files that it says, down to the last kilobyte', async () => {
    const bundles = await ours();
    for (const { name, bytes, inputs } of bundles) {
      const known = inputs.reduce((sum, input) => sum + input.bytes, 0);
      expect(inputs.map(({ path }) => path)).toContain(`functions/${name}/index.ts`);
      expect(known).toBeLessThanOrEqual(bytes);
      expect(bytes - known).toBeLessThan(25_000);
    }
  });
});
