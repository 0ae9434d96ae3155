import type { ContextBlock, HeaderBlock, KnownBlock, RichTextBlock, RichTextElement } from '@slack/types';
import type { Detail } from '../config/config.ts';
import type { Labels } from '../config/labels.ts';
import { overviewOf } from '../rollout/overview.ts';
import type { ActionOverview, Overview, StageOverview } from '../rollout/overview.ts';
import type { Rollout, RolloutId } from '../rollout/rollout.ts';
import type { GateMark, ValidationMark } from '../rollout/stored-rollout.ts';
import { cleanText } from './clean-text.ts';
import { consoleLink, consoleName } from './console-link.ts';
import { cutText } from './cut-text.ts';
import { deploymentErrorInWords } from './deployment-words.ts';
import {
  actionName,
  describeGone,
  describeInstances,
  describeRollback,
  describeRollout,
  durationOf,
  isRollback,
  labelled,
  stopReasonOf,
} from './describe-rollout.ts';
import { describeStart } from './describe-trigger.ts';
import { escapeMrkdwn } from './escape-mrkdwn.ts';
import { momentOf } from './moment.ts';
import {
  bold,
  code,
  date,
  DATE_FORMAT,
  linkTo,
  MOST_LINK,
  mrkdwn,
  quote,
  richText,
  section,
  text,
} from './rich-text.ts';
import type { RichTextPart } from './rich-text.ts';
import { rolloutName, shortName } from './rollout-name.ts';
import { rolloutWords, wordsOf } from './state-words.ts';
import { validationParts } from './validation-parts.ts';

/** What `chat.postMessage` and `chat.update` are given: blocks to see, and text for notifications and screen readers. */
export type SlackMessage = { readonly text: string; readonly blocks: readonly KnownBlock[] };

const MAX_STAGES = 8;
const MAX_ACTIONS = 3;
const MAX_INSTANCES = 3;

/**
 * Draws a rollout as one Slack message. What strangers wrote stands in rich text and plain text, where nothing has a
 * meaning; mrkdwn is only what we write ourselves.
 */
export const slackMessage = (
  rollout: Rollout,
  labels: Labels,
  detail: Detail,
  gates: readonly GateMark[] = [],
  validations: Readonly<Record<string, ValidationMark>> = {},
): SlackMessage => {
  const overview = overviewOf(rollout);
  const full = (parts: readonly RichTextPart[]): readonly RichTextBlock[] => (detail === 'full' ? richText(parts) : []);
  return {
    text: escapeMrkdwn(describeRollout(rollout.id, overview, labels), 600),
    blocks: [
      header(rollout.id, overview, labels),
      ...full(stageLine(overview)),
      ...full(instances(overview)),
      ...richText(plainLines(describeRollback(rollout.id.source, overview))),
      ...richText(plainLines(describeGone(overview))),
      ...richText(wholeFailure(overview)),
      ...richText(failures(overview.failures)),
      ...richText([...waiting(overview.waiting, gates), ...waitingAsAWhole(overview, gates)]),
      ...richText(validationParts(rollout.id.source, validations, gates)),
      ...full(stopReason(overview, rollout.facts.stopReason?.value)),
      ...full(trigger(rollout)),
      context(rollout.id, overview, labels),
    ],
  };
};

const header = (id: RolloutId, overview: Overview, { environment }: Labels): HeaderBlock => {
  const { emoji, label } = rolloutWords(id.source, overview.state, isRollback(overview));
  const shownName = rolloutName(id, 80) + (isRollback(overview) ? ' rollback' : '');
  const place = environment === undefined ? '' : ` · ${cutText(shortName(environment), 30)}`;
  return { type: 'header', text: { type: 'plain_text', text: `${emoji} ${shownName} ${label}${place}`, emoji: false } };
};

/** `✅ Source, Build succeeded → ❌ Deploy failed`: what is well in plain type, what is not in bold. */
const stageLine = ({ stages, state }: Overview): readonly RichTextPart[] => {
  const last = stages.at(-1);
  if (last === undefined) {
    return [];
  }
  // Stages run one after the other: what matters now is at the end.
  const earlier = Math.max(0, stages.length - MAX_STAGES);
  const groups = inGroups(stages.slice(earlier)).map(({ state, names }) => {
    const { emoji, label } = wordsOf(state);
    const group = `${emoji} ${names.join(', ')} ${label}`;
    return state === 'succeeded' ? text(group) : bold(group);
  });
  const shown = earlier === 0 ? groups : [text(`${earlier} earlier`), ...groups];
  const { position } = last;
  // How far it has come: of no interest any more once all of it is done.
  const howFar =
    position === undefined || state === 'succeeded' ? [] : [text(` (${position.number} of ${position.of})`)];
  return [section(...shown.flatMap((group, index) => (index === 0 ? [group] : [text(' → '), group])), ...howFar)];
};

type StageGroup = { readonly state: StageOverview['state']; readonly names: readonly string[] };

const inGroups = (stages: readonly StageOverview[]): readonly StageGroup[] =>
  stages.reduce<readonly StageGroup[]>((groups, { stage, state }) => {
    const last = groups.at(-1);
    return last?.state === state
      ? [...groups.slice(0, -1), { state, names: [...last.names, shortName(stage)] }]
      : [...groups, { state, names: [shortName(stage)] }];
  }, []);

