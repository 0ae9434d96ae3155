import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './command.ts';

const LINKED = ['functions', 'local', 'node_modules', 'package.json', 'scripts', 'shared', 'tsconfig.json'];

/**
 * This project with changes to its serverless.yml and its gatehouse.yml, in a folder of its own. `suites`: the texts of its
 * suites by their files' names; left out, those of this project, and none beside another gatehouse.yml.
 */
export const aProject = async (change: {
  readonly serverlessYml?: (text: string) => string;
  readonly gatehouseYml?: (text: string) => string;
  readonly suites?: Readonly<Record<string, string>>;
}): Promise<{ readonly root: string; readonly remove: () => Promise<void> }> => {
  const root = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  const same = (text: string): string => text;
  await Promise.all([
    ...LINKED.map((name) => symlink(join(ROOT, name), join(root, name))),
    copy('serverless.yml', root, change.serverlessYml ?? same),
    copy('gatehouse.yml', root, change.gatehouseYml ?? same),
    change.suites === undefined && change.gatehouseYml === undefined
      ? symlink(join(ROOT, 'suites'), join(root, 'suites'))
      : writeSuites(root, change.suites ?? {}),
  ]);
  return { root, remove: () => rm(root, { recursive: true }) };
};

const writeSuites = async (root: string, suites: Readonly<Record<string, string>>): Promise<void> => {
  await mkdir(join(root, 'suites'));
  for (const [name, text] of Object.entries(suites)) {
    await writeFile(join(root, 'suites', name), text);
  }
};

const copy = async (name: string, root: string, change: (text: string) => string): Promise<void> => {
  await writeFile(join(root, name), change(await readFile(join(ROOT, name), 'utf8')));
};
