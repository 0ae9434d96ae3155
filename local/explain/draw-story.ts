import type { Config } from '../../shared/config/config.ts';
import { accountNickname, regionNickname } from '../../shared/config/nickname.ts';
import { labelled } from '../../shared/message/describe-rollout.ts';
import { formatDuration } from '../../shared/message/duration.ts';
import { rolloutWords, wordsOf } from '../../shared/message/state-words.ts';
import type { Facts, RolloutId } from '../../shared/rollout/rollout.ts';
import { span, written } from '../terminal/styled-text.ts';
import type { Span, Style } from '../terminal/styled-text.ts';
import { wrapLine } from '../terminal/wrap-line.ts';
import type { StoryGate } from './gate-story.ts';
import type { StoryRun } from './run-story.ts';
import type { Story, StoryEvent, StoryFact, StoryMessage, StoryNote } from './rollout-story.ts';

const WIDTH = 96;

type Line = readonly Span[];

/** Draws a rollout's story for a terminal; all times are UTC. */
export const drawStory = (story: Story, config: Config, colours: boolean): string =>
  [
    header(story, config),
    section('What came, by our clock (UTC)', eventLines(story, config)),
    section('What is known besides', [
      ...story.facts.flatMap(factLines),
      ...(story.lookedUp ? [] : [line(2, NOT_LOOKED_UP, 'dim')]),
    ]),
    ...story.validations.map((run) => section(runTitle(run), runLines(run))),
    ...story.gates.map((gate) => section(`Gate ${gate.where}`, gateLines(gate))),
    ...story.messages.map((message) => section(`Slack ${channelName(message.channel, config)}`, messageLines(message))),
    ...story.notes.map((note) =>
      section(`Slack ${channelName(note.channel, config)}, a reply in the thread`, [
        line(2, noteWords(note, story.rollout)),
        ...messageLines(note),
      ]),
    ),
    ...(story.messages.length === 0 ? [[line(0, 'No channel hears of it.')]] : []),
    section(
      'Not to be read by this version',
      story.unreadable.map((key) => line(2, key)),
    ),
  ]
    .filter((lines) => lines.length > 0)
    .map((lines) =>
      lines
        .flatMap((spans) => wrapLine(spans, WIDTH))
        .map((spans) => written(spans, colours).trimEnd())
        .join('\n'),
    )
    .join('\n\n');

const line = (indent: number, text: string, style: Style = 'plain'): Line => [
  span(' '.repeat(indent), 'margin'),
  span(text, style),
];

const section = (title: string, lines: readonly Line[]): readonly Line[] =>
  lines.length === 0 ? [] : [line(0, title, 'bold'), ...lines];

const header = (story: Story, config: Config): readonly Line[] => {
  const { rollout: id, startedAt, endedAt, attempt } = story;
  const when =
    endedAt === null
      ? `since ${dateOf(startedAt)} ${timeOf(startedAt)} UTC`
      : `${dateOf(startedAt)} ${timeOf(startedAt)} to ${momentOn(dateOf(startedAt), endedAt)} UTC, ${formatDuration(endedAt - startedAt)}`;
  return [
    line(0, story.title, 'bold'),
    line(
      0,
      [
        `${WHAT[id.source]} ${id.executionId}`,
        labelled(id.account, accountNickname(config, id.account)),
        labelled(id.region, regionNickname(config, id.region)),
      ].join(' · '),
    ),
    line(0, attempt > 1 ? `${when}, attempt ${attempt}` : when),
    ...story.startedBy.map((text) => line(0, text)),
    ...(story.link === null ? [] : [line(0, story.link, 'link')]),
    ...(story.delayMs > LONG_MS
      ? [line(0, `Every event came at least ${formatDuration(story.delayMs)} after it had happened.`, 'dim')]
      : []),
  ];
};

/** As long as this an event may take: a queue that moves is not worth a word. */
const LONG_MS = 5 * 60_000;

