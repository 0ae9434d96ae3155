import type { Labels } from '../config/labels.ts';
import { overviewOf } from '../rollout/overview.ts';
import type { ActionOverview, Overview, StageOverview } from '../rollout/overview.ts';
import type { Rollout, RolloutId, StateChange } from '../rollout/rollout.ts';
import type { Version } from '../rollout/version.ts';
import { cleanText } from './clean-text.ts';
import { consoleLink } from './console-link.ts';
import { cutText } from './cut-text.ts';
import { actionName, describeInstances, describeRollout, labelled, placeOf, stopReasonOf } from './describe-rollout.ts';
import { describeStart } from './describe-trigger.ts';
import { momentOf } from './moment.ts';
import { shortName } from './rollout-name.ts';
import { rolloutWords, wordsOf } from './state-words.ts';

/** What SNS publishes: a subject and text for people, attributes for filter policies. */
export type SnsMessage = {
  readonly subject: string;
  readonly message: string;
  readonly attributes: Readonly<Record<string, string>>;
};

const MAX_STAGES = 60;
const MAX_ACTIONS = 10;
const MAX_INSTANCES = 3;

/** Tells one state change by SNS, and how the rollout stands with it. */
export const snsMessage = (change: StateChange, rollout: Rollout, labels: Labels): SnsMessage => {
  const overview = overviewOf(rollout);
  return {
    subject: subjectOf(change, overview, labels),
    message: bodyOf(change, rollout, overview, labels),
    attributes: attributesOf(change, labels),
  };
};

const MAX_SUBJECT = 99;

/** A subject that SNS takes: ASCII, fewer than 100 characters. Where it is too long the names give way, not the state. */
const subjectOf = (change: StateChange, overview: Overview, { environment }: Labels): string => {
  const written = (limits: { readonly environment: number; readonly name: number; readonly place: number }): string => {
    const place = registerPlace(change);
    const at = change.register.kind === 'rollout' && change.state === overview.state ? placeOf(overview) : undefined;
    const { predicate } = changeWords(change);
    const rollback = overview.rollbackOf === undefined ? '' : ' rollback';
    return [
      ...(environment === undefined ? [] : [`[${asciiText(environment, limits.environment)}]`]),
      asciiName(change.rollout, limits.name - rollback.length) + rollback + (place === undefined ? '' : ':'),
      ...(place === undefined ? [] : [asciiText(place, limits.place)]),
      predicate,
      ...(at === undefined ? [] : [`at ${asciiText(at, limits.place)}`]),
    ].join(' ');
  };
  const whole = written({ environment: 100, name: 200, place: 200 });
  return whole.length <= MAX_SUBJECT ? whole : written({ environment: 18, name: 30, place: 20 });
};

/** Of a deployment's two names each gives way. */
const asciiName = (id: RolloutId, limit: number): string => {
  switch (id.source) {
    case 'codepipeline':
      return asciiText(id.name, limit);
    case 'codedeploy':
      return [id.application, id.group].map((name) => asciiText(name, Math.floor((limit - 3) / 2))).join(' / ');
  }
};

const asciiText = (text: string, limit: number): string => {
  const ascii = cleanText(text)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?')
    // Some signs come apart into a space and what is put over it.
    .trim();
  return cutText(ascii, limit, '...') || '?';
};

/** Which part of the rollout the change is about; undefined when it is about all of it. */
const registerPlace = ({ register }: StateChange): string | undefined => {
  switch (register.kind) {
    case 'rollout':
      return undefined;
    case 'stage':
      return shortName(register.stage);
    case 'action':
      return actionName(register);
    case 'instance':
      return `instance ${shortName(register.instance)}`;
  }
};

const changeWords = ({ rollout, register, state }: StateChange) =>
  register.kind === 'rollout' ? rolloutWords(rollout.source, state) : wordsOf(state);

const bodyOf = (change: StateChange, rollout: Rollout, overview: Overview, labels: Labels): string =>
  [
    newsOf(change, rollout, overview, labels),
    wholeFailureOf(overview),
    listed('What failed', failuresOf(change, overview), MAX_ACTIONS, failureLines),
    listed('Waiting for approval', overview.waiting, MAX_ACTIONS, waitingLines),
    listed('Stages', overview.stages, MAX_STAGES, stageLines),
    instanceLines(overview),
    factsOf(rollout, overview, labels),
    [consoleLink(rollout.id) ?? ''],
  ]
    .map((lines) => lines.filter((line) => line !== '').join('\n'))
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
    .concat('\n');

const newsOf = (change: StateChange, rollout: Rollout, overview: Overview, labels: Labels): readonly string[] => {
  const place = registerPlace(change);
  const { emoji, predicate } = changeWords(change);
  const whole = `${rolloutWords(rollout.id.source, overview.state).emoji} ${describeRollout(rollout.id, overview, labels)}`;
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

const stageLines = ({ stage, state }: StageOverview): readonly string[] => {
  const { emoji, label } = wordsOf(state);
  return [`${emoji} ${shortName(stage)} ${label}`];
};

const wholeFailureOf = ({ failure }: Overview): readonly string[] =>
  [failure?.errorCode ?? '', failure?.summary ?? ''].map((line) => cutText(cleanText(line), 300));

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
    fact(id.source === 'codedeploy' ? 'Deployment' : 'Execution', id.executionId),
  ];
};

const fact = (name: string, value: string | undefined): string =>
  value === undefined ? '' : name.padEnd(13) + cleanText(value);

/** As text in the order of the changes of one register: what comes late is told from what is newer. */
const sortable = ({ attempt, time, rank }: Version): string =>
  [String(attempt).padStart(6, '0'), String(Math.max(0, time)).padStart(14, '0'), String(rank).padStart(2, '0')].join(
    '#',
  );

/** As CodeDeploy's own ARNs have it, for filters that go by the beginning. SQS takes no more than ten attributes raw. */
const attributeName = (id: RolloutId): string => {
  switch (id.source) {
    case 'codepipeline':
      return id.name;
    case 'codedeploy':
      return `${id.application}/${id.group}`;
  }
};

const attributesOf = (
  { rollout, register, state, version }: StateChange,
  { environment }: Labels,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({
      source: rollout.source,
      name: attributeName(rollout),
      state,
      register: register.kind,
      account: rollout.account,
      region: rollout.region,
      executionId: rollout.executionId,
      eventId: version.eventId,
      version: sortable(version),
      environment: environment ?? '',
    })
      .map(([name, value]) => [name, cleanText(value)] as const)
      // SNS refuses an empty value, and with it the whole message.
      .filter(([, value]) => value !== ''),
  );
