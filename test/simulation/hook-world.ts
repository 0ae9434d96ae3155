import { createDrive } from '../../functions/validate/drive.ts';
import { createValidate } from '../../functions/validate/validate.ts';
import { createWatchRuns } from '../../functions/sweep/watch-runs.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import type { Invocation } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import type { MemoryTable } from '../../local/virtual/memory-store.ts';
import { createReportVerdict } from '../../shared/aws/report-verdict.ts';
import { createHookedDeployments } from '../../shared/aws/hooked-deployments.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GatePolicy, ValidationRule } from '../../shared/config/config.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { gateOf, rolloutKey, rolloutPk, runKey, runRecordKey } from '../../shared/store/keys.ts';
import { parseCheckMessage } from '../../shared/validation/check-message.ts';
import { lookText } from '../../shared/validation/check-text.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import { runRecordItem } from '../../shared/validation/run-record.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { SampleRequest, SampleTaken } from '../../shared/validation/take-sample.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import { aHookedDeployment, HOOK_CALL } from '../support/hooks.ts';
import type { FakeDeployment } from '../support/hooks.ts';

const HOME = { partition: 'aws', account: '111122223333', region: 'eu-west-1' } as const;

const MINUTE_MS = 60_000;

/** As serverless.yml has it. */
const VALIDATE = { timeoutMs: 120_000, visibilityMs: 130_000, retriesAfterMs: [60_000, 120_000] } as const;
const SWEEP = { timeoutMs: 50_000, everyMs: MINUTE_MS } as const;

/** How long a call of AWS takes. */
const LATENCY_MS = 20;

/** What befalls whoever makes a call, by the call's place among all. */
export type HookBlow = {
  readonly step: number;
  /** `killed`: it ends where it stands; `failed`: the call is answered with an error. */
  readonly kind: 'killed' | 'failed';
  readonly tookEffect: boolean;
};

export type HookWorldOptions = {
  readonly suites: readonly Suite[];
  readonly deployment?: FakeDeployment;
  readonly gates?: readonly GatePolicy[];
  readonly rules?: readonly ValidationRule[];
  readonly sample?: (request: SampleRequest, now: number) => SampleTaken;
  readonly blow?: HookBlow;
  /** Calls that fail for ever, as `PutItem` of `validate`. */
  readonly fails?: (by: 'validate' | 'sweep', operation: string, now: number) => boolean;
  /** Whether an invocation dies at once. */
  readonly dies?: (by: 'validate' | 'sweep', now: number) => boolean;
  /** How often CodeDeploy calls the hook. */
  readonly calls?: number;
  /** What happens besides, by the millisecond. */
  readonly happens?: readonly { readonly afterMs: number; readonly work: (world: HookPorts) => Promise<unknown> }[];
};

/** What came of a hook: what CodeDeploy heard and when, the calls that were made, what was logged. */
export type HookOutcome = {
  readonly steps: readonly string[];
  readonly deployment: FakeDeployment;
  readonly logged: readonly {
    readonly by: string;
    readonly level: string;
    readonly message: string;
    readonly fields: LogFields;
  }[];
  readonly table: MemoryTable;
  readonly samples: number;
  /** The gates that were to be looked at, in their order. */
  readonly gateLooks: readonly string[];
  /** The deployments of which it was said that their traffic may be watched. */
  readonly bakes: readonly string[];
  readonly stored: () => ReturnType<typeof runItem.parse> | undefined;
  readonly record: () => ReturnType<typeof runRecordItem.parse> | undefined;
  readonly rollout: () => StoredRollout | undefined;
  readonly dead: readonly string[];
};

/** What somebody else works with in the same world. */
export type HookPorts = {
  readonly run: string;
  readonly changeItem: ChangeItem;
  readonly lookAtRun: (run: string) => Promise<void>;
  readonly now: () => number;
};

type Queued = { readonly body: string; visibleAt: number; receives: number; done: boolean };

