import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Config } from '../../shared/config/config.ts';
import { compileConfig } from './compile-config.ts';

/** Reads and compiles a `gatehouse.yml`. Throws `ConfigInvalid`, or the file system's error. */
export const loadConfig = async (path: string): Promise<Config> =>
  compileConfig(await readFile(path, 'utf8'), basename(path));
