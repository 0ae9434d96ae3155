import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { aSignedClick } from './clicks.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { gateId } from '../../shared/gate/gate-id.ts';
import { opened } from '../../shared/gate/gate.ts';
import { heard } from '../../shared/rollout/watch.ts';
import { gateKey, rolloutKey, rolloutPk, runKey } from '../../shared/store/keys.ts';
import { beginRun } from '../../shared/validation/begin.ts';
import type { Run } from '../../shared/validation/run.ts';
import { ROOT } from '../support/command.ts';
import { aPipelineEvent } from '../support/events.ts';
import { aChange, aRollout, aRolloutId } from '../support/rollouts.ts';
import { aBeginning } from '../support/runs.ts';
import { connectionTo } from '../support/stack.ts';
import { checkOf, suiteOf } from '../support/suites.ts';
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
  /** The processor's time up to then, of all threads, which other work on the machine hardly changes: median, and multiple. */
  readonly cpu: number;
  readonly cpuRatio: number;
};

/** A first event and what counts as its being answered. */
type Subject = {
  readonly name: string;
  readonly root: string;
  readonly handler: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly event: () => Promise<unknown>;
  /** The calls of AWS without which the response would not be a real one. */
  readonly makes?: readonly string[];
  /** What is waited for besides the response, which then comes too late to be counted. */
  readonly seen?: () => Promise<void>;
};

/** What answers a job that nobody knows. */
const JOB_TOLD = 'PutJobFailureResult';

