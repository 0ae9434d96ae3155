import { asError } from '../../shared/as-error.ts';
import type { AskAws, Asked } from '../../shared/aws/ask-aws.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Config } from '../../shared/config/config.ts';
import { askFor } from '../../shared/delivery/ask-for.ts';
import { wanted } from '../../shared/delivery/delivery.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log } from '../../shared/log.ts';
import { fold, withFacts } from '../../shared/rollout/fold.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { isFinal } from '../../shared/rollout/state.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { askedAgain } from '../../shared/rollout/watch.ts';
import type { Answer, Watch } from '../../shared/rollout/watch.ts';
import { mayBeHeardOf } from '../../shared/routing/route.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem, Step } from '../../shared/store/change-item.ts';
import type { Key, Store } from '../../shared/store/store.ts';

/** What one round of asking came to: how many rollouts AWS was asked about, and how many events that brought. */
export type Reconciled = { readonly asked: number; readonly news: number };

export type ReconcileDeps = {
  readonly config: Pick<Config, 'routes'>;
  readonly store: Pick<Store, 'due'>;
  readonly changeItem: ChangeItem;
  readonly ask: AskAws;
  /** Puts events into the events queue. */
  readonly send: (events: readonly string[]) => Promise<void>;
  readonly wakeUp: (wakeUps: readonly WakeUp[]) => Promise<void>;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: () => number;
  readonly log: Log;
};

/** What is left over is due all the same in the next minute. */
const MOST = 200;
const TOGETHER = 25;

/** The sweep has other things to do, and fifty seconds for all of them; a call may still take five of its own. */
const LONGEST_MS = 25_000;

/**
 * Asks AWS about the rollouts that have been silent for too long, and has what it says come in as events: EventBridge
 * delivers CodePipeline's and CodeDeploy's on a best effort, and ECS may not tell how a deployment failed.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
 */
export const createReconcile = (deps: ReconcileDeps) => async (): Promise<Reconciled> => {
  const { store, clock } = deps;
  const begin = clock.now();
  const due = await store.due('rollout', begin, MOST);
  let asked = 0;
  let news = 0;
  for (let from = 0; from < due.length && clock.now() - begin < LONGEST_MS; from += TOGETHER) {
    const some = due.slice(from, from + TOGETHER).map(({ key }) => key);
    const silent = (await Promise.all(some.map((key) => orElse(deps, key, [], readSilent(deps, key))))).flat();
    const answers = await deps.ask(
      silent.map(({ rollout }) => rollout),
      begin + LONGEST_MS,
    );
    for (const [index, one] of silent.entries()) {
      news += await orElse(deps, one.key, 0, settle(deps, one, answers[index] ?? { kind: 'unasked' }));
    }
    asked += answers.filter(({ kind }) => kind !== 'unasked' && kind !== 'elsewhere').length;
    // AWS has enough of being asked, or is not there: the rest stays due.
    if (answers.some(({ kind }) => kind === 'unasked')) {
      break;
    }
  }
  return { asked, news };
};

/** What is wrong with one rollout is no reason to leave the others alone. */
const orElse = async <Value>({ log }: ReconcileDeps, key: Key, otherwise: Value, work: Promise<Value>) => {
  try {
    return await work;
  } catch (error) {
    log.error('rollout not reconciled', { rollout: key.pk, error: asError(error) });
    return otherwise;
  }
};

type Silent = { readonly key: Key; readonly rollout: Rollout; readonly watch: Watch };

/** Read anew: since it became due somebody may have heard of it, or nobody wants to hear of it any more. */
const readSilent = async (deps: ReconcileDeps, key: Key): Promise<readonly Silent[]> => {
  const { outcome: stored } = await deps.changeItem(key, rolloutItem, unchanged);
  if (stored?.watch === undefined || stored.watch.at > deps.clock.now()) {
    return [];
  }
  const silent = { key, rollout: stored.rollout, watch: stored.watch };
  if (!mayBeHeardOf(stored.rollout.id, deps.config.routes)) {
    await keepWatch(deps, silent, undefined);
    return [];
  }
  return [silent];
};