/** Plays one hook in virtual time, with Lambda's retries, the queue, the sweep: until CodeDeploy would give up, and after. */
export const playHook = async (options: HookWorldOptions): Promise<HookOutcome> => {
  const {
    suites,
    gates = [],
    rules = [],
    sample = passes,
    blow,
    fails = never,
    dies = never,
    calls = 1,
    happens = [],
  } = options;
  const kernel = createKernel(TEN_O_CLOCK);
  const table = createMemoryTable();
  const deployment = options.deployment ?? aHookedDeployment();
  const steps: string[] = [];
  const logged: { by: string; level: string; message: string; fields: LogFields }[] = [];
  const queue: Queued[] = [];
  const dead: string[] = [];
  const gateLooks: string[] = [];
  const bakes: string[] = [];
  let numbers = 0;
  let ids = 0;
  let samples = 0;
  const id = runIdOf(HOME, 'codedeploy', HOOK_CALL.deploymentId, HOOK_CALL.hookExecutionId);
  seedRollout(table);

  const carry = async <Value>(
    by: Invocation,
    operation: string,
    effect: () => Value,
    ms = LATENCY_MS,
  ): Promise<Value> => {
    const step = steps.push(`${by.name} ${by.number}: ${operation}`) - 1;
    const blown = step === blow?.step ? blow : undefined;
    const name = by.name === 'sweep' ? 'sweep' : 'validate';
    await kernel.clock.sleep(ms / 2);
    if (fails(name, operation, kernel.clock.now())) {
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
    queue.push({
      body,
      visibleAt: kernel.clock.now() + Math.ceil(Math.min(afterMs, 900_000) / 1000) * 1000,
      receives: 0,
      done: false,
    });
  };

  const portsOf = (by: Invocation) => {
    const call = <Value>(operation: string, effect: () => Value, ms?: number): Promise<Value> =>
      by.resuming(carry(by, operation, effect, ms));
    const clock: Clock = {
      now: kernel.clock.now,
      sleep: (ms) => by.resuming(kernel.clock.sleep(ms)),
    };
    const store = createMemoryStore(table, call);
    const keep =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        logged.push({ by: by.name, level, message, fields });
      };
    const log: Log = { info: keep('info'), warn: keep('warn'), error: keep('error') };
    const deployments = createHookedDeployments(
      (operation, input) => call(operation, () => deployment.answer(operation, input, kernel.clock.now())),
      HOME,
      clock,
    );
    const lookAtRuns = (runs: readonly string[], afterMs = 0) =>
      call('SendMessageBatch', () => {
        runs.forEach((run) => {
          send(lookText(run), afterMs);
        });
      });
    return {
      home: HOME,
      suites,
      policy: { rules },
      config: { gates },
      deployments,
      report: createReportVerdict(deployments),
      changeItem: createChangeItem({ store, clock, random: () => 0.5 }),
      wakeUp: () => call('SendMessageBatch', () => undefined),
      lookAtGates: (some: readonly string[]) =>
        call('SendMessageBatch', () => {
          gateLooks.push(...some);
        }),
      lookAtRuns,
      lookAtWatches: () => Promise.resolve(),
      bake: { begin: () => Promise.resolve(), look: () => Promise.resolve() },
      sayBake: (one: string) =>
        call('SendMessageBatch', () => {
          bakes.push(one);
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
      if (dies(name, kernel.clock.now())) {
        by.die();
      }
      return work(by);
    });
  };

  const validateOf = (by: Invocation) => {
    const ports = portsOf(by);
    return createValidate({ ...ports, drive: createDrive(ports) });
  };

  const event = { DeploymentId: HOOK_CALL.deploymentId, LifecycleEventHookExecutionId: HOOK_CALL.hookExecutionId };

  const callHook = async (): Promise<void> => {
    for (const after of [...VALIDATE.retriesAfterMs, undefined]) {
      const { kind } = await run('validate', VALIDATE.timeoutMs, (by) => validateOf(by).takeIn(event));
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
        timestamp: new Date(kernel.clock.now()).toISOString(),
        requestContext: {
          requestId: 'r',
          functionArn: 'arn',
          condition: 'RetriesExhausted',
          approximateInvokeCount: 3,
        },
        requestPayload: event,
        responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
        responsePayload: { errorMessage: 'no' },
      }),
    );
  };

  const poll = (): void => {
    kernel.after(1_000, poll);
    for (const message of queue) {
      if (message.done || message.visibleAt > kernel.clock.now()) {
        continue;
      }
      if (message.receives >= 100) {
        message.done = true;
        dead.push(message.body);
        continue;
      }
      message.receives += 1;
      message.visibleAt = kernel.clock.now() + VALIDATE.visibilityMs;
      const startedAt = kernel.clock.now();
      void run('validate', VALIDATE.timeoutMs, async (by) => {
        const parsed = parseCheckMessage(message.body);
        if (parsed !== undefined && parsed.kind !== 'failed-job') {
          await validateOf(by).handle(parsed, () => startedAt + VALIDATE.timeoutMs - kernel.clock.now());
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

  for (let made = 0; made < calls; made += 1) {
    void callHook();
  }
  for (const { afterMs, work } of happens) {
    kernel.after(afterMs, () => {
      void work({
        run: id,
        changeItem: createChangeItem({
          store: createMemoryStore(table, (_operation, effect) => Promise.resolve(effect())),
          clock: kernel.clock,
          random: () => 0.5,
        }),
        lookAtRun: (one) => {
          send(lookText(one));
          return Promise.resolve();
        },
        now: kernel.clock.now,
      });
    });
  }
  kernel.after(1_000, poll);
  kernel.after(37_000, sweep);
  const isSettled = (): boolean => {
    // What is yet to happen may be about a run that is over.
    if (happens.some(({ afterMs }) => kernel.clock.now() <= TEN_O_CLOCK + afterMs)) {
      return false;
    }
    const item = table.read(runKey(id));
    return item !== undefined && runItem.parse(item.body).dueAt === undefined && queue.every(({ done }) => done);
  };
  await kernel.run(isSettled, TEN_O_CLOCK + 90 * MINUTE_MS, 200_000);
  const bodyOf = (key: Parameters<MemoryTable['read']>[0]) => table.read(key)?.body;
  return {
    steps,
    deployment,
    logged,
    table,
    samples,
    gateLooks,
    bakes,
    stored: () => {
      const body = bodyOf(runKey(id));
      return body === undefined ? undefined : runItem.parse(body);
    },
    record: () => {
      const body = bodyOf(runRecordKey(id));
      return body === undefined ? undefined : runRecordItem.parse(body);
    },
    rollout: () => {
      const body = bodyOf(rolloutKey(rolloutPk(ROLLOUT)));
      return body === undefined ? undefined : rolloutItem.parse(body);
    },
    dead,
  };
};

const never = (): boolean => false;

const passes = (_request: SampleRequest, now: number): SampleTaken => ({
  sample: { at: now, tookMs: 500, outcome: 'pass', says: 'status 200' },
});

const ROLLOUT = {
  source: 'codedeploy',
  ...HOME,
  application: 'orders',
  group: 'prod',
  executionId: HOOK_CALL.deploymentId,
} as const;

/** The deployment has been heard of before its hook is called. */
const seedRollout = (table: MemoryTable): void => {
  const stored: StoredRollout = { rollout: { id: ROLLOUT, registers: {}, facts: {} }, channels: ['C1'] };
  table.write({ key: rolloutKey(rolloutPk(ROLLOUT)), rev: 1, body: stored, expiresAt: TEN_O_CLOCK + 10 ** 10 });
};
