import { failureOfStatus, failureOfWord, rateLimited } from '../../shared/delivery/slack-reply.ts';
import type { Config, Destination, Route } from '../../shared/config/config.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { stagesFact } from '../../shared/rollout/looked-up.ts';
import type { Facts } from '../../shared/rollout/rollout.ts';
import type { Version } from '../../shared/rollout/version.ts';
import { aPipelineEvent } from '../support/events.ts';
import { TEN_O_CLOCK } from '../support/rollouts.ts';
import type { Trouble, Troubles } from './crash-network.ts';
import type { ToldEvent } from './runs.ts';

/** A few rollouts whose events come as written, and what they are told to. */
export type Scenario = {
  readonly name: string;
  readonly routes: readonly Route[];
  /** In the order in which they come. */
  readonly events: readonly ScenarioEvent[];
  readonly troubles?: Troubles;
  /** How much longer than usual the answer to a call of Slack takes, by the call. */
  readonly answersAfterMs?: Readonly<Record<string, number>>;
  /** Of AWS is asked in vain so often before it knows anything. */
  readonly unknownToAws?: number;
  readonly lookUp?: (asOf: Version) => Facts;
  /** Nothing is over before this time, in milliseconds after the beginning. */
  readonly restsAfterMs?: number;
  /** Nothing goes wrong on its own: what is said is seen at once. */
  readonly isCalm?: true;
  /** The judge knows only of what events tell, and of channels that are there. */
  readonly isUnjudged?: true;
};

/** The channels of the workspace. */
export const CHANNELS: Config['slack']['channels'] = { first: 'C1', second: 'C2' };

export type ScenarioEvent = {
  readonly told: ToldEvent;
  /** Milliseconds after the beginning; undefined: EventBridge lost it. */
  readonly comesAtMs: number | undefined;
};

type Word = 'STARTED' | 'RESUMED' | 'SUCCEEDED' | 'FAILED' | 'SUPERSEDED';

type Place = 'Pipeline' | 'Stage' | 'Action';

type Line = readonly [
  atSeconds: number,
  place: Place,
  word: Word,
  more?: {
    readonly attempt?: number;
    /** Otherwise a moment after it happened; `never`: EventBridge lost it. */
    readonly comesAt?: readonly number[] | 'never';
    readonly untriggered?: true;
    readonly category?: 'Build' | 'Approval';
  },
];

