import { createDeliver } from '../../functions/deliver/deliver.ts';
import type { Delivered, PlainOrRich, Slack } from '../../functions/deliver/deliver.ts';
import { createNotify } from '../../functions/notify/notify.ts';
import type { Handled, NotifyDeps } from '../../functions/notify/notify.ts';
import { createReconcile } from '../../functions/sweep/reconcile.ts';
import { createSweep } from '../../functions/sweep/sweep.ts';
import { asError } from '../../shared/as-error.ts';
import { createServiceClock } from '../../shared/aws/service-clock.ts';
import type { AskAws, Asked } from '../../shared/aws/ask-aws.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { deliveryItem } from '../../shared/delivery/delivery.ts';
import { parseWakeUp, wakeUpText } from '../../shared/delivery/wake-up.ts';
import type { SlackReply } from '../../shared/delivery/slack-reply.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log } from '../../shared/log.ts';
import type { SnsMessage } from '../../shared/message/sns-message.ts';
import type { Facts, Rollout, RolloutId } from '../../shared/rollout/rollout.ts';
import type { Version } from '../../shared/rollout/version.ts';
import { createChangeItem } from '../../shared/store/change-item.ts';
import type { ChangeItem } from '../../shared/store/change-item.ts';
import type { Item, Store } from '../../shared/store/store.ts';
import { createEventSource } from './event-source.ts';
import type { EventSource } from './event-source.ts';
import { invoke } from './invocation.ts';
import type { Ending, FunctionName, Invocation } from './invocation.ts';
import type { Kernel } from './kernel.ts';
import { createMemoryStore, createMemoryTable } from './memory-store.ts';
import type { MemoryTable } from './memory-store.ts';
import type { Network, Service } from './network.ts';
import { createVirtualSlack } from './virtual-slack.ts';
import type { VirtualSlack } from './virtual-slack.ts';

/** What serverless.yml says of the functions and their queues; times in milliseconds. */
export const DEPLOYED = {
  notify: { timeoutMs: 30_000, batchSize: 10, maximumConcurrency: 10, visibilityMs: 36_000, maxReceives: 500 },
  deliver: { timeoutMs: 20_000, batchSize: 1, maximumConcurrency: 20, visibilityMs: 25_000, maxReceives: 100 },
  sweep: { timeoutMs: 50_000, everyMs: 60_000 },
} as const;

/** For a world in which nobody decides. */
export const NO_GATES: NotifyDeps['gates'] = {
  account: '',
  lookAt: () => Promise.resolve(),
  findApproval: () => Promise.resolve(undefined),
};

/** For a world in which nobody can say which deployment an event is of. */
export const NOT_JOINED: NotifyDeps['join'] = (change) => Promise.resolve(change);

/** What was published to a topic, by which run of `notify`. */
export type Publication = SnsMessage & { readonly topic: string; readonly by: Invocation };

/** What a run of `notify` made of a message, and when (epoch milliseconds). */
export type Account = { readonly handled: Handled; readonly by: Invocation; readonly at: number };

/** What took effect in the Slack workspace, and for which wake-up. */
export type SlackDeed = {
  readonly by: Invocation;
  readonly wakeUp: WakeUp;
  readonly ts: string;
  /** When the call was made, in epoch milliseconds: it may have taken long to get there. */
  readonly askedAt: number;
  /** What the message shows from now on; undefined: it was deleted. */
  readonly shows: PlainOrRich | undefined;
};

