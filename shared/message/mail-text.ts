import type { Detail } from '../config/config.ts';
import type { Labels } from '../config/labels.ts';
import type { ActionOverview, Overview, StageOverview } from '../rollout/overview.ts';
import type { Rollout, StateChange } from '../rollout/rollout.ts';
import { changeWords, registerPlace } from './change-words.ts';
import { cleanText } from './clean-text.ts';
import { consoleLink } from './console-link.ts';
import { cutText } from './cut-text.ts';
import { deploymentErrorInWords } from './deployment-words.ts';
import {
  actionName,
  describeGone,
  describeInstances,
  describeRollback,
  describeRollout,
  isRollback,
  labelled,
  stopReasonOf,
} from './describe-rollout.ts';
import { describeStart } from './describe-trigger.ts';
import { momentOf } from './moment.ts';
import { shortName } from './rollout-name.ts';
import { rolloutWords, wordsOf } from './state-words.ts';

const MAX_STAGES = 60;
const MAX_ACTIONS = 10;
const MAX_INSTANCES = 3;

/** The text of a mail about one state change: `summary` leaves out how the rollout stands. */
export const mailText = (
  change: StateChange,
  rollout: Rollout,
  overview: Overview,
  labels: Labels,
  detail: Detail,
): string =>
  [
    newsOf(change, rollout, overview, labels),
    describeRollback(rollout.id.source, overview),
    describeGone(overview),
    wholeFailureOf(overview),
    listed('What failed', failuresOf(change, overview), MAX_ACTIONS, failureLines),
    ...(detail === 'full' ? standingOf(rollout, overview, labels) : []),
    [consoleLink(rollout.id) ?? ''],
  ]
    .map((lines) => lines.filter((line) => line !== '').join('\n'))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
    .concat('\n');

const standingOf = (rollout: Rollout, overview: Overview, labels: Labels): readonly (readonly string[])[] => [
  listed('Waiting for approval', overview.waiting, MAX_ACTIONS, waitingLines),
  listed(stagesTitle(overview), overview.stages, MAX_STAGES, stageLines),
  instanceLines(overview),
  factsOf(rollout, overview, labels),
];

const newsOf = (change: StateChange, rollout: Rollout, overview: Overview, labels: Labels): readonly string[] => {
  const place = registerPlace(change);
  const { emoji, predicate } = changeWords(change, overview);
  const whole = `${rolloutWords(rollout.id.source, overview.state, isRollback(overview)).emoji} ${describeRollout(rollout.id, overview, labels)}`;
  return place === undefined ? [whole] : [`${emoji} ${place} ${predicate}`, whole];
};

const listed = <T>(
  title: string,
  all: readonly T[],
  limit: number,
  linesOf: (one: T) => readonly string[],
): readonly string[] =>
  all.length === 0
    ? []
    : [
        title,
        ...all.slice(0, limit).flatMap((one) => linesOf(one).map((line) => `  ${line}`)),
        all.length > limit ? `  and ${all.length - limit} more` : '',
      ];

/** The change itself first: a retry may have overtaken it in the rollout. */
const failuresOf = (
  { register, state, startedAt, result }: StateChange,
  overview: Overview,
): readonly ActionOverview[] => {
  if (register.kind !== 'action' || state !== 'failed') {
    return overview.failures;
  }
  const { stage, action } = register;
  const others = overview.failures.filter((other) => other.stage !== stage || other.action !== action);
  return [{ stage, action, state, startedAt, result }, ...others];
};

const failureLines = (action: ActionOverview): readonly string[] => {
  const errorCode = cutText(cleanText(action.result?.errorCode ?? ''), 100);
  const summary = cutText(cleanText(action.result?.summary ?? ''), 300);
  return [
    actionName(action) + (errorCode === '' ? '' : `: ${errorCode}`),
    ...(summary === '' ? [] : [`  ${summary}`]),
    ...(action.result?.url === undefined ? [] : [`  ${action.result.url}`]),
  ];
};

const waitingLines = (action: ActionOverview): readonly string[] => {
  const since = momentOf(action.startedAt);
  return [actionName(action) + (since === undefined ? '' : `, since ${since.utc}`)];
};

/** `Stages, 2 of 3` as long as it is not through. */
const stagesTitle = ({ stages, state }: Overview): string => {
  const position = stages.at(-1)?.position;
  return position === undefined || state === 'succeeded' ? 'Stages' : `Stages, ${position.number} of ${position.of}`;
};

const stageLines = ({ stage, state }: StageOverview): readonly string[] => {
  const { emoji, label } = wordsOf(state);
  return [`${emoji} ${shortName(stage)} ${label}`];
};

const wholeFailureOf = ({ failure }: Overview): readonly string[] => {
  const errorCode = cutText(cleanText(failure?.errorCode ?? ''), 100);
  const words = deploymentErrorInWords(errorCode);
  return [words === undefined ? errorCode : `${errorCode}: ${words}`, cutText(cleanText(failure?.summary ?? ''), 300)];
};

const instanceLines = (overview: Overview): readonly string[] => {
  const described = describeInstances(overview);
  const failed = overview.instances?.failed ?? [];
  return described === undefined
    ? []
    : [described, ...listed('Failed', failed, MAX_INSTANCES, (instance) => [shortName(instance)])];
};

const factsOf = ({ id, facts }: Rollout, overview: Overview, { account, region }: Labels): readonly string[] => {
  const [first, ...rest] = describeStart(facts);
  return [
    fact('Trigger', first),
    ...rest.map((line) => fact('', line)),
    fact('Stop reason', stopReasonOf(overview, facts.stopReason?.value)),
    fact('Attempt', overview.attempt > 1 ? String(overview.attempt) : undefined),
    fact('Started', momentOf(overview.startedAt)?.utc),
    fact('Account', labelled(id.account, account)),
    fact('Region', labelled(id.region, region)),
    fact(id.source === 'codepipeline' ? 'Execution' : 'Deployment', id.executionId),
  ];
};

const fact = (name: string, value: string | undefined): string =>
  value === undefined ? '' : name.padEnd(13) + cleanText(value);
