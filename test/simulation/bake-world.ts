import { createBake } from '../../functions/validate/bake.ts';
import { createDrive } from '../../functions/validate/drive.ts';
import { createWatchRuns } from '../../functions/sweep/watch-runs.ts';
import { invoke } from '../../local/virtual/invocation.ts';
import type { Invocation } from '../../local/virtual/invocation.ts';
import { createKernel } from '../../local/virtual/kernel.ts';
import { createMemoryStore, createMemoryTable } from '../../local/virtual/memory-store.ts';
import { createHookedDeployments } from '../../shared/aws/hooked-deployments.ts';
import { createReportVerdict } from '../../shared/aws/report-verdict.ts';
import { createWatchedTraffic } from '../../shared/aws/watched-traffic.ts';
import type { Clock } from '../../shared/clock.ts';
import type { GatePolicy, ValidationRule } from '../../shared/config/config.ts';
import type { Log, LogFields } from '../../shared/log.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import { gateOf, isWatch, rolloutKey, rolloutPk, runKey, runRecordKey, watchKey } from '../../shared/store/keys.ts';
import { parseCheckMessage } from '../../shared/validation/check-message.ts';
import { bakeText, lookAtWatchText, lookText } from '../../shared/validation/check-text.ts';
import { runIdOf } from '../../shared/validation/run-id.ts';
import { runRecordItem } from '../../shared/validation/run-record.ts';
import type { Run } from '../../shared/validation/run.ts';
import { runItem } from '../../shared/validation/stored-run.ts';
import { watchItem } from '../../shared/validation/stored-watch.ts';
import type { StoredWatch } from '../../shared/validation/stored-watch.ts';
import type { Suite } from '../../shared/validation/suite.ts';
import type { SampleRequest, SampleTaken } from '../../shared/validation/take-sample.ts';
import { DEPLOYMENT } from '../support/moving-traffic.ts';
import type { FakeTraffic } from '../support/moving-traffic.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';

const HOME = { partition: 'aws', account: '111122223333', region: 'eu-west-1' } as const;

const MINUTE_MS = 60_000;

/** As serverless.yml has it. */
const VALIDATE = { timeoutMs: 120_000, visibilityMs: 130_000 } as const;
const SWEEP = { timeoutMs: 50_000, everyMs: MINUTE_MS } as const;

/** How long a call of AWS takes. */
const LATENCY_MS = 20;

/** What befalls whoever makes a call, by the call's place among all. */
export type BakeBlow = {
  readonly step: number;
  /** `killed`: it ends where it stands; `failed`: the call is answered with an error. */
  readonly kind: 'killed' | 'failed';
  readonly tookEffect: boolean;
};

export type BakeWorldOptions = {
  readonly suites: readonly Suite[];
  readonly traffic: FakeTraffic;
  readonly rules?: readonly ValidationRule[];
  readonly gates?: readonly GatePolicy[];
  readonly sample?: (request: SampleRequest, now: number) => SampleTaken;
  readonly blow?: BakeBlow;
  /** How often each message arrives, by its place among all and by who sends it; 0: it is lost. */
  readonly copies?: (message: number, by: string) => number;
  /** When it is heard that the deployment has begun, in milliseconds from ten o'clock on. */
  readonly heardAfterMs?: readonly number[];
  /** Whether an invocation dies at once. */
  readonly dies?: (by: 'validate' | 'sweep', now: number) => boolean;
};

/** What came of it: the runs at their weights as they were kept, what was logged. */
export type BakeOutcome = {
  readonly steps: readonly string[];
  readonly traffic: FakeTraffic;
  readonly logged: readonly { readonly by: string; readonly message: string; readonly fields: LogFields }[];
  readonly watch: StoredWatch | undefined;
  readonly runs: ReadonlyMap<number, Run>;
  readonly records: ReadonlyMap<number, Run>;
  readonly requests: readonly SampleRequest[];
  readonly rollout: StoredRollout | undefined;
  /** How many messages were sent in all. */
  readonly sent: number;
};

type Queued = { readonly body: string; visibleAt: number; done: boolean };