export type WorldOptions = {
  readonly kernel: Kernel;
  readonly config: Config;
  readonly network: Network;
  /** Chance, for backoff. */
  readonly random: () => number;
  readonly historyScope: boolean;
  readonly lookUp: (id: RolloutId, asOf: Version, by: Invocation) => Promise<Facts>;
  /** Which deployment of its service a change is of; left out: nobody could say. */
  readonly join?: NotifyDeps['join'];
  /** What AWS says of rollouts of one service when the sweep asks, at `now` by its clock. */
  readonly ask: (rollouts: readonly Rollout[], now: number) => readonly Asked[];
  /** Otherwise one that holds nothing and keeps what it is given. */
  readonly table?: MemoryTable;
  /** How many milliseconds the clock of an invocation is fast; none keeps time as the world does. */
  readonly skewOf?: (by: Invocation) => number;
  readonly onPolled?: (event: string, messageId: string) => void;
  readonly notifyConcurrency?: number;
  /** How long ago an event may have happened, in milliseconds; as deployed where it is not said. */
  readonly oldestEventMs?: number;
  /** How long a received message stays hidden; on a bad day shorter than it takes to work on it. */
  readonly visibilityMs?: (name: 'notify' | 'deliver') => number;
  readonly losesWakeUp?: () => boolean;
  /** Told of each call that is to change something in Slack, before it is on its way. */
  readonly onSlackAsked?: (by: Invocation, wakeUp: WakeUp) => void;
  readonly onSlackDeed?: (deed: SlackDeed) => void;
  readonly onWritten?: (item: Item, by: Invocation) => void;
  /** Told of each invocation that is over, and how many milliseconds it took. */
  readonly onInvoked?: (name: FunctionName, ms: number) => void;
};

/** The whole system in virtual time, its parts wired as they are deployed. */
export type World = {
  /** Puts an event into the events queue; the id is the message's. */
  readonly send: (text: string, id: string) => void;
  /** Puts a wake-up into its queue that nobody asked for. */
  readonly wake: (wakeUp: WakeUp) => void;
  readonly slack: VirtualSlack;
  readonly items: () => readonly Item[];
  readonly publications: () => readonly Publication[];
  readonly accounts: () => readonly Account[];
  readonly deadLetters: () => readonly string[];
  /** Nothing is queued or being worked on, and no delivery waits for anything but Slack's change of mind. */
  readonly isAtRest: () => boolean;
};