const WHAT: Readonly<Record<RolloutId['source'], string>> = {
  codepipeline: 'pipeline execution',
  codedeploy: 'deployment',
  ecs: 'service deployment',
};

const eventLines = ({ events, rollout, delayMs }: Story, config: Config): readonly Line[] => {
  let day = '';
  return events.flatMap((event) => {
    const today = dateOf(event.handledAt);
    const heading = today === day ? [] : [line(2, today, 'dim')];
    day = today;
    return [...heading, ...eventLine(event, rollout, delayMs, config)];
  });
};

const eventLine = (event: StoryEvent, { source }: RolloutId, delayMs: number, config: Config): readonly Line[] => {
  const { handledAt, time, state, part, attempt, outcome, eventIds, trouble } = event;
  const words = state === null ? undefined : part === null ? rolloutWords(source, state) : wordsOf(state);
  const what = `${words?.emoji ?? '·'} ${part ?? WHOLE[source]} ${words?.predicate ?? 'changed'}`;
  return [
    [
      span('  ', 'margin'),
      span(`${timeOf(handledAt)}  `),
      span(attempt > 1 ? `${what}, attempt ${attempt}` : what, outcome === 'applied' ? 'bold' : 'plain'),
      span(`  happened ${momentOn(dateOf(handledAt), time)}`, 'dim'),
    ],
    ...(event.late === 'no' ? [] : [line(12, lateWords(event, delayMs))]),
    line(12, cameOf(event, config), 'dim'),
    ...(eventIds.length > 1 ? [line(12, `came under ${eventIds.length} ids: ${eventIds.join(', ')}`, 'dim')] : []),
    ...(event.replay === null ? [] : [line(12, `replayed by ${event.replay}: not published, nobody called`, 'dim')]),
    ...troubleLines(event.unpublished, trouble, dateOf(handledAt)),
  ];
};

const gateLines = (gate: StoryGate): readonly Line[] => {
  const { openedAt, expiresAt, policy, overdue, shown, clicks, rules, end } = gate;
  const day = dateOf(openedAt);
  const until = expiresAt === null || end !== null ? '' : `, expires ${momentOn(day, expiresAt)}`;
  return [
    line(2, `${policy ?? 'no gate of gatehouse.yml matches'} · waits since ${day} ${timeOf(openedAt)}${until}`, 'dim'),
    ...(overdue ? [line(2, `open for longer than gatehouse.yml allows`, 'bold')] : []),
    ...shown.map((revision) => line(2, `shown: ${revision}`)),
    ...clicks.map(({ at, user, name, verdict, outcome, note, requestId }) =>
      line(
        2,
        `${momentOn(day, at)}  ${name === null ? user : `${name} (${user})`} ${verdict === 'approve' ? 'approves' : 'rejects'}` +
          `${note === null ? '' : `: ${note}`} · ${outcome === 'counted' ? 'counted' : `not counted: ${outcome}`} · request ${requestId}`,
      ),
    ),
    ...rules.map(({ rule, because, at }) => line(2, `${momentOn(day, at)}  the policy “${rule}” approves: ${because}`)),
    line(
      2,
      end === null ? 'It is still open.' : `${momentOn(day, end.at)}  ${end.says}`,
      end === null ? 'plain' : 'bold',
    ),
  ];
};

const runTitle = ({ hook, suite }: StoryRun): string =>
  `Validation at ${hook ?? 'an unknown hook'}${suite === null ? '' : ` by ${suite}`}`;