/** `7 of 9 instances succeeded · ❌ i-0a1b, i-0c2d failed`. */
const instances = (overview: Overview): readonly RichTextPart[] => {
  const described = describeInstances(overview);
  if (described === undefined) {
    return [];
  }
  const failed = overview.instances?.failed ?? [];
  const names = failed.slice(0, MAX_INSTANCES).map(shortName).join(', ');
  const others = failed.length > MAX_INSTANCES ? ` and ${failed.length - MAX_INSTANCES} more` : '';
  return [section(text(described), ...(failed.length === 0 ? [] : [text(' · '), bold(`❌ ${names}${others} failed`)]))];
};

const plainLines = (lines: readonly string[]): readonly RichTextPart[] =>
  lines.length === 0 ? [] : [section(text(lines.join('\n')))];

const wholeFailure = ({ failure: why }: Overview): readonly RichTextPart[] => {
  const errorCode = cutText(cleanText(why?.errorCode ?? ''), 60);
  const summary = cutText(cleanText(why?.summary ?? ''), 240);
  const words = deploymentErrorInWords(errorCode);
  return [
    ...(errorCode === ''
      ? []
      : [section(text('Failed with '), code(errorCode), ...(words === undefined ? [] : [text(`: ${words}`)]))]),
    ...(summary === '' ? [] : [quote(summary)]),
  ];
};

const failures = (actions: readonly ActionOverview[]): readonly RichTextPart[] => [
  ...actions.slice(0, MAX_ACTIONS).flatMap(failure),
  ...more(actions, 'failed'),
];

const failure = (action: ActionOverview): readonly RichTextPart[] => {
  const errorCode = cutText(cleanText(action.result?.errorCode ?? ''), 60);
  const summary = cutText(cleanText(action.result?.summary ?? ''), 240);
  return [
    section(
      bold(actionName(action)),
      text(' failed'),
      ...(errorCode === '' ? [] : [text(' with '), code(errorCode)]),
      ...detailsLink(action.result?.url),
    ),
    ...(summary === '' ? [] : [quote(summary)]),
  ];
};

/** Says where it leads: the address came with the event. */
const detailsLink = (address: string | undefined): readonly RichTextElement[] => {
  const leading = linkTo(address, 'details');
  return leading === undefined ? [] : [text(' · '), leading];
};

const waiting = (actions: readonly ActionOverview[], gates: readonly GateMark[]): readonly RichTextPart[] => [
  ...actions.slice(0, MAX_ACTIONS).map((action) => {
    const since = momentOf(action.startedAt);
    // A retry asks at another gate: the newest is the one that waits.
    const [asked] = gates
      .filter((gate) => gate.stage === action.stage && gate.action === action.action)
      .sort((a, b) => b.at - a.at);
    const leading = linkTo(asked?.link, 'decide');
    return section(
      bold(actionName(action)),
      ...(since === undefined ? [text(' is waiting')] : [text(' has been waiting since '), date(since)]),
      ...(leading === undefined ? [] : [text(' · '), leading]),
    );
  }),
  ...more(actions, 'waiting'),
];

/** A rollout that waits itself, once people were asked about it. */
const waitingAsAWhole = ({ state }: Overview, gates: readonly GateMark[]): readonly RichTextPart[] =>
  state !== 'waiting'
    ? []
    : gates.flatMap(({ stage, run, at, link }) => {
        const since = momentOf(at);
        const leading = stage === undefined && run === undefined ? linkTo(link, 'decide') : undefined;
        return leading === undefined
          ? []
          : [
              section(
                text('Waits for approval'),
                ...(since === undefined ? [] : [text(' since '), date(since)]),
                text(' · '),
                leading,
              ),
            ];
      });

const more = (actions: readonly ActionOverview[], what: string): readonly RichTextPart[] =>
  actions.length <= MAX_ACTIONS ? [] : [section(text(`and ${actions.length - MAX_ACTIONS} more ${what}`))];

const stopReason = (overview: Overview, told: string | undefined): readonly RichTextPart[] => {
  const reason = stopReasonOf(overview, told);
  return reason === undefined ? [] : [section(text('Stop reason')), quote(reason)];
};

const trigger = ({ facts }: Rollout): readonly RichTextPart[] => plainLines(describeStart(facts));

const context = (id: RolloutId, overview: Overview, { account, region }: Labels): ContextBlock => {
  const link = consoleLink(id);
  const started = overview.endedAt === undefined ? momentOf(overview.startedAt) : undefined;
  const duration = durationOf(overview);
  const facts = [
    ...(duration === undefined ? [] : [`Took ${duration}`]),
    ...(overview.attempt > 1 ? [`Attempt ${overview.attempt}`] : []),
    labelled(id.account, account),
    labelled(id.region, region),
    id.executionId,
  ];
  return {
    type: 'context',
    elements: [
      ...(started === undefined
        ? []
        : [mrkdwn(`Started <!date^${started.epochSeconds}^${DATE_FORMAT}|${started.utc}>`)]),
      { type: 'plain_text', text: cutText(cleanText(facts.join(' · ')), 300), emoji: false },
      ...(link === undefined || link.length > MOST_LINK ? [] : [mrkdwn(`<${link}|Open in ${consoleName(id)}>`)]),
    ],
  };
};
