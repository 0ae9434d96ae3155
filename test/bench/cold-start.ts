import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { aSignedClick } from './clicks.ts';
import { aPipelineEvent } from '../support/events.ts';
import { ROOT } from '../support/command.ts';
import { median } from './median.ts';
import { startRuntimeApi } from './runtime-api.ts';

/** Milliseconds from the spawning of a process to the first response of the function in it, of all fresh processes. */
export type ColdStarts = {
  readonly name: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly samples: number;
  /** The median as a multiple of the empty handler's in the same run. */
  readonly ratio: number;
};

/** A first event and what counts as its being answered. */
type Subject = {
  readonly name: string;
  readonly root: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: () => Promise<unknown>;
  /** The call of AWS without which the response would not be a real one. */
  readonly makes?: string;
  /** What is waited for besides the response, which then comes too late to be counted. */
  readonly seen?: () => Promise<void>;
};

const EMPTY = 'exports.handler = async () => null;\n';

/**
 * Starts each function in fresh processes, in turns with a handler that does nothing. What a function calls is the local
 * stack. `ric`: the file of aws-lambda-ric, to run them instead of our own client.
 */
export const measureColdStarts = async (
  samples: number,
  ric: string | undefined,
  onRound: (round: number) => void,
): Promise<readonly ColdStarts[]> => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const slackCalls: (() => void)[] = [];
  const awsCalls = new Set<string>();
  const stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    // The queues stay full: nobody else is to answer what is measured.
    functions: false,
    schedules: false,
    log: () => undefined,
    onAwsCall: ({ service, operation }) => awsCalls.add(`${service} ${operation}`),
    onSlackCall: ({ ok }) => {
      if (ok) {
        slackCalls.splice(0).forEach((tell) => {
          tell();
        });
      }
    },
  });
  try {
    const args = await writeRuntimeClient(folder, ric);
    await writeFile(join(folder, 'empty.js'), EMPTY);
    const subjects = subjectsOf(stack, folder, () => new Promise((resolve) => slackCalls.push(resolve)));
    const times = new Map<string, number[]>(subjects.map(({ name }) => [name, []]));
    // One round more: the first warms the disk's cache.
    for (let round = 0; round <= samples; round += 1) {
      onRound(round);
      for (const subject of subjects) {
        awsCalls.clear();
        const ms = await startOnce(subject, args);
        if (subject.makes !== undefined && !awsCalls.has(subject.makes)) {
          throw new Error(`${subject.name} answered without having called ${subject.makes}`);
        }
        if (round > 0) {
          times.get(subject.name)?.push(ms);
        }
      }
    }
    const empty = median(times.get('empty') ?? []);
    return [...times].map(([name, all]) => ({
      name,
      median: median(all),
      least: Math.min(...all),
      most: Math.max(...all),
      samples: all.length,
      ratio: median(all) / empty,
    }));
  } finally {
    await stack.stop();
    await rm(folder, { recursive: true });
  }
};

/** The arguments of a Node that runs a function: plain JavaScript, for types would have to be stripped first. */
export const writeRuntimeClient = async (folder: string, ric: string | undefined): Promise<readonly string[]> => {
  const source = ric === undefined ? 'runtime-client.ts' : 'ric-native.ts';
  const outfile = join(folder, 'client.cjs');
  await esbuild.build({
    entryPoints: [join(import.meta.dirname, source)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
  });
  return ric === undefined ? [outfile] : ['--require', outfile, ric];
};

const subjectsOf = (stack: Stack, folder: string, slackCall: () => Promise<void>): readonly Subject[] => {
  const CHANNEL = Object.values(stack.channels)[0] ?? '';
  let number = 0;
  const nextEvent = (): string => {
    number += 1;
    const executionId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    return aPipelineEvent(
      { id: `cold-${number}`, account: stack.account, region: stack.region },
      { 'execution-id': executionId },
    );
  };
  const queued = (body: string) => ({
    Records: [{ messageId: `message-${number}`, receiptHandle: 'receipt', body, eventSource: 'aws:sqs' }],
  });
  const functionOf = (name: string) => ({
    name,
    root: stack.taskRoot,
    handler: `dist/${name}/index.handler`,
    environment: stack.environmentOf(`gatehouse-local-${name}`) ?? {},
  });
  return [
    {
      name: 'empty',
      root: folder,
      handler: 'empty.handler',
      environment: stack.environmentOf('gatehouse-local-sweep') ?? {},
      event: () => Promise.resolve({}),
    },
    {
      ...functionOf('notify'),
      event: () => Promise.resolve(queued(nextEvent())),
      makes: 'sqs SendMessageBatch',
    },
    {
      ...functionOf('deliver'),
      event: async () => {
        await stack.invoke('gatehouse-local-notify', queued(nextEvent()));
        const executionId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
        const pk = `X#codepipeline#aws#${stack.account}#${stack.region}#shop-prod#${executionId}`;
        return queued(JSON.stringify({ pk, channel: CHANNEL }));
      },
      // After the call it waits out the channel's second: what people wait for is the call.
      seen: slackCall,
    },
    {
      ...functionOf('interact'),
      event: () => Promise.resolve(aSignedClick(stack, number)),
      makes: 'sqs SendMessage',
    },
    {
      ...functionOf('sweep'),
      event: () => Promise.resolve({ source: 'aws.events', detail: {} }),
      makes: 'dynamodb Query',
    },
  ];
};

const startOnce = async (
  { root, handler, environment, event, seen }: Subject,
  args: readonly string[],
): Promise<number> => {
  const api = await startRuntimeApi(await event());
  const isSeen = seen?.();
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    env: { ...environment, AWS_LAMBDA_RUNTIME_API: api.address, LAMBDA_TASK_ROOT: root, _HANDLER: handler },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.push(text));
  const died = new Promise<never>((_resolve, reject) => {
    child.once('exit', (code) => {
      reject(new Error(`The environment ended with ${String(code)}: ${said.join('').slice(0, 2000)}`));
    });
  });
  died.catch(() => undefined);
  try {
    const response = api.response.then(() => performance.now());
    const first = isSeen === undefined ? response : isSeen.then(() => performance.now());
    const endedAt = await Promise.race([first, died, response.then(() => first)]);
    // A failure that comes after what was seen is one all the same.
    await Promise.race([response, died]);
    return endedAt - startedAt;
  } finally {
    child.kill('SIGKILL');
    await api.close();
  }
};
