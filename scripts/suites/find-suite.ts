import { join } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import { readSuites, suiteFiles, usableSuites } from './load-suites.ts';

const ROOT = join(import.meta.dirname, '../..');

/** The suite of that name among those of suites/, or of that file. Throws where there is none, or none that can be used. */
export const findSuite = async (name: string, config: Config): Promise<Suite> => {
  if (/\.ya?ml$/.test(name)) {
    const [suite] = usableSuites(await readSuites([{ path: name, name }], config));
    if (suite !== undefined) {
      return suite;
    }
  }
  const read = await readSuites(await suiteFiles(join(ROOT, 'suites')), config);
  const found = read.filter(({ suite }) => suite?.name === name);
  const [suite] = usableSuites(found);
  if (suite === undefined) {
    const names = read.flatMap((one) => one.suite?.name ?? []);
    throw new Error(`There is no suite ${name} in suites/, which has ${names.join(', ')}`);
  }
  return suite;
};
