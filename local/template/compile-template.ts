import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { devNull } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import * as v from 'valibot';
import { REGION } from '../aws/account.ts';
import { parseJson } from '../json.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { parseTemplate } from './resolve-template.ts';
import type { Template } from './resolve-template.ts';

/** What `serverless deploy` would deploy. */
export type CompiledStack = {
  readonly template: Template;
  /** Where the functions' handlers are found. */
  readonly taskRoot: string;
};

/** What the template and the bundles are made of, files or folders. */
const SOURCES = [
  'serverless.yml',
  'gatehouse.yml',
  'suites',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'scripts',
  'functions',
  'shared',
] as const;

const TEMPLATE = 'cloudformation-template-update-stack.json';

/** How many compiled stacks are kept, so that going back and forth between two stages costs nothing. */
const KEPT = 10;

/**
 * Compiles the project's serverless.yml with its own Serverless Framework, offline, and keeps the result, bundles
 * included, under `.gatehouse/cache` until a source changes. Rejects with what the framework says when it refuses.
 */
export const compileTemplate = async (options: {
  readonly root: string;
  readonly stage: string;
}): Promise<CompiledStack> => {
  const { root, stage } = options;
  const cache = join(root, '.gatehouse/cache');
  const taskRoot = join(cache, await fingerprint(root, stage));
  const kept = await readEntry(taskRoot);
  if (kept !== undefined) {
    // What is in use is not what is pruned first.
    const now = new Date();
    await utimes(taskRoot, now, now);
    return { template: kept, taskRoot };
  }
  await mkdir(cache, { recursive: true });
  // The framework and the bundler write to .serverless and dist, whoever asks and for whichever stage.
  const template = await oneAtATime(join(root, '.gatehouse/compiling'), async () => {
    // Who was waited for may have compiled the same.
    if ((await readEntry(taskRoot)) === undefined) {
      await compileInto(cache, taskRoot, { root, stage });
    }
    return readEntry(taskRoot);
  });
  if (template === undefined) {
    throw new Error(`The compiled template cannot be read from ${relative(root, taskRoot)}`);
  }
  return { template, taskRoot };
};

const compileInto = async (
  cache: string,
  taskRoot: string,
  { root, stage }: { readonly root: string; readonly stage: string },
): Promise<void> => {
  const draft = await mkdtemp(join(cache, 'draft-'));
  try {
    await packageStack(root, stage, join(draft, 'package'));
    await cp(join(draft, 'package', TEMPLATE), join(draft, TEMPLATE));
    await cp(join(root, 'dist'), join(draft, 'dist'), { recursive: true });
    await rm(join(draft, 'package'), { recursive: true });
    await prune(cache);
    await rename(draft, taskRoot);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
};

const readEntry = async (entry: string): Promise<Template | undefined> => {
  const text = await readFile(join(entry, TEMPLATE), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : parseTemplate(parseJson(text));
};

const fingerprint = async (root: string, stage: string): Promise<string> => {
  const hash = createHash('sha256').update(stage);
  const files = await Promise.all(SOURCES.map((source) => filesOf(join(root, source))));
  for (const file of files.flat().sort()) {
    hash.update(`\0${relative(root, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 16);
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || found.isFile()) {
    return found === undefined ? [] : [path];
  }
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
};

const Failure = v.object({ stdout: v.string(), stderr: v.string() });

const packageStack = async (root: string, stage: string, into: string): Promise<void> => {
  const serverless = createRequire(import.meta.url).resolve('serverless/package.json');
  const bin = join(dirname(serverless), 'bin/serverless.js');
  const args = [bin, 'package', '--stage', stage, '--region', REGION, '--package', into];
  try {
    await promisify(execFile)(process.execPath, args, {
      cwd: root,
      env: offlineEnvironment(),
      maxBuffer: 16 * 2 ** 20,
    });
  } catch (cause) {
    const { stdout, stderr } = v.parse(v.fallback(Failure, { stdout: '', stderr: String(cause) }), cause);
    const said = stripVTControlCharacters(`${stdout}${stderr}`).trim();
    throw new Error(`serverless.yml cannot be compiled.\n${said}`, { cause });
  }
};

/** Neither the user's account nor the options of the Node that runs us are any business of the child's. */
const offlineEnvironment = (): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(AWS_|NODE_OPTIONS$|VITEST|SLS_|SERVERLESS_)/.test(name)),
  ),
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  AWS_EC2_METADATA_DISABLED: 'true',
  SLS_NOTIFICATIONS_MODE: 'off',
  SLS_TELEMETRY_DISABLED: '1',
});

const prune = async (cache: string): Promise<void> => {
  const entries = await readdir(cache);
  const dated = await Promise.all(
    entries.map(async (name) => ({ path: join(cache, name), time: (await stat(join(cache, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.time - a.time).slice(KEPT);
  await Promise.all(old.map(({ path }) => rm(path, { recursive: true, force: true })));
};
