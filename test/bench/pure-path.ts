import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readRecordedEvents } from '../../local/replay/read-recorded-events.ts';
import type { Config } from '../../shared/config/config.ts';
import { labelsOf } from '../../shared/config/labels.ts';
import { slackMessage } from '../../shared/message/slack-message.ts';
import { protocolWords, snsMessage } from '../../shared/message/sns-message.ts';
import { fold } from '../../shared/rollout/fold.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { audienceOf } from '../../shared/routing/route.ts';
import { ROOT } from '../support/command.ts';
import { median } from './median.ts';

/** Microseconds of CPU that one event takes on the pure path. */
export type PurePath = {
  readonly events: number;
  readonly samples: number;
  readonly median: number;
  readonly least: number;
  /** Medians of what it is made of. */
  readonly parts: Readonly<Record<Part, number>>;
};

const PARTS = ['parse', 'fold', 'route', 'slack', 'sns'] as const;

type Part = (typeof PARTS)[number];

const WARM_UP = 300;
const SAMPLES = 1_000;
const RUNS = join(ROOT, 'events/runs');

/** Parses, folds, routes and renders every event of the recorded runs, for Slack and for SNS, again and again. */
export const measurePurePath = async (config: Config): Promise<PurePath> => {
  const stories = await Promise.all(
    (await readdir(RUNS)).sort().map(async (story) => {
      const recorded = await readRecordedEvents([join(RUNS, story)], process.stdin);
      return recorded.map(({ text }) => text);
    }),
  );
  const events = stories.flat().length;
  for (let round = 0; round < WARM_UP; round += 1) {
    runThrough(stories, config, PARTS);
  }
  const sample = (parts: readonly Part[]): number => {
    const before = process.cpuUsage();
    const made = runThrough(stories, config, parts);
    const { user, system } = process.cpuUsage(before);
    return made > 0 ? (user + system) / events : Number.NaN;
  };
  const whole = Array.from({ length: SAMPLES }, () => sample(PARTS));
  // Each part as what a path with it takes longer than one without: they stand on each other's work.
  const upTo = PARTS.map((_, place) =>
    median(Array.from({ length: SAMPLES }, () => sample(PARTS.slice(0, place + 1)))),
  );
  const partOf = (place: number): number => Math.max(0, (upTo[place] ?? 0) - (upTo[place - 1] ?? 0));
  return {
    events,
    samples: SAMPLES,
    median: median(whole),
    least: Math.min(...whole),
    parts: { parse: partOf(0), fold: partOf(1), route: partOf(2), slack: partOf(3), sns: partOf(4) },
  };
};

/** Gives how much it made: work whose result nobody looks at may be left out. */
const runThrough = (stories: readonly (readonly string[])[], config: Config, parts: readonly Part[]): number => {
  const does = new Set(parts);
  let made = 0;
  for (const texts of stories) {
    made += runThroughOne(texts, config, does);
  }
  return made;
};

const runThroughOne = (texts: readonly string[], config: Config, does: ReadonlySet<Part>): number => {
  const rollouts = new Map<string, Rollout>();
  let made = 0;
  for (const text of texts) {
    const parsed = parseEventText(text);
    if (parsed.kind !== 'change') {
      throw new Error(`A recorded run has what is no change: ${parsed.kind}`);
    }
    const { change } = parsed;
    made += change.version.time;
    if (!does.has('fold')) {
      continue;
    }
    const { executionId } = change.rollout;
    const rollout = fold(rollouts.get(executionId), change);
    rollouts.set(executionId, rollout);
    if (does.has('route')) {
      made += audienceOf(change, config.routes).channels.length;
    }
    if (does.has('slack')) {
      made += slackMessage(rollout, labelsOf(rollout.id, config), 'full').blocks.length;
    }
    if (does.has('sns')) {
      const message = snsMessage(change, rollout, labelsOf(rollout.id, config), 'full');
      made += Object.keys(protocolWords(message)).length;
    }
  }
  return made;
};