/** Plays one deployment in virtual time, with the queue and the sweep, until all is over. */
export const playBake = async (options: BakeWorldOptions): Promise<BakeOutcome> => {
  const {
    suites,
    traffic,
    rules = [],
    gates = [],
    sample = passes,
    blow,
    copies = once,
    heardAfterMs = [1_000],
  } = options;
  const { dies = () => false } = options;
  const kernel = createKernel(TEN_O_CLOCK);
  const table = createMemoryTable();
  const steps: string[] = [];
  const logged: { by: string; message: string; fields: LogFields }[] = [];
  const queue: Queued[] = [];
  const requests: SampleRequest[] = [];
  let numbers = 0;
  let ids = 0;
  let sent = 0;
  const watchId = runIdOf(HOME, 'bake', DEPLOYMENT);
  table.write({
    key: rolloutKey(rolloutPk(ROLLOUT)),
    rev: 1,
    body: { rollout: { id: ROLLOUT, registers: {}, facts: {} }, channels: ['C1'] } satisfies StoredRollout,
    expiresAt: TEN_O_CLOCK + 10 ** 10,
  });

  const carry = async <Value>(
    by: Invocation,
    operation: string,
    effect: () => Value,
    ms = LATENCY_MS,
  ): Promise<Value> => {
    const step = steps.push(`${by.name} ${by.number}: ${operation}`) - 1;
    const blown = step === blow?.step ? blow : undefined;
    await kernel.clock.sleep(ms / 2);
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

  const send = (by: string, body: string, afterMs = 0): void => {
    const visibleAt = kernel.clock.now() + Math.ceil(Math.min(afterMs, 900_000) / 1000) * 1000;
    for (let copy = 0; copy < copies(sent, by); copy += 1) {
      queue.push({ body, visibleAt: visibleAt + copy * 700, done: false });
    }
    sent += 1;
  };

  const portsOf = (by: Invocation) => {
    const call = <Value>(operation: string, effect: () => Value, ms?: number): Promise<Value> =>
      by.resuming(carry(by, operation, effect, ms));
    const clock: Clock = { now: kernel.clock.now, sleep: (ms) => by.resuming(kernel.clock.sleep(ms)) };
    const keep = (message: string, fields: LogFields = {}): void => {
      logged.push({ by: by.name, message, fields });
    };
    const log: Log = { info: keep, warn: keep, error: keep };
    const client = (operation: string, input: object) =>
      call(operation, () => traffic.answer(operation, input, kernel.clock.now()));
    const sends =
      (textOf: (id: string) => string) =>
      (some: readonly string[], afterMs = 0): Promise<void> =>
        some.length === 0
          ? Promise.resolve()
          : call('SendMessageBatch', () => {
              some.forEach((id) => {
                send(by.name, textOf(id), afterMs);
              });
            });
    const ports = {
      home: HOME,
      suites,
      policy: { rules },
      config: { gates },
      traffic: createWatchedTraffic(client, HOME),
      report: createReportVerdict(createHookedDeployments(client, HOME, clock)),
      changeItem: createChangeItem({ store: createMemoryStore(table, call), clock, random: () => 0.5 }),
      wakeUp: () => Promise.resolve(),
      lookAtGates: () => Promise.resolve(),
      lookAtRuns: sends(lookText),
      lookAtWatches: sends(lookAtWatchText),
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
            requests.push(request);
            return sample(request, kernel.clock.now());
          },
          500,
        ).catch((error: unknown): SampleTaken => ({
          sample: { at: kernel.clock.now(), tookMs: 1, outcome: 'error', says: String(error) },
        })),
    };
    return ports;
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

  const handle = async (by: Invocation, body: string, left: () => number): Promise<void> => {
    const ports = portsOf(by);
    const drive = createDrive(ports);
    const bake = createBake({ ...ports, drive });
    const message = parseCheckMessage(body);
    switch (message?.kind) {
      case 'bake':
        await bake.begin(message.deployment);
        return;
      case 'watch':
        await bake.look(message.watch);
        return;
      case 'look':
        await drive(message.run, { until: kernel.clock.now() + 40_000, left });
        return;
      case 'failed':
      case 'failed-job':
      case undefined:
        throw new Error(`nobody sends ${body}`);
    }
  };

  const poll = (): void => {
    kernel.after(1_000, poll);
    for (const message of queue) {
      if (message.done || message.visibleAt > kernel.clock.now()) {
        continue;
      }
      const startedAt = kernel.clock.now();
      message.visibleAt = startedAt + VALIDATE.visibilityMs;
      void run('validate', VALIDATE.timeoutMs, (by) =>
        handle(by, message.body, () => startedAt + VALIDATE.timeoutMs - kernel.clock.now()),
      ).then(({ kind }) => {
        message.done ||= kind === 'returned';
      });
    }
  };

  const sweep = (): void => {
    kernel.after(SWEEP.everyMs, sweep);
    void run('sweep', SWEEP.timeoutMs, async (by) => {
      const due = table.due('run', kernel.clock.now(), 100);
      const idsOf = (some: typeof due) => some.flatMap(({ key }) => gateOf(key.pk) ?? []);
      if (due.length > 0) {
        await createWatchRuns(portsOf(by))(
          idsOf(due.filter(({ key }) => !isWatch(key))),
          idsOf(due.filter(({ key }) => isWatch(key))),
        );
      }
    });
  };

  for (const after of heardAfterMs) {
    kernel.after(after, () => {
      send('notify', bakeText(DEPLOYMENT));
    });
  }
  kernel.after(1_000, poll);
  kernel.after(37_000, sweep);
  const heard = TEN_O_CLOCK + Math.max(...heardAfterMs);
  await kernel.run(
    () =>
      kernel.clock.now() > heard + 5_000 &&
      table.due('run', Infinity, 1).length === 0 &&
      queue.every(({ done }) => done),
    TEN_O_CLOCK + 4 * 60 * MINUTE_MS,
    400_000,
  );
  const weights = Array.from({ length: 99 }, (_, index) => index + 1);
  const runsBy = (read: (id: string) => Run | undefined): ReadonlyMap<number, Run> =>
    new Map(
      weights.flatMap((weight) => {
        const found = read(runIdOf(HOME, 'bake', DEPLOYMENT, `${weight}`));
        return found === undefined ? [] : [[weight, found]];
      }),
    );
  const bodyOf = (key: Parameters<typeof table.read>[0]): unknown => table.read(key)?.body;
  const stored = bodyOf(watchKey(watchId));
  return {
    steps,
    traffic,
    logged,
    watch: stored === undefined ? undefined : watchItem.parse(stored),
    runs: runsBy((id) => {
      const body = bodyOf(runKey(id));
      return body === undefined ? undefined : runItem.parse(body).run;
    }),
    records: runsBy((id) => {
      const body = bodyOf(runRecordKey(id));
      return body === undefined ? undefined : runRecordItem.parse(body).run;
    }),
    requests,
    rollout: rolloutItem.parse(bodyOf(rolloutKey(rolloutPk(ROLLOUT)))),
    sent,
  };
};

const once = (): number => 1;

const passes = (_request: SampleRequest, now: number): SampleTaken => ({
  sample: { at: now, tookMs: 500, outcome: 'pass', says: 'status 200' },
});

const ROLLOUT = {
  source: 'codedeploy',
  ...HOME,
  application: 'orders',
  group: 'prod',
  executionId: DEPLOYMENT,
} as const;
