import { createDrive } from '../../functions/validate/drive.ts';
import { createJobDoor } from '../../functions/validate/job-door.ts';
import type { JobAnswer } from '../../functions/validate/job-door.ts';
import { createWatchRuns } from '../../functions/sweep/watch-runs.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import type { Invocation } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import { createPipelineJobs } from '../../shared/aws/pipeline-jobs.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ValidationRule } from '../../shared/config/config.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { gateOf, rolloutKey, rolloutPk, runKey, runRecordKey } from '../../shared/store/keys.ts';
import { parseCheckMessage } from '../../shared/validation/check-message.ts';
import { lookText } from '../../shared/validation/check-text.ts';
import { JobEvent } from '../../shared/validation/job-event.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import { runRecordItem } from '../../shared/validation/run-record.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { SampleRequest, SampleTaken } from '../../shared/validation/take-sample.ts';
import * as v from 'valibot';
import { aPipeline, EXECUTION, FIRST_JOB } from '../support/jobs.ts';
import type { FakeJob, FakePipeline } from '../support/jobs.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import type { HookBlow } from './hook-world.ts';

const HOME = { partition: 'aws', account: '111122223333', region: 'eu-west-1' } as const;

const MINUTE_MS = 60_000;

/** As serverless.yml has it. */
const VALIDATE = { timeoutMs: 120_000, visibilityMs: 130_000, retriesAfterMs: [60_000, 120_000] } as const;
const SWEEP = { timeoutMs: 50_000, everyMs: MINUTE_MS } as const;

const LATENCY_MS = 20;

/** So long CodePipeline waits for a function to say anything. */
const SILENCE_MS = 20 * MINUTE_MS;

export type JobWorldOptions = {
  readonly suites: readonly Suite[];
  readonly pipeline?: FakePipeline;
  readonly rules?: readonly ValidationRule[];
  readonly sample?: (request: SampleRequest, now: number) => SampleTaken;
  readonly blow?: HookBlow;
  /** Calls that fail for ever. */
  readonly fails?: (operation: string, now: number) => boolean;
  /** Whether an invocation of `validate` dies at once. */
  readonly dies?: (now: number) => boolean;
  /** How often Lambda calls the function with each job. */
  readonly copies?: number;
  /** How soon CodePipeline comes again with what goes on. */
  readonly againAfterMs?: number;
  /** Stops the execution so long after ten o'clock: jobs have an end then, and none comes any more. */
  readonly stopsAfterMs?: number;
};

