import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeRuntimeClient } from '../bench/cold-start.ts';
import { startRuntimeApi } from '../bench/runtime-api.ts';

let folder: string;
let args: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-runtime-'));
  args = await writeRuntimeClient(folder, undefined);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What a function of this code answers to an event. */
const answerOf = async (code: string, event: unknown): Promise<string> => {
  await writeFile(join(folder, 'index.js'), code);
  const api = await startRuntimeApi(event);
  const child = spawn(process.execPath, args, {
    env: { AWS_LAMBDA_RUNTIME_API: api.address, LAMBDA_TASK_ROOT: folder, _HANDLER: 'index.handler' },
    stdio: 'ignore',
  });
  const ended = once(child, 'exit');
  try {
    return await api.response;
  } finally {
    child.kill('SIGKILL');
    await ended;
    await api.close();
  }
};

describe('the runtime client', () => {
  it('hands a function its event and the invocation, and brings back the answer', async () => {
    const echo =
      'exports.handler = async (event, { awsRequestId, getRemainingTimeInMillis }) => ' +
      '({ event, id: awsRequestId.length, inTime: getRemainingTimeInMillis() > 0 });';
    expect(JSON.parse(await answerOf(echo, { a: 1 }))).toEqual({ event: { a: 1 }, id: 36, inTime: true });
  });

  it('answers null for a function that returns nothing, as Lambda does', async () => {
    expect(await answerOf('exports.handler = async () => undefined;', {})).toBe('null');
  });

  it.each([
    ['throws', "exports.handler = async () => { throw new TypeError('no'); };", '"errorType":"TypeError"'],
    ['cannot be loaded', "throw new RangeError('never');", '"errorType":"RangeError"'],
    ['is not there', '', 'has no function handler'],
  ])('says so of a function that %s', async (_what, code, says) => {
    await expect(answerOf(code, {})).rejects.toThrow(says);
  });
});
