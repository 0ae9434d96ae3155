import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findRollouts, readRollout } from '../../local/explain/find-rollouts.ts';
import type { Found, Wanted } from '../../local/explain/find-rollouts.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { createDynamoDbStore } from '../../shared/aws/dynamodb-store.ts';
import { quarantinedText } from '../../shared/quarantine/quarantine.ts';
import type { RolloutId } from '../../shared/rollout/rollout.ts';
import { eventKey, methodKey, quarantineKey, rolloutKey, rolloutPk } from '../../shared/store/keys.ts';
import type { Key } from '../../shared/store/store.ts';
import {
  aChange,
  aDeploymentId,
  aRollout,
  aRolloutId,
  aServiceDeploymentId,
  TEN_O_CLOCK,
} from '../support/rollouts.ts';
import { connectionTo } from '../support/stack.ts';

const TABLE = 'gatehouse-find';

const OLD = aRolloutId({ name: 'a#b', executionId: 'aaaaaaaa-0000-4000-8000-000000000001' });
const NEW = aRolloutId({ name: 'a#b', executionId: 'aaaaaaaa-0000-4000-8000-000000000002' });
const PREFIXED = aDeploymentId({ application: 'a#b', executionId: 'd-ABCDE1234' });
const SERVICE = aServiceDeploymentId({ cluster: 'prod', service: 'a#b' });
const LONGER = aDeploymentId({ application: 'shop', group: 'a', executionId: 'd-ABCDE12345' });

let stack: Stack;
let client: DynamoDBClient;

beforeAll(async () => {
  stack = await startStack({
    root: join(import.meta.dirname, '../..'),
    stage: 'find',
    ports: { aws: 0, slack: 0 },
    functions: false,
    schedules: false,
    log: () => undefined,
  });
  const connection = connectionTo(stack);
  client = new DynamoDBClient(connection);
  const store = createDynamoDbStore(createAwsClient('dynamodb', connection), TABLE);
  const put = (key: Key, body: unknown) => store.write({ key, rev: 1, body, expiresAt: Date.now() + 1e6 });
  const begun = (rollout: RolloutId, time: number) =>
    put(rolloutKey(rolloutPk(rollout)), { rollout: aRollout(aChange({ rollout, version: { time } })), channels: [] });
  await Promise.all([
    begun(OLD, TEN_O_CLOCK),
    begun(NEW, TEN_O_CLOCK + 1),
    begun(PREFIXED, TEN_O_CLOCK),
    begun(LONGER, TEN_O_CLOCK),
    begun(SERVICE, TEN_O_CLOCK),
    put(methodKey('T1', 'chat.update'), { until: 5, count: 0 }),
    put(quarantineKey(TEN_O_CLOCK, 'm1'), quarantinedText('{"id":"cccccccc-1"}', 'not JSON')),
    // DynamoDB gives out a megabyte at a time.
    ...Array.from({ length: 40 }, (_, index) =>
      put(eventKey(rolloutPk(OLD), `old ${index}`), { filler: 'x'.repeat(100_000) }),
    ),
    ...Array.from({ length: 60 }, (_, index) => put({ pk: `F#${index}`, sk: 'x' }, { filler: 'x'.repeat(100_000) })),
  ]);
});

afterAll(async () => {
  client.destroy();
  await stack.stop();
});

const find = (wanted: Wanted): Promise<Found> => findRollouts(client, TABLE, wanted, () => undefined);

describe('findRollouts', () => {
  it('finds a rollout by how its id begins, wherever in the table it is, and says how far it has read', async () => {
    const progress: number[] = [];
    const found = await findRollouts(client, TABLE, { kind: 'id', id: 'aaaaaaaa' }, (read) => progress.push(read));
    expect(found).toEqual({
      rollouts: [
        { id: NEW, startedAt: TEN_O_CLOCK + 1 },
        { id: OLD, startedAt: TEN_O_CLOCK },
      ],
      quarantined: [],
    });
    expect(progress.at(-1)).toBe(107);
    // More pages than parts.
    expect(progress.length).toBeGreaterThan(4);
  });

  it('takes a whole id for the one that it is, though another begins that way', async () => {
    expect((await find({ kind: 'id', id: 'd-ABCDE1234' })).rollouts.map(({ id }) => id)).toEqual([PREFIXED]);
    expect((await find({ kind: 'id', id: 'd-ABCDE123' })).rollouts).toHaveLength(2);
    expect((await find({ kind: 'id', id: '0000-4000' })).rollouts).toEqual([]);
  });

  it('finds the runs of a name, the newest first, and not those of another with the same name', async () => {
    const runs = async (wanted: Wanted) => (await find(wanted)).rollouts.map(({ id }) => id);
    expect(await runs({ kind: 'pipeline', name: 'a#b' })).toEqual([NEW, OLD]);
    expect(await runs({ kind: 'application', name: 'a#b', group: undefined })).toEqual([PREFIXED]);
    expect(await runs({ kind: 'application', name: 'a#b', group: 'a' })).toEqual([]);
    expect(await runs({ kind: 'service', name: 'a#b', cluster: undefined })).toEqual([SERVICE]);
    expect(await runs({ kind: 'service', name: 'a#b', cluster: 'dev' })).toEqual([]);
    expect(await runs({ kind: 'pipeline', name: 'a' })).toEqual([]);
  });

  it('finds an id in what could not be used', async () => {
    expect(await find({ kind: 'id', id: 'cccccccc' })).toEqual({
      rollouts: [],
      quarantined: [{ key: 'Q#2026-11-20 2026-11-20T10%3A00%3A00.000Z#m1', reason: 'not JSON' }],
    });
  });
});

describe('readRollout', () => {
  it('reads all that there is of a rollout, page by page, and the pauses of the workspace', async () => {
    const { items, pauses } = await readRollout(client, TABLE, OLD, 'T1');
    expect(items.map(({ sk }) => sk).filter((sk) => !sk.startsWith('EVENT#'))).toEqual(['STATE']);
    expect(items).toHaveLength(41);
    expect(pauses).toEqual([{ pk: 'W#T1', sk: 'METHOD#chat.update', rev: 1, body: { until: 5, count: 0 } }]);
  });
});
