import type { RolloutId } from '../rollout/rollout.ts';
import type { Key } from './store.ts';

const joined = (...parts: readonly string[]): string => parts.map(encodeURIComponent).join('#');

/** The partition key of everything that belongs to one rollout. */
export const rolloutPk = (id: RolloutId): string => {
  const { source, partition, account, region, executionId } = id;
  const place = ['X', source, partition, account, region];
  switch (id.source) {
    case 'codepipeline':
      return joined(...place, id.name, executionId);
    case 'codedeploy':
      return joined(...place, id.application, id.group, executionId);
    case 'ecs':
      return joined(...place, id.cluster, id.service, executionId);
  }
};

/** The rollout that a partition is of; undefined for any other partition. */
export const rolloutIdOf = (pk: string): RolloutId | undefined => {
  const [kind, source, partition = '', account = '', region = '', ...names] = pk.split('#').map(decodeURIComponent);
  const place = { partition, account, region };
  const [first = '', second = '', third = ''] = names;
  if (kind !== 'X') {
    return undefined;
  }
  switch (source) {
    case 'codepipeline':
      return names.length === 2 ? { source, ...place, name: first, executionId: second } : undefined;
    case 'codedeploy':
      return names.length === 3
        ? { source, ...place, application: first, group: second, executionId: third }
        : undefined;
    case 'ecs':
      return names.length === 3 ? { source, ...place, cluster: first, service: second, executionId: third } : undefined;
    default:
      return undefined;
  }
};

export const rolloutKey = (pk: string): Key => ({ pk, sk: 'STATE' });

/** Keyed by what was told, not by who told it: the same fact by two roads is one event. */
export const eventKey = (pk: string, factId: string): Key => ({ pk, sk: joined('EVENT', factId) });

/** Where a delivery is: the channel's message, or with `note` what is said once in its thread. */
export type DeliveryPlace = { readonly pk: string; readonly channel: string; readonly note?: string };

export const deliveryKey = ({ pk, channel, note }: DeliveryPlace): Key => ({
  pk,
  sk: note === undefined ? joined('SLACK', channel) : joined('NOTE', channel, note),
});

/** The delivery that a key is of; undefined for the key of anything else. */
export const deliveryPlaceOf = ({ pk, sk }: Key): DeliveryPlace | undefined => {
  const [kind, channel, note] = sk.split('#').map(decodeURIComponent);
  if (channel === undefined) {
    return undefined;
  }
  switch (kind) {
    case 'SLACK':
      return { pk, channel };
    case 'NOTE':
      return note === undefined ? undefined : { pk, channel, note };
    default:
      return undefined;
  }
};

/** The partition of everything that belongs to one gate. */
export const gatePk = (gate: string): string => joined('G', gate);

export const gateKey = (gate: string): Key => ({ pk: gatePk(gate), sk: 'GATE' });

/** The gate that a partition is of; undefined for any other partition. */
export const gateOf = (pk: string): string | undefined => {
  const [kind, gate, ...more] = pk.split('#').map(decodeURIComponent);
  return kind === 'G' && more.length === 0 ? gate : undefined;
};

/** A run of validation: kept in a partition of its own, as gates are. */
export const runKey = (run: string): Key => ({ pk: gatePk(run), sk: 'RUN' });

/** What watches the traffic of a deployment: kept as runs are, and due among them. */
export const watchKey = (watch: string): Key => ({ pk: gatePk(watch), sk: WATCH });

const WATCH = 'WATCH';

/** Whether a key is that of a watch. */
export const isWatch = ({ sk }: Key): boolean => sk === WATCH;

/** What stays of a run as it ended. */
export const runRecordKey = (run: string): Key => ({ pk: gatePk(run), sk: 'RECORD' });

/** The partition of what holds for a whole Slack workspace. */
export const workspacePk = (workspace: string): string => joined('W', workspace);

export const methodKey = (workspace: string, method: string): Key => ({
  pk: workspacePk(workspace),
  sk: joined('METHOD', method),
});

export const circuitKey = (workspace: string): Key => ({ pk: workspacePk(workspace), sk: 'CIRCUIT' });

/** `at` in epoch milliseconds; one partition a day. */
export const quarantineKey = (at: number, messageId: string): Key => {
  const time = new Date(at).toISOString();
  return { pk: joined('Q', time.slice(0, 10)), sk: joined(time, messageId) };
};
