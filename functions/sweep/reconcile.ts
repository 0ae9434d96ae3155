import type { AskAws, Asked } from '../../shared/aws/ask-aws.ts';
import type { Clock } from '../../shared/clock.ts';
import { deliveryItem, wanted } from '../../shared/delivery/delivery.ts';
import type { WakeUp } from '../../shared/delivery/wake-up.ts';
import type { Log } from '../../shared/log.ts';
import { fold, withFacts } from '../../shared/rollout/fold.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import type { StoredRollout } from '../../shared/rollout/stored-rollout.ts';
import { compareVersions } from '../../shared/rollout/version.ts';
import { askedAgain } from '../../shared/rollout/watch.ts';
import type { Watch } from '../../shared/rollout/watch.ts';
import { unchanged } from '../../shared/store/change-item.ts';
import type { ChangeItem, Step } from '../../shared/store/change-item.ts';
import { deliveryKey } from '../../shared/store/keys.ts';
import type { Key, Store } from '../../shared/store/store.ts';

/** What one round of asking came to: how many rollouts AWS was asked about, and how many events that brought. */
export type Reconciled = { readonly asked: number; readonly news: number };

export type ReconcileDeps = {
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

/** The sweep has other things to do, and fifty seconds for all of them. */
const LONGEST_MS = 25_000;

/**
 * Asks AWS about the rollouts that have been silent for too long, and has what it says come in as events: EventBridge
 * delivers CodePipeline's and CodeDeploy's on a best effort.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-delivery-level.html
 */
export const createReconcile = (deps: ReconcileDeps) => async (): Promise<Reconciled> => {
  const { store, clock } = deps;
  const begin = clock.now();
  const due = await store.due('rollout', begin, MOST);
  let asked = 0;
  let news = 0;
  for (let from = 0; from < due.length && clock.now() - begin < LONGEST_MS; from += TOGETHER) {
    const silent = (await Promise.all(due.slice(from, from + TOGETHER).map(({ key }) => readSilent(deps, key)))).flat();
    const answers = await deps.ask(silent.map(({ rollout }) => rollout));
    for (const [index, one] of silent.entries()) {
      news += await settle(deps, one, answers[index] ?? { kind: 'missing' });
    }
    asked += silent.length;
    // AWS has enough of being asked, or is not there: the rest stays due.
    if (answers.some(({ kind }) => kind === 'failed')) {
      break;
    }
  }
  return { asked, news };
};

type Silent = { readonly key: Key; readonly rollout: Rollout; readonly watch: Watch };

/** Read anew: since it became due somebody may have heard of it. */
const readSilent = async ({ changeItem, clock }: ReconcileDeps, key: Key): Promise<readonly Silent[]> => {
  const { outcome: stored } = await changeItem(key, rolloutItem, unchanged);
  return stored?.watch === undefined || stored.watch.at > clock.now()
    ? []
    : [{ key, rollout: stored.rollout, watch: stored.watch }];
};

/** Does what follows from an answer; returns how many events it brought. */
const settle = async (deps: ReconcileDeps, silent: Silent, answer: Asked): Promise<number> => {
  const { send, clock, random, log } = deps;
  const { key, rollout, watch } = silent;
  switch (answer.kind) {
    case 'elsewhere':
      await keepWatch(deps, silent, undefined);
      return 0;
    case 'told': {
      const news = answer.events.filter((event) => isNews(rollout, event));
      if (news.length > 0) {
        log.warn('events were lost', { rollout: key.pk, events: news.length });
        await send(news);
      }
      await keepWatch(deps, silent, askedAgain(watch, 'told', clock.now(), random()));
      return news.length;
    }
    case 'failed':
      log.warn('rollout not asked about', { rollout: key.pk, error: answer.error });
      await keepWatch(deps, silent, askedAgain(watch, 'failed', clock.now(), random()));
      return 0;
    case 'missing': {
      const next = askedAgain(watch, 'missing', clock.now(), random());
      await (next === undefined ? giveUp(deps, silent) : keepWatch(deps, silent, next));
      return 0;
    }
  }
};

/** Whether an event would bring something into another state. */
const isNews = (rollout: Rollout, event: string): boolean => {
  const parsed = parseEventText(event);
  if (parsed.kind !== 'change') {
    return false;
  }
  const name = registerName(parsed.change.register);
  return fold(rollout, parsed.change).registers[name]?.state !== rollout.registers[name]?.state;
};

/** Keeps when to ask again, unless somebody has heard of the rollout meanwhile. */
const keepWatch = async ({ changeItem }: ReconcileDeps, { key, watch }: Silent, next: Watch | undefined) => {
  await changeItem(key, rolloutItem, (stored) => ifSilent(stored, watch, (known) => withWatch(known, next)));
};

/** Says that nobody will hear how it ended, and stops asking. */
const giveUp = async ({ changeItem, wakeUp, clock, log }: ReconcileDeps, { key, watch }: Silent): Promise<void> => {
  const { outcome: channels, item } = await changeItem(key, rolloutItem, (stored) =>
    ifSilent(stored, watch, (known) => withWatch({ ...known, rollout: withoutEnd(known.rollout) }, undefined)),
  );
  log.warn('rollout is gone', { rollout: key.pk });
  const asked = await Promise.all(
    channels.map(async (channel) => {
      const place = { pk: key.pk, channel };
      const { outcome: atRest } = await changeItem(
        deliveryKey(place),
        deliveryItem,
        wanted(item?.rev ?? 0, clock.now()),
      );
      return atRest ? [place] : [];
    }),
  );
  const due = asked.flat();
  if (due.length > 0) {
    await wakeUp(due);
  }
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

const withoutEnd = (rollout: Rollout): Rollout => {
  const [newest] = Object.values(rollout.registers)
    .map(({ version }) => version)
    .sort((a, b) => compareVersions(b, a));
  return newest === undefined ? rollout : withFacts(rollout, { gone: { version: newest, value: true } });
};
