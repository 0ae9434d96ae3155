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
  }
};

export const rolloutKey = (pk: string): Key => ({ pk, sk: 'STATE' });

/** Keyed by what was told, not by who told it: the same fact by two roads is one event. */
export const eventKey = (pk: string, factId: string): Key => ({ pk, sk: joined('EVENT', factId) });

const SLACK_DELIVERY = 'SLACK#';

export const deliveryKey = (pk: string, channel: string): Key => ({ pk, sk: joined('SLACK', channel) });

/** The channel of a delivery's key; undefined for the key of anything else. */
export const channelOf = ({ sk }: Key): string | undefined =>
  sk.startsWith(SLACK_DELIVERY) ? decodeURIComponent(sk.slice(SLACK_DELIVERY.length)) : undefined;

export const methodKey = (workspace: string, method: string): Key => ({
  pk: joined('W', workspace),
  sk: joined('METHOD', method),
});

export const circuitKey = (workspace: string): Key => ({ pk: joined('W', workspace), sk: 'CIRCUIT' });

/** `at` in epoch milliseconds; one partition a day. */
export const quarantineKey = (at: number, messageId: string): Key => {
  const time = new Date(at).toISOString();
  return { pk: joined('Q', time.slice(0, 10)), sk: joined(time, messageId) };
};
