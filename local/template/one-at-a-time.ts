import { mkdir, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** How often a holder says that it is still there, and after what silence it is taken for gone. */
const SIGN_MS = 1_000;
const GONE_MS = 15_000;

const LOOK_MS = 100;

/**
 * Does some work while nobody else does any under the same path, in this process or another. Who ended without giving it back
 * is waited for a quarter of a minute.
 */
export const oneAtATime = async <Value>(path: string, work: () => Promise<Value>): Promise<Value> => {
  while (!(await take(path))) {
    await wait(LOOK_MS);
  }
  const sign = setInterval(() => {
    const now = new Date();
    // Taken by somebody who thought that we are gone: the work is done all the same.
    utimes(path, now, now).catch(() => undefined);
  }, SIGN_MS);
  try {
    return await work();
  } finally {
    clearInterval(sign);
    await rm(path, { recursive: true, force: true });
  }
};

/** To make a folder is one step for everybody: only one comes to have made it. */
const take = async (path: string): Promise<boolean> => {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw error;
    }
    const made = await stat(path).catch(() => undefined);
    if (made !== undefined && Date.now() - made.mtimeMs > GONE_MS) {
      await rm(path, { recursive: true, force: true });
    }
    return false;
  }
};