/** The events of one execution. */
const execution = (number: number, lines: readonly Line[]): readonly ScenarioEvent[] =>
  lines.flatMap(
    (
      [at, place, word, { attempt = 1, comesAt = [at], untriggered, category = 'Build' } = {}],
      index,
    ): readonly ScenarioEvent[] => {
      const isFirst = place === 'Pipeline' && word === 'STARTED' && untriggered !== true;
      const text = aPipelineEvent(
        {
          id: `event-${number}-${index}`,
          'detail-type': `CodePipeline ${place} Execution State Change`,
          time: new Date(TEN_O_CLOCK + at * 1000).toISOString(),
        },
        {
          'execution-id': `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
          state: word,
          'pipeline-execution-attempt': attempt,
          ...(place !== 'Pipeline' && { stage: 'Deploy' }),
          ...(place === 'Action' && { action: 'Run', type: { category } }),
          ...(isFirst && { 'execution-trigger': { 'trigger-type': 'Webhook', 'trigger-detail': 'main' } }),
        },
      );
      const told = toldBy(text);
      return comesAt === 'never'
        ? [{ told, comesAtMs: undefined }]
        : comesAt.map((second) => ({ told, comesAtMs: second * 1000 + 400 }));
    },
  );

/** Only what goes wrong between events is looked for here: how they are read is taken as given. */
const toldBy = (text: string): ToldEvent => {
  const parsed = parseEventText(text);
  if (parsed.kind !== 'change') {
    throw new Error(`No event of a scenario: ${parsed.kind}`);
  }
  const { rollout, register, state, version, startedAt, result, facts } = parsed.change;
  if (rollout.source !== 'codepipeline' || register.kind === 'instance') {
    throw new Error('The scenarios are of pipelines');
  }
  return {
    text,
    rollout,
    register,
    state,
    ...version,
    startedAt,
    result,
    trigger: facts.trigger?.value,
    stopReason: facts.stopReason?.value,
  };
};

const channel = (id: string): Destination => ({ kind: 'slack', channel: id });
const topic = (name: string): Destination => ({ kind: 'sns', topic: name });

const TO_ONE_CHANNEL: readonly Route[] = [{ match: {}, to: [channel('C1')] }];

const SUCCESS: readonly Line[] = [
  [0, 'Pipeline', 'STARTED'],
  [4, 'Stage', 'STARTED'],
  [8, 'Stage', 'SUCCEEDED'],
  [8, 'Pipeline', 'SUCCEEDED'],
];

const SHORT: readonly Line[] = [
  [0, 'Pipeline', 'STARTED'],
  [9, 'Pipeline', 'SUCCEEDED'],
];

const did = (failure: Trouble['failure']): Trouble => ({ failure, tookEffect: true });
const didNot = (failure: Trouble['failure']): Trouble => ({ failure, tookEffect: false });
const TIMEOUT: Trouble['failure'] = { kind: 'transient', error: 'TimeoutError', ambiguous: true };
const BAD_TOKEN = failureOfWord('invalid_auth');

export const SCENARIOS: readonly Scenario[] = [
  { name: 'a rollout that succeeds', routes: TO_ONE_CHANNEL, events: execution(1, SUCCESS), isCalm: true },
  {
    name: 'a rollout that fails, and people called to it, and a retry',
    routes: [{ match: {}, to: [channel('C1'), channel('C2')], mention: ['S1'] }],
    events: execution(1, [
      [0, 'Pipeline', 'STARTED'],
      [5, 'Action', 'FAILED'],
      [5, 'Pipeline', 'FAILED'],
      [20, 'Pipeline', 'RESUMED', { attempt: 2 }],
      [25, 'Pipeline', 'SUCCEEDED', { attempt: 2 }],
    ]),
    isCalm: true,
  },
  {
    name: 'events in the wrong order, twice, and a channel that hears only of the start',
    routes: [
      ...TO_ONE_CHANNEL,
      { match: { state: ['in-progress'] }, to: [channel('C2'), topic('starts')] },
      { match: { state: ['succeeded'] }, to: [topic('ends')] },
    ],
    events: execution(1, [
      [3, 'Action', 'SUCCEEDED', { comesAt: [4] }],
      [4, 'Pipeline', 'SUCCEEDED', { comesAt: [4, 8] }],
      [3, 'Action', 'STARTED', { comesAt: [10] }],
      [0, 'Pipeline', 'STARTED', { comesAt: [14], untriggered: true }],
    ]),
    isCalm: true,
  },
  {
    name: 'news while a message is being posted',
    routes: TO_ONE_CHANNEL,
    events: execution(1, [
      [0, 'Pipeline', 'STARTED'],
      [0, 'Stage', 'STARTED', { comesAt: [0.25] }],
    ]),
    isCalm: true,
  },
  {
    name: 'an approval that is over, told in short',
    routes: [{ match: {}, to: [channel('C1')], detail: 'summary' }],
    events: execution(1, [
      [0, 'Pipeline', 'STARTED'],
      [5, 'Action', 'STARTED', { category: 'Approval' }],
      [15, 'Action', 'SUCCEEDED', { category: 'Approval' }],
    ]),
    isCalm: true,
  },
  {
    name: 'routes to two topics and a channel',
    routes: [
      ...TO_ONE_CHANNEL,
      { match: { state: ['succeeded', 'failed'] }, to: [topic('releases'), topic('oncall')] },
      { match: {}, to: [topic('oncall')] },
    ],
    events: execution(1, SHORT),
    isCalm: true,
  },
  {
    name: 'a topic that refuses at first',
    routes: [{ match: {}, to: [channel('C1'), topic('releases'), topic('oncall')] }],
    events: execution(1, SHORT),
    troubles: { 'Publish 2': didNot(failureOfStatus(503)) },
  },
  {
    name: 'two batches of two rollouts at once',
    routes: [{ match: {}, to: [channel('C1'), topic('releases')] }],
    events: [1, 2].flatMap((number) =>
      execution(number, [
        [0, 'Pipeline', 'STARTED'],
        [0, 'Stage', 'STARTED'],
        [0, 'Action', 'STARTED'],
        [0, 'Action', 'SUCCEEDED'],
        [0, 'Stage', 'SUCCEEDED'],
        [0, 'Pipeline', 'SUCCEEDED'],
      ]),
    ),
    isCalm: true,
  },
  {
    name: 'the stages of a pipeline, looked up',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SUCCESS),
    lookUp: (asOf) => stagesFact(['Deploy', 'Verify'], asOf),
    isCalm: true,
    isUnjudged: true,
  },
  {
    name: 'a post that happened, of which Slack says nothing',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SHORT),
    troubles: { 'chat.postMessage 1': did(TIMEOUT) },
  },
  {
    name: 'a post that happened and a Slack that then is out for a while',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SHORT),
    troubles: {
      'chat.postMessage 1': did(failureOfStatus(500)),
      'conversations.history 1': didNot(failureOfStatus(503)),
      'conversations.history 2': didNot(rateLimited(20)),
      'chat.update 1': didNot(failureOfStatus(503)),
    },
  },
  {
    name: 'a post that did not happen, of which Slack says nothing',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SHORT),
    troubles: { 'chat.postMessage 1': didNot(TIMEOUT) },
  },
  {
    name: 'an edit that happened, of which Slack says nothing',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SUCCESS),
    troubles: { 'chat.update 1': did(TIMEOUT) },
  },
  {
    name: 'edits of which Slack says nothing',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SUCCESS),
    troubles: { 'chat.update 1': did(TIMEOUT), 'chat.update 2': didNot(TIMEOUT) },
  },
  {
    name: 'an edit whose answer takes long, and a post too many that Slack does not delete at once',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SUCCESS),
    troubles: { 'chat.delete 1': didNot(failureOfStatus(503)) },
    answersAfterMs: { 'chat.update 2': 3_000 },
  },
  {
    name: 'a Slack that asks for a pause, while other rollouts go on',
    routes: TO_ONE_CHANNEL,
    events: [...execution(1, SUCCESS), ...execution(2, SHORT)],
    troubles: { 'chat.postMessage 2': didNot(rateLimited(3)), 'chat.update 1': didNot(rateLimited(30)) },
  },
  {
    name: 'a token that is bad, twice',
    routes: TO_ONE_CHANNEL,
    events: [...execution(1, SUCCESS), ...execution(2, SHORT)],
    troubles: {
      'chat.postMessage 1': didNot(BAD_TOKEN),
      'chat.postMessage 2': didNot(BAD_TOKEN),
      'chat.update 1': didNot(BAD_TOKEN),
    },
  },
  {
    name: 'a channel that the bot is invited to later',
    routes: TO_ONE_CHANNEL,
    events: execution(1, SHORT),
    troubles: { 'chat.postMessage 1': didNot(failureOfWord('not_in_channel')) },
    restsAfterMs: 70 * 60_000,
  },
  {
    name: 'a channel that is gone',
    routes: [{ match: {}, to: [channel('C1'), channel('gone')], mention: ['S1'] }],
    events: execution(1, [
      [0, 'Pipeline', 'STARTED'],
      [9, 'Pipeline', 'FAILED'],
    ]),
    isUnjudged: true,
  },
  {
    name: 'an end that EventBridge lost, and of which AWS knows nothing at first',
    routes: [{ match: {}, to: [channel('C1'), topic('releases')] }],
    events: execution(1, [
      [0, 'Pipeline', 'STARTED'],
      [9, 'Action', 'SUCCEEDED', { comesAt: 'never' }],
      [9, 'Pipeline', 'SUCCEEDED', { comesAt: 'never' }],
    ]),
    unknownToAws: 1,
    restsAfterMs: 18 * 60_000,
  },
  {
    name: 'a rollout that is heard of while AWS is asked, and knows nothing',
    routes: TO_ONE_CHANNEL,
    events: execution(1, [
      [0, 'Pipeline', 'STARTED'],
      [719, 'Stage', 'STARTED', { comesAt: [719.63] }],
    ]),
    unknownToAws: 2,
    restsAfterMs: 20 * 60_000,
  },
  {
    name: 'a rollout of which AWS knows nothing any more',
    routes: TO_ONE_CHANNEL,
    events: execution(1, [[0, 'Pipeline', 'STARTED']]),
    unknownToAws: 99,
    restsAfterMs: 18 * 60_000,
    isUnjudged: true,
  },
];