/** What came of an action: what CodePipeline heard and when, what was answered, logged, sent and written. */
export type JobOutcome = {
  readonly steps: readonly string[];
  readonly pipeline: FakePipeline;
  readonly answers: readonly JobAnswer[];
  readonly logged: readonly { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  /** Whatever was sent or written, as text. */
  readonly left: string;
  readonly samples: number;
  readonly stored: () => ReturnType<typeof runItem.parse> | undefined;
  readonly record: () => ReturnType<typeof runRecordItem.parse> | undefined;
  readonly rollout: () => StoredRollout | undefined;
};

type Queued = { readonly body: string; visibleAt: number; done: boolean };

const ROLLOUT = { source: 'codepipeline', ...HOME, name: 'orders-release', executionId: EXECUTION } as const;

/** Plays one action of a pipeline in virtual time, with Lambda's retries, the queue and the sweep, until CodePipeline is told. */
export const playJobs = async (options: JobWorldOptions): Promise<JobOutcome> => {
  const {
    suites,
    rules = [],
    sample = passes,
    blow,
    fails = () => false,
    dies = () => false,
    copies = 1,
    againAfterMs = 5_000,
    stopsAfterMs,
    pipeline = aPipeline(),
  } = options;
  const kernel = createKernel(TEN_O_CLOCK);
  const table = createMemoryTable();
  const steps: string[] = [];
  const logged: { level: string; message: string; fields: LogFields }[] = [];
  const queue: Queued[] = [];
  const sent: string[] = [];
  const answers: JobAnswer[] = [];
  let numbers = 0;
  let ids = 0;
  let samples = 0;
  let calls = 0;
  const id = runIdOf(HOME, 'codepipeline', pipeline.jobs[0]?.id ?? FIRST_JOB);
  const seeded: StoredRollout = { rollout: { id: ROLLOUT, registers: {}, facts: {} }, channels: ['C1'] };
  table.write({ key: rolloutKey(rolloutPk(ROLLOUT)), rev: 1, body: seeded, expiresAt: TEN_O_CLOCK + 10 ** 10 });

  const carry = async <Value>(
    by: Invocation,
    operation: string,
    effect: () => Value,
    ms = LATENCY_MS,
  ): Promise<Value> => {
    const step = steps.push(`${by.name} ${by.number}: ${operation}`) - 1;
    const blown = step === blow?.step ? blow : undefined;
    await kernel.clock.sleep(ms / 2);
    if (by.name === 'validate' && fails(operation, kernel.clock.now())) {
      throw Object.assign(new Error('no'), { name: 'InternalServerError' });
    }
    if (blown?.kind === 'killed' && !blown.tookEffect) {
      by.die();
    }
    if (!by.isAlive()) {
      return new Promise(() => undefined);
    }
    if (blown?.kind === 'failed' && !blown.tookEffect) {
      throw Object.assign(new Error('no'), { name: 'ThrottlingException' });
    }
    const value = effect();
    if (blown?.kind === 'killed') {
      by.die();
    }
    await kernel.clock.sleep(ms / 2);
    if (blown?.kind === 'failed') {
      throw Object.assign(new Error('no'), { name: 'TimeoutError' });
    }
    return value;
  };

  const send = (body: string, afterMs = 0): void => {
    queue.push({ body, visibleAt: kernel.clock.now() + Math.min(afterMs, 900_000), done: false });
  };

  const portsOf = (by: Invocation) => {
    const call = <Value>(operation: string, effect: () => Value, ms?: number): Promise<Value> =>
      by.resuming(carry(by, operation, effect, ms));
    const clock: Clock = { now: kernel.clock.now, sleep: (ms) => by.resuming(kernel.clock.sleep(ms)) };
    const keep =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        logged.push({ level, message, fields });
      };
    const log: Log = { info: keep('info'), warn: keep('warn'), error: keep('error') };
    const jobs = createPipelineJobs((operation, input) =>
      call(operation, () => {
        const before = pipeline.jobs.length;
        const answer = pipeline.answer(operation, input, kernel.clock.now());
        pipeline.jobs.slice(before).forEach((job) => {
          kernel.after(againAfterMs, () => {
            begin(job);
          });
        });
        return answer;
      }),
    );
    return {
      home: HOME,
      suites,
      policy: { rules },
      config: { gates: [] },
      jobs,
      report: () => Promise.resolve({ kind: 'report-failed', says: 'nobody asks', isDenied: false } as const),
      changeItem: createChangeItem({ store: createMemoryStore(table, call), clock, random: () => 0.5 }),
      wakeUp: (wakeUps: readonly object[]) =>
        call('SendMessageBatch', () => {
          sent.push(JSON.stringify(wakeUps));
        }),
      lookAtGates: () => call('SendMessageBatch', () => undefined),
      lookAtWatches: () => Promise.resolve(),
      lookAtRuns: (runs: readonly string[], afterMs = 0) =>
        call('SendMessageBatch', () => {
          runs.forEach((run) => {
            sent.push(lookText(run));
            send(lookText(run), afterMs);
          });
        }),
      clock,
      random: () => 0.5,
      newId: () => {
        ids += 1;
        return `${by.name}-${ids}`;
      },
      log,
      takeSample: (request: SampleRequest) =>
        call(
          'sample',
          () => {
            samples += 1;
            return sample(request, kernel.clock.now());
          },
          500,
        ).catch((error: unknown): SampleTaken => ({
          sample: { at: kernel.clock.now(), tookMs: 1, outcome: 'error', says: String(error) },
        })),
    };
  };

  const run = <Value>(name: 'validate' | 'sweep', timeoutMs: number, work: (by: Invocation) => Promise<Value>) => {
    numbers += 1;
    return invoke(kernel, { name, number: numbers, timeoutMs }, (by) => {
      if (name === 'validate' && dies(kernel.clock.now())) {
        by.die();
      }
      return work(by);
    });
  };

  const doorOf = (by: Invocation) => {
    const ports = portsOf(by);
    const drive = createDrive(ports);
    return { drive, door: createJobDoor({ ...ports, drive }) };
  };

  /** Calls the function as Lambda does what is asked of it asynchronously. */
  const callWith = async (job: FakeJob): Promise<void> => {
    calls += 1;
    await tryWith(job);
    calls -= 1;
  };

  const tryWith = async (job: FakeJob): Promise<void> => {
    const event = pipeline.eventOf(job);
    for (const after of [...VALIDATE.retriesAfterMs, undefined]) {
      const startedAt = kernel.clock.now();
      const { kind } = await run('validate', VALIDATE.timeoutMs, async (by) => {
        const left = (): number => startedAt + VALIDATE.timeoutMs - kernel.clock.now();
        answers.push(await doorOf(by).door.serve(v.parse(JobEvent, event), left));
      });
      if (kind === 'returned') {
        return;
      }
      if (after !== undefined) {
        await kernel.clock.sleep(after);
      }
    }
    send(
      JSON.stringify({
        version: '1.0',
        requestContext: { requestId: 'r', functionArn: 'arn', condition: 'RetriesExhausted' },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorMessage: 'no' },
      }),
    );
  };

  const begin = (job: FakeJob): void => {
    if (job.result !== undefined || (stopsAfterMs !== undefined && kernel.clock.now() > TEN_O_CLOCK + stopsAfterMs)) {
      return;
    }
    for (let copy = 0; copy < copies; copy += 1) {
      void callWith(job);
    }
    kernel.after(SILENCE_MS, () => {
      job.result ??= 'timed-out';
    });
  };

  const poll = (): void => {
    kernel.after(1_000, poll);
    for (const message of queue) {
      if (message.done || message.visibleAt > kernel.clock.now()) {
        continue;
      }
      message.visibleAt = kernel.clock.now() + VALIDATE.visibilityMs;
      const startedAt = kernel.clock.now();
      void run('validate', VALIDATE.timeoutMs, async (by) => {
        const parsed = parseCheckMessage(message.body);
        const { door, drive } = doorOf(by);
        const left = (): number => startedAt + VALIDATE.timeoutMs - kernel.clock.now();
        switch (parsed?.kind) {
          case 'look':
            await drive(parsed.run, { until: kernel.clock.now() + 40_000, left });
            return;
          case 'failed-job':
            await door.giveUp(parsed.job, parsed.says);
            return;
          case 'watch':
          case 'bake':
          case 'failed':
          case undefined:
            throw new Error('no message of this world');
        }
      }).then(({ kind }) => {
        if (kind === 'returned') {
          message.done = true;
        }
      });
    }
  };

  const sweep = (): void => {
    kernel.after(SWEEP.everyMs, sweep);
    void run('sweep', SWEEP.timeoutMs, async (by) => {
      const due = table.due('run', kernel.clock.now(), 100).flatMap(({ key }) => gateOf(key.pk) ?? []);
      if (due.length > 0) {
        await createWatchRuns(portsOf(by))(due);
      }
    });
  };

  pipeline.jobs.forEach(begin);
  if (stopsAfterMs !== undefined) {
    kernel.after(stopsAfterMs, () => {
      pipeline.jobs.forEach((job) => {
        job.result ??= 'timed-out';
      });
    });
  }
  kernel.after(1_000, poll);
  kernel.after(37_000, sweep);
  const bodyOf = (key: Parameters<typeof table.read>[0]) => table.read(key)?.body;
  const runOf = () => {
    const body = bodyOf(runKey(id));
    return body === undefined ? undefined : runItem.parse(body);
  };
  const isSettled = (): boolean => {
    const isTold =
      pipeline.taken.some(({ result }) => result !== 'goes-on') && pipeline.jobs.every(({ result }) => result);
    const stored = runOf();
    return isTold && calls === 0 && stored?.dueAt === undefined && queue.every(({ done }) => done);
  };
  await kernel.run(isSettled, TEN_O_CLOCK + 60 * MINUTE_MS, 400_000);
  return {
    steps,
    pipeline,
    answers,
    logged,
    left: JSON.stringify([sent, bodyOf(runKey(id)), bodyOf(runRecordKey(id)), bodyOf(rolloutKey(rolloutPk(ROLLOUT)))]),
    samples,
    stored: runOf,
    record: () => {
      const body = bodyOf(runRecordKey(id));
      return body === undefined ? undefined : runRecordItem.parse(body);
    },
    rollout: () => {
      const body = bodyOf(rolloutKey(rolloutPk(ROLLOUT)));
      return body === undefined ? undefined : rolloutItem.parse(body);
    },
  };
};

const passes = (_request: SampleRequest, now: number): SampleTaken => ({
  sample: { at: now, tookMs: 500, outcome: 'pass', says: 'status 200' },
});