/** Does what follows from an answer; returns how many events it brought. */
const settle = async (deps: ReconcileDeps, silent: Silent, answer: Asked): Promise<number> => {
  const { send, log } = deps;
  const { key, rollout } = silent;
  switch (answer.kind) {
    case 'unasked':
      return 0;
    case 'elsewhere':
      await keepWatch(deps, silent, undefined);
      return 0;
    case 'told': {
      const news = answer.events.filter((event) => isNews(rollout, event));
      if (news.length > 0) {
        log.warn('events were lost', { rollout: key.pk, events: news.length });
        await send(news);
      }
      await askAgain(deps, silent, news.length > 0 ? 'news' : 'nothing-new');
      return news.length;
    }
    case 'failed':
    case 'denied':
      log.warn('rollout not asked about', { rollout: key.pk, error: answer.error });
      await askAgain(deps, silent, answer.kind);
      return 0;
    case 'missing':
      await askAgain(deps, silent, 'missing');
      return 0;
  }
};

const askAgain = async (deps: ReconcileDeps, silent: Silent, answer: Answer): Promise<void> => {
  const next = askedAgain(silent.watch, answer, deps.clock.now(), deps.random());
  switch (next.kind) {
    case 'ask-again':
      return keepWatch(deps, silent, next.watch);
    case 'denied':
      return keepWatch(deps, silent, undefined);
    case 'gone':
      return giveUp(deps, silent);
  }
};

/** Whether an event would bring something into another state, or tells of another try that failed. */
const isNews = (rollout: Rollout, event: string): boolean => {
  const parsed = parseEventText(event);
  if (parsed.kind !== 'change') {
    return false;
  }
  const name = registerName(parsed.change.register);
  const known = rollout.registers[name];
  const next = fold(rollout, parsed.change).registers[name];
  return (
    next?.state !== known?.state ||
    (next !== undefined && known !== undefined && isFinal(next.state) && next.version.attempt > known.version.attempt)
  );
};

/** Keeps when to ask again, unless somebody has heard of the rollout meanwhile. */
const keepWatch = async ({ changeItem }: ReconcileDeps, { key, watch }: Silent, next: Watch | undefined) => {
  await changeItem(key, rolloutItem, (stored) => ifSilent(stored, watch, (known) => withWatch(known, next)));
};

/**
 * Says that nobody will hear how it ended, then stops asking: who ends in between is asked to say so once more when the
 * sweep comes back.
 */
const giveUp = async (deps: ReconcileDeps, silent: Silent): Promise<void> => {
  const { key, watch } = silent;
  const { outcome: channels, item } = await deps.changeItem(key, rolloutItem, (stored) =>
    ifSilent(stored, watch, (known) => ({ ...known, rollout: withoutEnd(known.rollout) })),
  );
  deps.log.warn('rollout is gone', { rollout: key.pk });
  const transition = wanted(item?.rev ?? 0, deps.clock.now());
  await askFor(
    deps,
    channels.map((channel) => ({ place: { pk: key.pk, channel }, transition })),
  );
  await keepWatch(deps, silent, undefined);
};

const ifSilent = (
  stored: StoredRollout | undefined,
  watch: Watch,
  change: (stored: StoredRollout) => StoredRollout,
): Step<StoredRollout, readonly string[]> => ({
  ...(stored?.watch?.at === watch.at && { body: change(stored) }),
  outcome: stored?.channels ?? [],
});

const withWatch = ({ watch, ...stored }: StoredRollout, next: Watch | undefined): StoredRollout =>
  next === undefined ? stored : { ...stored, watch: next };

/** As of the newest that is known, by its time: the attempts of stages and actions are not counted alike. */
const withoutEnd = (rollout: Rollout): Rollout => {
  const versions = Object.values(rollout.registers).map(({ version }) => version);
  const version = {
    attempt: Math.max(...versions.map(({ attempt }) => attempt)),
    time: Math.max(...versions.map(({ time }) => time)),
    rank: 0,
    eventId: '~gone',
  };
  return withFacts(rollout, { gone: { version, value: true } });
};