const runLines = (run: StoryRun): readonly Line[] => {
  const { id, hash, startedAt, deadline, variables, allowances, checks, votes, conclusion, report, isRecorded } = run;
  const day = dateOf(startedAt);
  const told = Object.entries(variables).map(([name, value]) => `${name} ${value}`);
  const allowed = Object.entries(allowances).map(([what, rule]) => `${what} by “${rule}”`);
  return [
    line(2, `run ${id}${hash === null ? '' : ` · suite of SHA-256 ${hash}`}`, 'dim'),
    line(2, `began ${day} ${timeOf(startedAt)}, to be decided by ${momentOn(day, deadline)}`, 'dim'),
    ...(told.length === 0 ? [] : [line(2, told.join(' · '), 'dim')]),
    ...(allowed.length === 0 ? [] : [line(2, `allowed: ${allowed.join(', ')}`, 'dim')]),
    ...checks.flatMap(({ name, verdict, advisory, taken, count, samples }) => [
      line(
        2,
        `${name}${advisory ? ' (does not count)' : ''}: ${verdict}, ${taken} of ${counted(count, 'sample')}`,
        'bold',
      ),
      ...samples.flatMap(({ at, tookMs, outcome, says, value, expected, evidence }) => [
        line(
          4,
          `${momentOn(day, at)}  ${outcome} in ${tookMs} ms: ${says}` +
            (value === null ? '' : ` · ${value}${expected === null ? '' : `, expected ${expected}`}`),
        ),
        ...(evidence === null ? [] : evidence.split('\n').map((text) => line(6, text, 'dim'))),
      ]),
    ]),
    ...votes.map(({ check, user, name, verdict, note, at, outcome }) =>
      line(
        2,
        `${momentOn(day, at)}  ${name === undefined ? user : `${name} (${user})`} ${verdict === 'approve' ? 'approves' : 'rejects'}` +
          `${check === undefined ? '' : ` at ${check}`}${note === undefined ? '' : `: ${note}`} · ${outcome}`,
      ),
    ),
    ...(conclusion === null
      ? report === null
        ? [line(2, 'It goes on.')]
        : []
      : [line(2, `${momentOn(day, conclusion.at)}  ${conclusion.action}: ${conclusion.says}`, 'bold')]),
    ...(report === null
      ? []
      : [
          line(
            2,
            `${momentOn(day, report.at)}  ${report.kind === 'reported' ? `CodeDeploy was told ${report.says}` : `${report.kind}: ${report.says}`}`,
            'bold',
          ),
        ]),
    ...(isRecorded ? [] : [line(2, 'not recorded yet', 'dim')]),
  ];
};

const cameOf = ({ outcome, why, routes, channels, published }: StoryEvent, config: Config): string => {
  const changed = why === null ? outcome : `${outcome}: ${why}`;
  if (routes.length === 0) {
    return changed;
  }
  const to = [...channels.map((id) => channelName(id, config)), ...published.map((topic) => `topic ${topic}`)];
  return `${changed} · ${routes.join(', ')}${to.length === 0 ? '' : ` → ${to.join(', ')}`}`;
};

const WHOLE: Readonly<Record<RolloutId['source'], string>> = {
  codepipeline: 'execution',
  codedeploy: 'deployment',
  ecs: 'deployment',
};

const lateWords = ({ late, handledAt, time }: StoryEvent, delayMs: number): string =>
  late === 'slow'
    ? `late: ${formatDuration(handledAt - time - delayMs)} slower than the quickest`
    : 'out of order: after something that happened later';

const troubleLines = (unpublished: readonly string[], trouble: StoryEvent['trouble'], day: string): readonly Line[] => {
  if (trouble === null) {
    return unpublished.length === 0 ? [] : [line(12, `not yet published to ${unpublished.join(', ')}: it comes again`)];
  }
  const refused = `refused with ${trouble.error} at ${momentOn(day, trouble.at)}${trouble.count > 1 ? `, ${trouble.count} times by then` : ''}`;
  return unpublished.length === 0
    ? [line(12, `a topic ${refused}; published since`)]
    : [line(12, `topic ${unpublished.join(', ')} ${refused}: it comes again`)];
};

const NOT_LOOKED_UP = 'nothing looked up: AWS has not answered, it is another account or region, or nobody hears of it';

