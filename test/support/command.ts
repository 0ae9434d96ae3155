import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** What a command did: its exit code, and what it printed. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type Running = {
  readonly child: ChildProcess;
  /** What was printed on stdout so far. */
  readonly printed: () => string;
  readonly ended: Promise<Ended>;
};

/** Starts a script of the repository with the Node that runs the tests, and the environment that is given. */
export const start = (
  script: string,
  args: readonly string[] = [],
  input = '',
  environment: Readonly<Record<string, string>> = {},
): Running => {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], {
    cwd: ROOT,
    // No test may depend on, or reach, the account of whoever runs it.
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...environment },
  });
  const out: string[] = [];
  const err: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  child.stdin.end(input);
  return {
    child,
    printed: () => out.join(''),
    ended: new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        resolve({ code, stdout: out.join(''), stderr: err.join('') });
      });
    }),
  };
};

/** Runs a script of the repository to its end. */
export const run = (...how: Parameters<typeof start>): Promise<Ended> => start(...how).ended;
