import type { Labels } from '../config/labels.ts';
import { factId } from '../rollout/fact-id.ts';
import { UNNAMED } from '../rollout/looked-up.ts';
import type { Overview } from '../rollout/overview.ts';
import type { Result, Rollout, RolloutId, StateChange, Trigger } from '../rollout/rollout.ts';
import type { Version } from '../rollout/version.ts';
import { cleanText } from './clean-text.ts';
import { consoleLink } from './console-link.ts';
import { cutText } from './cut-text.ts';
import { stopReasonOf } from './describe-rollout.ts';
import { momentOf } from './moment.ts';
import type { SnsDocument } from './sns-document-schema.ts';

/** Bytes of the document as it stands in a publication: a text in a JSON object, six times, beside two mails. */
const MAX_BYTES = 20_000;

/** So many characters are never too many bytes, whatever they are. */
const SURELY_FITS = MAX_BYTES / 4;

type Most = { readonly stages: number; readonly actions: number; readonly instances: number };

const MANY: Most = { stages: 60, actions: 10, instances: 20 };
const FEW: Most = { stages: 0, actions: 1, instances: 0 };

/** One state change for machines. What is not known is left out. */
export const snsDocument = (change: StateChange, rollout: Rollout, overview: Overview, labels: Labels): SnsDocument => {
  const document = documentOf(change, rollout, overview, labels, MANY);
  return fits(document) ? document : documentOf(change, rollout, overview, labels, FEW);
};

const fits = (document: SnsDocument): boolean => {
  const written = JSON.stringify(document);
  return written.length <= SURELY_FITS || new TextEncoder().encode(JSON.stringify(written)).length <= MAX_BYTES;
};

const documentOf = (
  change: StateChange,
  rollout: Rollout,
  overview: Overview,
  labels: Labels,
  most: Most,
): SnsDocument => {
  const { rollout: id, register, state, version, result } = change;
  return {
    schema: 1,
    eventId: named(version.eventId),
    factId: factId(change),
    version: sortable(version),
    time: momentOf(version.time)?.utc,
    source: id.source,
    name: documentName(id),
    ...(id.source === 'codedeploy' && { application: named(id.application), group: named(id.group) }),
    ...(id.source === 'ecs' && { cluster: shown(id.cluster, 250), service: named(id.service) }),
    executionId: named(id.executionId),
    account: id.account,
    accountName: shown(labels.account, 250),
    region: id.region,
    regionName: shown(labels.region, 250),
    partition: id.partition,
    environment: shown(labels.environment, 250),
    rollback: overview.rollback,
    consoleUrl: consoleLink(id),
    register: register.kind,
    ...(register.kind === 'stage' && { stage: named(register.stage) }),
    ...(register.kind === 'action' && { stage: named(register.stage), action: named(register.action) }),
    ...(register.kind === 'instance' && { instance: named(register.instance) }),
    state,
    result: result && resultOf(result),
    rollout: rolloutNow(rollout, overview, most),
  };
};

const rolloutNow = ({ facts }: Rollout, overview: Overview, most: Most): SnsDocument['rollout'] => {
  const { failures, waiting, stages, instances, failure } = overview;
  const shortened =
    stages.length > most.stages ||
    Math.max(failures.length, waiting.length) > most.actions ||
    (instances?.failed.length ?? 0) > most.instances;
  return {
    state: overview.state,
    attempt: overview.attempt,
    startedAt: momentOf(overview.startedAt)?.utc,
    endedAt: overview.endedAt === undefined ? undefined : momentOf(overview.endedAt)?.utc,
    rollbackOf: shown(overview.rollbackOf, 250),
    rolledBackBy: shown(overview.rolledBackBy, 250),
    creator: facts.creator?.value === UNNAMED ? undefined : shown(facts.creator?.value, 100),
    stopReason: stopReasonOf(overview, facts.stopReason?.value),
    failure: failure && resultOf(failure),
    failures: failures.slice(0, most.actions).map(({ stage, action, result }) => ({
      stage: named(stage),
      action: named(action),
      ...(result && resultOf(result)),
    })),
    waiting: waiting.slice(0, most.actions).map(({ stage, action, startedAt }) => ({
      stage: named(stage),
      action: named(action),
      startedAt: momentOf(startedAt)?.utc,
    })),
    stages: stages.slice(0, most.stages).map(({ stage, state, startedAt, position }) => ({
      stage: named(stage),
      state,
      number: position?.number,
      startedAt: momentOf(startedAt)?.utc,
    })),
    instances: instances && {
      total: instances.total,
      succeeded: instances.succeeded,
      failed: instances.failed.length,
      failedNames: instances.failed.slice(0, most.instances).map(named),
      isPart: instances.isPart,
    },
    trigger: facts.trigger && triggerOf(facts.trigger.value),
    shortened: shortened ? true : undefined,
  };
};

const triggerOf = (trigger: Trigger): SnsDocument['rollout']['trigger'] => {
  switch (trigger.kind) {
    case 'commit':
      return {
        kind: 'commit',
        author: shown(trigger.author, 300),
        ref: shown(trigger.ref, 300),
        commit: shown(trigger.commit, 300),
        message: shown(trigger.message, 300),
        repository: shown(trigger.repository, 300),
      };
    case 'other':
      return { kind: 'other', type: shown(trigger.type, 300), detail: shown(trigger.detail, 300) };
  }
};

const resultOf = ({ errorCode, summary, url }: Result): NonNullable<SnsDocument['result']> => ({
  errorCode: shown(errorCode, 100),
  summary: shown(summary, 300),
  url,
});

const shown = (text: string | undefined, limit: number): string | undefined =>
  cutText(cleanText(text ?? ''), limit) || undefined;

const named = (name: string): string => shown(name, 250) ?? '(unnamed)';

/** As the ARNs of CodeDeploy and ECS have it, for filters that go by the beginning. */
const documentName = (id: RolloutId): string => {
  switch (id.source) {
    case 'codepipeline':
      return named(id.name);
    case 'codedeploy':
      return `${named(id.application)}/${named(id.group)}`;
    case 'ecs':
      return id.cluster === '' ? named(id.service) : `${named(id.cluster)}/${named(id.service)}`;
  }
};

/** As text in the order of the changes of one register: what comes late is told from what is newer. */
const sortable = ({ attempt, time, rank }: Version): string =>
  [String(attempt).padStart(6, '0'), String(Math.max(0, time)).padStart(14, '0'), String(rank).padStart(2, '0')].join(
    '#',
  );