const FACT_WORDS: Readonly<Record<keyof Facts, string>> = {
  trigger: 'trigger',
  creator: 'made by',
  stages: 'stages',
  stopReason: 'stopped because',
  failure: 'failure',
  rollbackOf: 'rolls back',
  rolledBackBy: 'rolled back by',
  gone: 'end not heard',
};

const factLines = ({ name, says, lookedUp, asOf }: StoryFact): readonly Line[] => {
  const asOfWhen = `${dateOf(asOf.time)} ${timeOf(asOf.time)}${asOf.attempt > 1 ? `, attempt ${asOf.attempt}` : ''}`;
  return [
    line(2, `${FACT_WORDS[name]}: ${says}`),
    line(12, `${lookedUp ? 'looked up' : 'known'} as of what happened ${asOfWhen}`, 'dim'),
  ];
};

const noteWords = (note: StoryNote, { source }: RolloutId): string => {
  switch (note.kind) {
    case 'failure': {
      const { calls, part, attempt } = note;
      return `calls ${calls.join(', ')}: ${part ?? WHOLE[source]} failed${attempt > 1 ? `, attempt ${attempt}` : ''}`;
    }
    case 'news':
      return 'says what the message cannot show';
    case 'check':
      return `tells what ${note.part} has found: ${note.says}`;
  }
};

const STATUS: Readonly<Record<StoryMessage['status'], string>> = {
  shown: 'up to date',
  waiting: 'waits',
  'under-way': 'under way',
  refused: 'refused, and not tried again',
};

const messageLines = (message: StoryMessage): readonly Line[] => {
  const { status, because, remedy, ts, shown, wanted, nextTryAt, troubles, turns } = message;
  const revision = ts === null ? `revision ${wanted} is wanted` : `revision ${shown} of ${wanted}`;
  return [
    line(2, because === null ? STATUS[status] : `${STATUS[status]}: ${because}`, status === 'shown' ? 'plain' : 'bold'),
    ...(remedy === null ? [] : [line(2, `→ ${remedy}`)]),
    ...(nextTryAt === null ? [] : [line(2, `next try at ${moment(nextTryAt)}, or with the sweep after it`)]),
    line(2, `${postedWords(message)}; ${revision} after ${counted(turns, 'turn')}`),
    ...troubles.map(({ says, count, from, to }) =>
      line(
        2,
        count === 1
          ? `${moment(from)}: ${says}`
          : `${moment(from)} to ${momentOn(dateOf(from), to)}: ${says}, ${count} times`,
        'dim',
      ),
    ),
  ];
};

/** Null where the version before this one wrote it, which kept no times. */
const postedWords = ({ ts, postedAt, shownAt, edits }: StoryMessage): string => {
  if (ts === null) {
    return 'not posted so far';
  }
  const posted = postedAt === null ? 'posted' : `posted ${moment(postedAt)}`;
  return edits === null || edits === 0 || shownAt === null
    ? posted
    : `${posted}, edited ${counted(edits, 'time')}, last at ${postedAt === null ? moment(shownAt) : momentOn(dateOf(postedAt), shownAt)}`;
};

const channelName = (id: string, { slack }: Config): string =>
  `#${Object.entries(slack.channels).find(([, channel]) => channel === id)?.[0] ?? id}`;

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

// What no clock shows is shown as it is stored.
const iso = (at: number): string =>
  Math.abs(at) <= 8.64e15 && Number.isFinite(at) ? new Date(at).toISOString() : `${at}`;

const dateOf = (at: number): string => iso(at).slice(0, 10);

const timeOf = (at: number): string => iso(at).slice(11, 19);

const moment = (at: number): string => `${dateOf(at)} ${timeOf(at)}`;

/** The time alone on the day that is clear already. */
const momentOn = (day: string, at: number): string => (dateOf(at) === day ? timeOf(at) : moment(at));