/** What people wait for, where it comes before the function's response. */
type Seen = { readonly slackCall: () => Promise<void>; readonly jobTold: () => Promise<void> };

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
  const jobsTold: (() => void)[] = [];
  const awsCalls = new Set<string>();
  const stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    // The queues stay full: nobody else is to answer what is measured.
    functions: false,
    schedules: false,
    log: () => undefined,
    onAwsCall: ({ service, operation }) => {
      awsCalls.add(`${service} ${operation}`);
      if (operation === JOB_TOLD) {
        jobsTold.splice(0).forEach((tell) => {
          tell();
        });
      }
    },
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
    await bundleScript('one-call.ts', join(folder, 'one-call.js'));
    const subjects = subjectsOf(stack, folder, {
      slackCall: () => new Promise((resolve) => slackCalls.push(resolve)),
      jobTold: () => new Promise((resolve) => jobsTold.push(resolve)),
    });
    const times = new Map<string, Start[]>(subjects.map(({ name }) => [name, []]));
    // One round more: the first warms the disk's cache.
    for (let round = 0; round <= samples; round += 1) {
      onRound(round);
      for (const subject of subjects) {
        awsCalls.clear();
        const start = await startOnce(subject, args);
        const missing = (subject.makes ?? []).filter((call) => !awsCalls.has(call));
        if (missing.length > 0) {
          throw new Error(`${subject.name} answered without having called ${missing.join(', ')}`);
        }
        if (round > 0) {
          times.get(subject.name)?.push(start);
        }
      }
    }
    const ms = (starts: readonly Start[] = []): number[] => starts.map((start) => start.ms);
    const cpu = (starts: readonly Start[] = []): number[] => starts.map((start) => start.cpu);
    const empty = times.get('empty');
    return [...times].map(([name, all]) => ({
      name,
      median: median(ms(all)),
      least: Math.min(...ms(all)),
      most: Math.max(...ms(all)),
      samples: all.length,
      ratio: median(ms(all)) / median(ms(empty)),
      cpu: median(cpu(all)),
      cpuRatio: median(cpu(all)) / median(cpu(empty)),
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
  await bundleScript(source, outfile);
  return ric === undefined ? [outfile] : ['--require', outfile, ric];
};

const bundleScript = async (source: string, outfile: string): Promise<void> => {
  await esbuild.build({
    entryPoints: [join(import.meta.dirname, source)],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    mainFields: ['module', 'main'],
  });
};

/** A deployment group of which nobody knows anything. */
const GROUP = { application: 'shop', group: 'prod' };

const subjectsOf = (stack: Stack, folder: string, { slackCall, jobTold }: Seen): readonly Subject[] => {
  const CHANNEL = Object.values(stack.channels)[0] ?? '';
  let number = 0;
  const nextId = () => {
    number += 1;
    const executionId = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
    return aRolloutId({ account: stack.account, region: stack.region, executionId });
  };
  const nextEvent = (state = 'STARTED'): string => {
    const { account, region, executionId } = nextId();
    return aPipelineEvent({ id: `cold-${number}`, account, region }, { 'execution-id': executionId, state });
  };
  const store = createDynamoDbStore(createAwsClient('dynamodb', connectionTo(stack)), 'gatehouse-local');
  const queued = (body: string) => ({
    Records: [{ messageId: `message-${number}`, receiptHandle: 'receipt', body, eventSource: 'aws:sqs' }],
  });
  const functionOf = (name: string) => ({
    name,
    root: stack.taskRoot,
    handler: `dist/${name}/index.handler`,
    environment: stack.environmentOf(`gatehouse-local-${name}`) ?? {},
  });
  const aJob = () => Promise.resolve({ 'CodePipeline.job': { id: nextId().executionId, data: {} } });
  // It has the name by which CodeDeploy's policies know hooks.
  const validateEnvironment = stack.environmentOf('CodeDeployHook_gatehouse-local') ?? {};
  return [
    {
      name: 'empty',
      root: folder,
      handler: 'empty.handler',
      environment: stack.environmentOf('gatehouse-local-sweep') ?? {},
      event: () => Promise.resolve({}),
    },
    {
      name: 'one call',
      root: folder,
      handler: 'one-call.handler',
      environment: stack.environmentOf('gatehouse-local-sweep') ?? {},
      event: () => Promise.resolve({}),
      makes: ['dynamodb GetItem'],
    },
    {
      ...functionOf('notify'),
      event: () => Promise.resolve(queued(nextEvent())),
      makes: ['sqs SendMessageBatch', 'codepipeline GetPipeline'],
    },
    {
      ...functionOf('deliver'),
      event: async () => {
        await stack.invoke('gatehouse-local-notify', queued(nextEvent()));
        number -= 1;
        return queued(JSON.stringify({ pk: rolloutPk(nextId()), channel: CHANNEL }));
      },
      // After the call it waits out the channel's second: what people wait for is the call.
      seen: slackCall,
    },
    {
      ...functionOf('interact'),
      event: () => Promise.resolve(aSignedClick(stack, number)),
      makes: ['sqs SendMessage'],
    },
    {
      ...functionOf('sweep'),
      event: () => Promise.resolve({ source: 'aws.events', detail: {} }),
      makes: ['dynamodb Query'],
    },
    {
      ...functionOf('decide'),
      event: async () => {
        const { account, region, executionId } = nextId();
        const rollout = { source: 'codedeploy', partition: 'aws', account, region, executionId, ...GROUP } as const;
        const point = { kind: 'deployment-ready', rollout } as const;
        const at = Date.now();
        const { body } = opened({ point, openedAt: at, channels: [CHANNEL] }, at)(undefined);
        const gate = gateId(point);
        await store.write({ key: gateKey(gate), rev: 1, body, expiresAt: at + 3_600_000 });
        return queued(JSON.stringify({ kind: 'look', gate }));
      },
      makes: ['dynamodb GetItem', 'codedeploy GetDeployment', 'dynamodb PutItem'],
    },
    {
      ...functionOf('validate'),
      environment: validateEnvironment,
      event: () => {
        number += 1;
        return Promise.resolve({ DeploymentId: `d-COLD${number}`, LifecycleEventHookExecutionId: `hook-${number}` });
      },
      makes: ['codedeploy GetDeployment', 'dynamodb PutItem', 'sqs SendMessageBatch'],
    },
    {
      ...functionOf('validate'),
      name: 'validate, to a verdict',
      environment: validateEnvironment,
      event: async () => {
        number += 1;
        const run = `run-${number}`;
        const now = Date.now();
        await store.write({
          key: runKey(run),
          rev: 1,
          body: { run: aRunOfOneSample(stack, number, now), dueAt: now },
          expiresAt: now + 3_600_000,
        });
        return queued(JSON.stringify({ run }));
      },
      // From the item to the record, with a sample taken and CodeDeploy told.
      makes: ['monitoring DescribeAlarms', 'codedeploy PutLifecycleEventHookExecutionStatus', 'dynamodb PutItem'],
    },
    {
      ...functionOf('validate'),
      name: 'validate, ECS calls',
      environment: validateEnvironment,
      event: () => {
        number += 1;
        const { account, region } = stack;
        const arn = (type: string) => `arn:aws:ecs:${region}:${account}:${type}/prod/basket`;
        return Promise.resolve({
          executionId: `execution-${number}`,
          lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
          resourceArn: `${arn('service-deployment')}/COLD${number}`,
          executionDetails: { serviceArn: arn('service'), targetServiceRevisionArn: `${arn('service-revision')}/1` },
        });
      },
      // To the answer: ECS knows of no such deployment, which ends the run.
      makes: ['ecs DescribeServiceDeployments', 'dynamodb PutItem'],
    },
    {
      ...functionOf('validate'),
      name: 'validate, a job is told',
      environment: validateEnvironment,
      event: aJob,
      makes: ['codepipeline GetJobDetails', 'dynamodb PutItem', `codepipeline ${JOB_TOLD}`],
      // The function answers nobody, and records the run after it: what CodePipeline waits for is the call.
      seen: jobTold,
    },
    {
      ...functionOf('validate'),
      name: 'validate, a job comes',
      environment: validateEnvironment,
      event: aJob,
      // To its end: CodePipeline knows of no such job, which ends the run.
      makes: ['codepipeline GetJobDetails', 'dynamodb PutItem', `codepipeline ${JOB_TOLD}`],
    },
    {
      ...functionOf('notify'),
      name: 'notify, no look-up',
      event: async () => {
        await stack.invoke('gatehouse-local-notify', queued(nextEvent()));
        number -= 1;
        return queued(nextEvent('STOPPING'));
      },
      makes: ['dynamodb PutItem'],
    },
    {
      ...functionOf('notify'),
      name: 'notify, to a topic',
      event: () => Promise.resolve(queued(nextEvent('SUCCEEDED'))),
      makes: ['sqs SendMessageBatch', 'sns Publish'],
    },
    {
      ...functionOf('sweep'),
      name: 'sweep, one is silent',
      event: async () => {
        const rollout = nextId();
        const watch = heard(0);
        await store.write({
          key: rolloutKey(rolloutPk(rollout)),
          rev: 1,
          body: { rollout: aRollout(aChange({ rollout })), channels: [CHANNEL], watch },
          due: { kind: 'rollout', at: watch.at },
          expiresAt: Date.now() + 3_600_000,
        });
        return { source: 'aws.events', detail: {} };
      },
      makes: ['codepipeline ListPipelineExecutions'],
    },
  ];
};

/** A run that is over with its first sample. */
const aRunOfOneSample = ({ account, region }: Stack, number: number, now: number): Run =>
  beginRun(
    aBeginning({
      rollout: {
        source: 'codedeploy',
        partition: 'aws',
        account,
        region,
        application: '',
        group: '',
        executionId: `d-COLD${number}`,
      },
      suite: suiteOf([checkOf({ kind: 'alarms', names: ['orders-errors'] })]),
      waitsUntil: now + 60 * 60_000,
      now,
    }),
  );

/** Milliseconds to the first response, and those of the processor in it. */
type Start = { readonly ms: number; readonly cpu: number };

const startOnce = async (
  { root, handler, environment, event, seen }: Subject,
  args: readonly string[],
): Promise<Start> => {
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
    const ended = (): Start => ({ ms: performance.now() - startedAt, cpu: cpuMsOf(child.pid) });
    const response = api.response.then(ended);
    const first = isSeen === undefined ? response : isSeen.then(ended);
    const start = await Promise.race([first, died, response.then(() => first)]);
    // A failure that comes after what was seen is one all the same.
    await Promise.race([response, died]);
    return start;
  } finally {
    child.kill('SIGKILL');
    await api.close();
  }
};

/** What a process has had of the processor, as Linux counts it for each thread; elsewhere not a number. */
const cpuMsOf = (pid: number | undefined): number => {
  const threads = `/proc/${pid ?? 0}/task`;
  try {
    const ns = readdirSync(threads).map((id) =>
      Number(/^\d+/.exec(readFileSync(`${threads}/${id}/schedstat`, 'utf8'))?.[0]),
    );
    return ns.reduce((sum, some) => sum + some, 0) / 1e6;
  } catch {
    return Number.NaN;
  }
};