export const createWorld = (options: WorldOptions): World => {
  const { kernel, config, network, random, historyScope, losesWakeUp, onSlackDeed, onWritten } = options;
  let polls = 0;
  const { notify, deliver, sweep } = DEPLOYED;
  const { table = createMemoryTable() } = options;
  const slack = createVirtualSlack({
    channels: Object.values(config.slack.channels),
    historyScope,
    now: kernel.clock.now,
  });
  const publications: Publication[] = [];
  const accounts: Account[] = [];
  let invocations = 0;
  let ids = 0;
  let sweeping = 0;

  const run = async <Value>(name: FunctionName, work: (by: Invocation) => Promise<Value>): Promise<Ending<Value>> => {
    invocations += 1;
    const beganAt = kernel.clock.now();
    const ending = await invoke(kernel, { name, number: invocations, timeoutMs: DEPLOYED[name].timeoutMs }, work);
    options.onInvoked?.(name, kernel.clock.now() - beganAt);
    return ending;
  };

  /** The outside as one invocation reaches it: through the network, and only while it is alive. */
  const portsOf = (by: Invocation): Ports => {
    const aws = <Value>(service: Service, operation: string, effect: () => Value): Promise<Value> =>
      by.resuming(network.aws({ by, service, operation }, effect));
    const skew = options.skewOf?.(by) ?? 0;
    const clock = createServiceClock({
      now: () => kernel.clock.now() + skew,
      sleep: (ms) => by.resuming(kernel.clock.sleep(ms)),
    });
    const askOf = async (
      source: RolloutId['source'],
      operation: string,
      rollouts: readonly Rollout[],
    ): Promise<ReadonlyMap<Rollout, Asked>> => {
      const some = rollouts.filter(({ id }) => id.source === source);
      if (some.length === 0) {
        return new Map();
      }
      try {
        const answers = await aws(source, operation, () => options.ask(some, clock.now()));
        return new Map(some.flatMap((rollout, place) => (answers[place] ? [[rollout, answers[place]]] : [])));
      } catch (error) {
        return new Map(some.map((rollout) => [rollout, { kind: 'failed', error: asError(error) }]));
      }
    };
    const written: typeof table = {
      ...table,
      write: (item) => {
        const isFirst = table.write(item);
        if (isFirst) {
          onWritten?.(item, by);
        }
        return isFirst;
      },
    };
    const store = createMemoryStore(written, async (operation, effect) => {
      const sentAt = kernel.clock.now() + skew;
      const { value, date } = await aws('dynamodb', operation, () => ({
        value: effect(),
        date: Math.floor(kernel.clock.now() / 1000) * 1000,
      }));
      clock.hear(sentAt, date);
      return value;
    });
    return {
      clock,
      store,
      changeItem: createChangeItem({ store, clock, random }),
      wakeUp: async (wakeUps) => {
        for (let from = 0; from < wakeUps.length; from += MOST_IN_A_BATCH) {
          const batch = wakeUps.slice(from, from + MOST_IN_A_BATCH);
          await aws('sqs', 'SendMessageBatch', () => {
            batch.filter(() => losesWakeUp?.() !== true).forEach(wake);
          });
        }
      },
      lookUp: (id, asOf) => by.resuming(options.lookUp(id, asOf, by)),
      ask: async (rollouts) => {
        const deployments = await askOf('codedeploy', 'BatchGetDeployments', rollouts);
        // Of a service that gives no answer the sweep asks no more in that round, and of no other.
        const hasEnough = [...deployments.values()].some(({ kind }) => kind === 'failed');
        const executions = hasEnough
          ? new Map<Rollout, Asked>()
          : await askOf('codepipeline', 'ListPipelineExecutions', rollouts);
        return rollouts.map((one): Asked =>
          one.id.source === 'ecs'
            ? { kind: 'elsewhere' }
            : (deployments.get(one) ?? executions.get(one) ?? { kind: 'unasked' }),
        );
      },
      sendEvents: (events) =>
        aws('sqs', 'SendMessageBatch', () => {
          for (const event of events) {
            const id = `poll-${polls}`;
            polls += 1;
            options.onPolled?.(event, id);
            eventsQueue.queue.send(event, { id });
          }
        }),
      publish: (topic, message) =>
        aws('sns', 'Publish', () => {
          publications.push({ topic, by, ...message });
        }),
    };
  };

  const slackOf = (by: Invocation, wakeUp: WakeUp): Slack => {
    const over = <Value>(operation: string, effect: () => SlackReply<Value>): Promise<SlackReply<Value>> =>
      by.resuming(network.slack({ by, service: 'slack', operation }, effect));
    const noting = () => {
      const askedAt = kernel.clock.now();
      options.onSlackAsked?.(by, wakeUp);
      return <Value>(reply: SlackReply<Value>, ts: (value: Value) => string, shows: PlainOrRich | undefined) => {
        if (reply.ok) {
          onSlackDeed?.({ by, wakeUp, ts: ts(reply.value), askedAt, shows });
        }
        return reply;
      };
    };
    return {
      post: (channel, message, key, thread) => {
        const noted = noting();
        return over('chat.postMessage', () =>
          noted(slack.post(channel, message, key, thread), ({ ts }) => ts, message),
        );
      },
      update: (channel, ts, message) => {
        const noted = noting();
        return over('chat.update', () => noted(slack.update(channel, ts, message), () => ts, message));
      },
      remove: (channel, ts) => {
        const noted = noting();
        return over('chat.delete', () => noted(slack.remove(channel, ts), () => ts, undefined));
      },
      find: (channel, key, since, thread) =>
        over(thread === undefined ? 'conversations.history' : 'conversations.replies', () =>
          slack.find(channel, key, since, thread),
        ),
    };
  };

  const wake = (wakeUp: WakeUp): void => {
    wakeUpsQueue.queue.send(wakeUpText(wakeUp), { group: wakeUp.channel });
  };

  const newId = (): string => {
    ids += 1;
    return `key-${ids}`;
  };

  const eventsQueue: EventSource = createEventSource(kernel, {
    ...notify,
    ...(options.notifyConcurrency !== undefined && { maximumConcurrency: options.notifyConcurrency }),
    name: 'event',
    fifo: false,
    visibilityMs: () => options.visibilityMs?.('notify') ?? notify.visibilityMs,
    work: async (batch) => {
      const ending = await run('notify', async (by) => {
        const { clock, changeItem, lookUp, wakeUp, publish } = portsOf(by);
        const notifyAll = createNotify({
          config,
          changeItem,
          publish,
          lookUp,
          join: options.join ?? NOT_JOINED,
          wakeUp,
          oldestEventMs: options.oldestEventMs ?? OLDEST_EVENT_MS,
          clock,
          log: silent,
          gates: NO_GATES,
        });
        const all = await notifyAll(batch.map(({ id, body }) => ({ id, text: body })));
        accounts.push(...all.map((handled) => ({ handled, by, at: kernel.clock.now() })));
        return new Set(all.flatMap(({ id, outcome }) => (outcome === 'failed' ? [id] : [])));
      });
      return ending.kind === 'returned' ? batch.filter(({ id }) => !ending.value.has(id)) : [];
    },
  });

  const wakeUpsQueue: EventSource = createEventSource(kernel, {
    ...deliver,
    name: 'wake-up',
    fifo: true,
    visibilityMs: () => options.visibilityMs?.('deliver') ?? deliver.visibilityMs,
    work: async (batch) => {
      const ending = await run('deliver', async (by) => {
        for (const wake of batch.flatMap(({ body }) => parseWakeUp(body) ?? [])) {
          await deliverOne(by, wake);
        }
      });
      return ending.kind === 'returned' ? batch : [];
    },
  });

  const deliverOne = async (by: Invocation, wake: WakeUp): Promise<Delivered | undefined> => {
    const { clock, changeItem, wakeUp } = portsOf(by);
    try {
      return await createDeliver({
        config,
        changeItem,
        slack: slackOf(by, wake),
        wakeUp,
        clock,
        stopwatch: kernel.clock.now,
        random,
        newId,
        log: silent,
      })(wake);
    } catch {
      // Acknowledged all the same: the delivery itself says when it is to be looked at again.
      return undefined;
    }
  };

  const sweepAgain = async (): Promise<void> => {
    sweeping += 1;
    await run('sweep', (by) => {
      const { clock, changeItem, wakeUp, store, ask, sendEvents: send } = portsOf(by);
      const reconcile = createReconcile({ config, store, changeItem, ask, send, wakeUp, clock, random, log: silent });
      return createSweep({
        lookAt: NO_GATES.lookAt,
        watchRuns: NO_GATES.lookAt,
        store,
        changeItem,
        wakeUp,
        reconcile,
        clock,
        log: silent,
      })();
    });
    sweeping -= 1;
  };
  const everyMinute = (): void => {
    kernel.after(sweep.everyMs, everyMinute);
    void sweepAgain();
  };
  kernel.after(sweep.everyMs, everyMinute);

  const isQuiet = ({ queue, running }: EventSource): boolean => queue.size() === 0 && running() === 0;

  return {
    send: (text, id) => {
      eventsQueue.queue.send(text, { id });
    },
    wake,
    slack,
    items: table.items,
    publications: () => publications,
    accounts: () => accounts,
    deadLetters: () => [...eventsQueue.queue.deadLetters(), ...wakeUpsQueue.queue.deadLetters()],
    isAtRest: () =>
      sweeping === 0 &&
      isQuiet(eventsQueue) &&
      isQuiet(wakeUpsQueue) &&
      table
        .due('delivery', Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY)
        .every(({ key }) => deliveryItem.parse(table.read(key)?.body).refused !== undefined),
  };
};

const MOST_IN_A_BATCH = 10;

const OLDEST_EVENT_MS = 45 * 24 * 60 * 60_000;

type Ports = {
  readonly clock: Clock;
  readonly store: Store;
  readonly changeItem: ChangeItem;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly lookUp: NotifyDeps['lookUp'];
  readonly ask: AskAws;
  readonly sendEvents: (events: readonly string[]) => Promise<void>;
  readonly publish: (topic: string, message: SnsMessage) => Promise<void>;
};

const nothing = (): void => undefined;

const silent: Log = { info: nothing, warn: nothing, error: nothing };
