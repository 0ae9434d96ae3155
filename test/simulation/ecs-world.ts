import { createDrive } from '../../functions/validate/drive.ts';
import { createEcsDoor } from '../../functions/validate/ecs-door.ts';
import { createWatchRuns } from '../../functions/sweep/watch-runs.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import type { Invocation } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import type { MemoryTable } from '../../local/virtual/memory-store.ts';
import { createHookedServices } from '../../shared/aws/hooked-services.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GatePolicy, ValidationRule } from '../../shared/config/config.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import { gateOf, rolloutKey, rolloutPk } from '../../shared/store/keys.ts';
import type { EcsHookAnswer } from '../../shared/validation/ecs-hook.ts';
import type { Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { SampleRequest, SampleTaken } from '../../shared/validation/take-sample.ts';
import { anEcsHook, BASKET, BASKET_ROLLOUT, theBasketDeployment } from '../support/ecs-hooks.ts';
import type { EcsHookEvent, HookStep } from '../support/ecs-hooks.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const MINUTE_MS = 60_000;

/** As serverless.yml has it. */
const VALIDATE_MS = 120_000;
const SWEEP = { timeoutMs: 50_000, everyMs: MINUTE_MS } as const;

/** How long a call of AWS takes. */
const LATENCY_MS = 20;

/** What befalls whoever makes a call, by the call's place among all. */
export type EcsBlow = {
  readonly step: number;
  /** `killed`: it ends where it stands; `failed`: the call is answered with an error. */
  readonly kind: 'killed' | 'failed';
  readonly tookEffect: boolean;
};

export type EcsWorldOptions = {
  readonly suites: readonly Suite[];
  /** Where the hook is called, one after the other; behind a failure there is nothing but `rollback`. */
  readonly steps: readonly HookStep[];
  readonly rollback?: readonly HookStep[];
  readonly gates?: readonly GatePolicy[];
  readonly rules?: readonly ValidationRule[];
  readonly sample?: (request: SampleRequest, now: number) => SampleTaken;
  readonly sampleMs?: number;
  /** What ECS calls an execution: what that is is written nowhere. Left out: each step has an id. */
  readonly ids?: 'deployment' | 'step' | 'call';
  /** Whether what is answered is handed to the next call. */
  readonly carries?: boolean;
  /** Which answers are lost on their way: then the same call is made again. */
  readonly loses?: (call: number) => boolean;
  /** How many make each call at once. */
  readonly copies?: number;
  /** What ECS does when the function does not answer: it rolls back, unless it tries again. */
  readonly forgives?: boolean;
  readonly blow?: EcsBlow;
  readonly fails?: (by: 'validate' | 'sweep', operation: string, now: number) => boolean;
  readonly dies?: (now: number) => boolean;
  /** What ECS says of the deployment, besides what is so. */
  readonly told?: (now: number) => Readonly<Record<string, unknown>>;
  readonly latencyMs?: number;
  /** What becomes of a call on its way. */
  readonly says?: (event: EcsHookEvent) => object;
  readonly happens?: readonly { readonly afterMs: number; readonly work: (ports: EcsPorts) => Promise<unknown> }[];
};

/** What somebody else works with in the same world. */
export type EcsPorts = { readonly changeItem: ChangeItem; readonly runs: () => readonly EcsRun[] };

export type EcsRun = { readonly id: string; readonly run: Run };

/** How a step ended for ECS: what it was told, or that nobody answered. */
export type StepEnd = {
  readonly step: HookStep;
  readonly as: 'SUCCEEDED' | 'FAILED' | 'no answer' | 'given up';
  readonly at: number;
  /** How often ECS called. */
  readonly calls: number;
};

export type EcsOutcome = {
  readonly ends: readonly StepEnd[];
  /** Everything that the function has answered, also what was lost. */
  readonly answers: readonly EcsHookAnswer[];
  readonly steps: readonly string[];
  readonly runs: readonly EcsRun[];
  readonly records: number;
  readonly samples: number;
  readonly asked: readonly string[];
  readonly logged: readonly { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  readonly rollout: StoredRollout | undefined;
  readonly gateLooks: readonly string[];
};

/** Plays a deployment of an ECS service in virtual time: ECS calls its hook until it has a verdict for each step. */
export const playService = async (options: EcsWorldOptions): Promise<EcsOutcome> => {
  const {
    suites,
    steps: forward,
    rollback = [],
    gates = [],
    rules = [],
    sample = passes,
    sampleMs = 500,
    ids = 'step',
    carries = true,
    loses = () => false,
    copies = 1,
    forgives = false,
    blow,
    fails = () => false,
    dies = () => false,
    told = () => ({}),
    latencyMs = LATENCY_MS,
    says = (event: EcsHookEvent): object => event,
    happens = [],
  } = options;
  const kernel = createKernel(TEN_O_CLOCK);
  const table = createMemoryTable();
  const steps: string[] = [];
  const logged: { level: string; message: string; fields: LogFields }[] = [];
  const queue: { run: string; at: number }[] = [];
  const answers: EcsHookAnswer[] = [];
  const asked: string[] = [];
  const gateLooks: string[] = [];
  let numbers = 0;
  let newIds = 0;
  let samples = 0;
  let percent = 0;
  seedRollout(table);

  const carry = async <Value>(
    by: Invocation,
    operation: string,
    effect: () => Value,
    ms = latencyMs,
  ): Promise<Value> => {
    const step = steps.push(`${by.name} ${by.number}: ${operation}`) - 1;
    const blown = step === blow?.step ? blow : undefined;
    await kernel.clock.sleep(ms / 2);
    if (fails(by.name === 'sweep' ? 'sweep' : 'validate', operation, kernel.clock.now())) {
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

  const ecs = (operation: string): unknown => {
    asked.push(operation);
    switch (operation) {
      case 'DescribeServiceDeployments':
        return { serviceDeployments: [theBasketDeployment(told(kernel.clock.now()), percent)] };
      case 'DescribeServiceRevisions':
        return {
          serviceRevisions: [
            {
              serviceRevisionArn: BASKET.target,
              taskDefinition: 'arn:aws:ecs:eu-west-1:111122223333:task-definition/basket:2',
            },
          ],
        };
      default:
        throw new Error(`ECS is not asked for ${operation}`);
    }
  };

  const portsOf = (by: Invocation) => {
    const call = <Value>(operation: string, effect: () => Value, ms?: number): Promise<Value> =>
      by.resuming(carry(by, operation, effect, ms));
    const clock: Clock = { now: kernel.clock.now, sleep: (ms) => by.resuming(kernel.clock.sleep(ms)) };
    const store = createMemoryStore(table, call);
    const keep =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        logged.push({ level, message, fields });
      };
    const log: Log = { info: keep('info'), warn: keep('warn'), error: keep('error') };
    return {
      home: { partition: 'aws', account: '111122223333', region: 'eu-west-1' },
      suites,
      policy: { rules },
      config: { gates },
      services: createHookedServices((operation) => call(operation, () => ecs(operation))),
      report: () => Promise.reject(new Error('ECS is told nothing')),
      changeItem: createChangeItem({ store, clock, random: () => 0.5 }),
      wakeUp: () => call('SendMessageBatch', () => undefined),
      lookAtGates: (some: readonly string[]) =>
        call('SendMessageBatch', () => {
          gateLooks.push(...some);
        }),
      lookAtWatches: () => Promise.resolve(),
      lookAtRuns: (runs: readonly string[], afterMs = 0) =>
        call('SendMessageBatch', () => {
          queue.push(...runs.map((run) => ({ run, at: kernel.clock.now() + afterMs })));
        }),
      clock,
      random: () => 0.5,
      newId: () => {
        newIds += 1;
        return `${by.name}-${newIds}`;
      },
      log,
      takeSample: (request: SampleRequest) =>
        call(
          'sample',
          () => {
            samples += 1;
            return sample(request, kernel.clock.now());
          },
          sampleMs,
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

  const callOnce = async (event: object): Promise<EcsHookAnswer | undefined> => {
    const startedAt = kernel.clock.now();
    const ending = await run('validate', VALIDATE_MS, (by) => {
      const ports = portsOf(by);
      return createEcsDoor({ ...ports, drive: createDrive(ports) })(event, {
        functionArn: BASKET.function,
        left: () => startedAt + VALIDATE_MS - kernel.clock.now(),
      });
    });
    if (ending.kind === 'returned') {
      answers.push(ending.value);
    }
    return ending.kind === 'returned' ? ending.value : undefined;
  };

  const take = async (step: HookStep, index: number): Promise<StepEnd> => {
    const since = kernel.clock.now();
    let hookDetails: object | undefined = { suite: 'smoke' };
    let calls = 0;
    percent = step.percent ?? percent;
    for (;;) {
      const id = { deployment: 'one', step: `step-${index}`, call: `call-${index}-${calls}` }[ids];
      const event = says(anEcsHook(step, { executionId: id, hookDetails }));
      calls += 1;
      let [answer] = await Promise.all(Array.from({ length: copies }, () => callOnce(event)));
      if (loses(calls) || (answer === undefined && forgives)) {
        await kernel.clock.sleep(1_000);
        answer = await callOnce(event);
      }
      const end = { step, at: kernel.clock.now(), calls };
      if (answer === undefined) {
        return { ...end, as: 'no answer' };
      }
      if (answer.hookStatus !== 'IN_PROGRESS') {
        return { ...end, as: answer.hookStatus };
      }
      if (kernel.clock.now() - since > 60 * MINUTE_MS) {
        return { ...end, as: 'given up' };
      }
      hookDetails = carries ? { ...hookDetails, ...answer.hookDetails } : hookDetails;
      await kernel.clock.sleep(answer.callBackDelay * 1000);
    }
  };

  const ends: StepEnd[] = [];
  let isOver = false;
  const deploy = async (): Promise<void> => {
    let isGoing = true;
    for (const [index, step] of forward.entries()) {
      if (isGoing) {
        const end = await take(step, index);
        ends.push(end);
        isGoing = end.as === 'SUCCEEDED';
      }
    }
    for (const [index, step] of rollback.entries()) {
      ends.push(await take(step, forward.length + index));
    }
    isOver = true;
  };

  const poll = (): void => {
    kernel.after(1_000, poll);
    const due = queue.filter(({ at }) => at <= kernel.clock.now());
    for (const message of due) {
      queue.splice(queue.indexOf(message), 1);
      const startedAt = kernel.clock.now();
      void run('validate', VALIDATE_MS, (by) =>
        createDrive(portsOf(by))(message.run, {
          until: startedAt + 40_000,
          left: () => startedAt + VALIDATE_MS - kernel.clock.now(),
        }),
      );
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

  const runs = (): readonly EcsRun[] =>
    table
      .items()
      .flatMap(({ key, body }) =>
        key.sk === 'RUN' ? [{ id: gateOf(key.pk) ?? '', run: runItem.parse(body).run }] : [],
      );

  for (const { afterMs, work } of happens) {
    kernel.after(afterMs, () => {
      void work({
        changeItem: createChangeItem({
          store: createMemoryStore(table, (_operation, effect) => Promise.resolve(effect())),
          clock: kernel.clock,
          random: () => 0.5,
        }),
        runs,
      });
    });
  }
  void deploy();
  kernel.after(1_000, poll);
  kernel.after(37_000, sweep);
  await kernel.run(() => isOver, TEN_O_CLOCK + 180 * MINUTE_MS, 500_000);
  const stored = table.read(rolloutKey(rolloutPk(BASKET_ROLLOUT)));
  return {
    ends,
    answers,
    steps,
    runs: runs(),
    records: table.items().filter(({ key }) => key.sk === 'RECORD').length,
    samples,
    asked,
    logged,
    rollout: stored && rolloutItem.parse(stored.body),
    gateLooks,
  };
};

const passes = (_request: SampleRequest, now: number): SampleTaken => ({
  sample: { at: now, tookMs: 500, outcome: 'pass', says: 'status 200' },
});

/** The deployment has been heard of before its hook is called. */
const seedRollout = (table: MemoryTable): void => {
  const stored: StoredRollout = { rollout: { id: BASKET_ROLLOUT, registers: {}, facts: {} }, channels: ['C1'] };
  table.write({ key: rolloutKey(rolloutPk(BASKET_ROLLOUT)), rev: 1, body: stored, expiresAt: TEN_O_CLOCK + 10 ** 10 });
};
