import { QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBClient, QueryCommandOutput, ScanCommandOutput } from '@aws-sdk/client-dynamodb';
import * as v from 'valibot';
import { quarantineItem } from '../../shared/quarantine/quarantine.ts';
import { overviewOf } from '../../shared/rollout/overview.ts';
import type { RolloutId } from '../../shared/rollout/rollout.ts';
import { rolloutItem } from '../../shared/rollout/stored-rollout.ts';
import { gatePk, rolloutIdOf, rolloutPk, workspacePk } from '../../shared/store/keys.ts';

/** What people know of a rollout: its id or how that begins, or what it is a run of. */
export type Wanted =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'pipeline'; readonly name: string }
  | { readonly kind: 'application'; readonly name: string; readonly group: string | undefined }
  | { readonly kind: 'service'; readonly name: string; readonly cluster: string | undefined };

export type FoundRollout = { readonly id: RolloutId; readonly startedAt: number | undefined };

export type Found = {
  /** The newest first. */
  readonly rollouts: readonly FoundRollout[];
  /** Inputs that could not be used and have the id in what is kept of them. */
  readonly quarantined: readonly { readonly key: string; readonly reason: string }[];
};

/** An item as it is stored; whoever knows its kind reads the body. */
export type StoredRow = { readonly sk: string; readonly rev: number; readonly body: unknown };

/** What is stored of a gate of the rollout, or of a run of validation at one of its hooks. */
export type StoredGate = { readonly id: string; readonly items: readonly StoredRow[] };

const text = v.pipe(
  v.object({ S: v.string() }),
  v.transform(({ S }) => S),
);

const Row = v.pipe(
  v.object({
    pk: text,
    sk: text,
    rev: v.pipe(
      v.object({ N: v.string() }),
      v.transform(({ N }) => Number(N)),
    ),
    body: text,
  }),
  v.transform((row) => ({ ...row, body: parsedJson(row.body) })),
);
type Row = v.InferOutput<typeof Row>;

const parsedJson = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

/** How many parts of the table are read at a time. */
const SEGMENTS = 4;

/**
 * Looks through the whole table, for ids are the end of its keys and names the middle. `onProgress` hears how many items
 * were read so far. Needs `dynamodb:Scan`.
 */
export const findRollouts = async (
  client: DynamoDBClient,
  table: string,
  wanted: Wanted,
  onProgress: (itemsRead: number) => void,
): Promise<Found> => {
  let read = 0;
  const segments = Array.from({ length: SEGMENTS }, async (_, segment) => {
    const rows: Row[] = [];
    let from: ScanCommandOutput['LastEvaluatedKey'];
    do {
      const page: ScanCommandOutput = await client.send(
        new ScanCommand({
          TableName: table,
          Segment: segment,
          TotalSegments: SEGMENTS,
          ...filterOf(wanted),
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      rows.push(...v.parse(v.array(Row), page.Items ?? []));
      read += page.ScannedCount ?? 0;
      onProgress(read);
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return rows;
  });
  const rows = (await Promise.all(segments)).flat();
  const rollouts = rows.flatMap(foundRollout).filter(({ id }) => isWanted(id, wanted));
  const exact = rollouts.filter(({ id }) => wanted.kind === 'id' && id.executionId === wanted.id);
  return {
    rollouts: (exact.length > 0 ? exact : rollouts).sort((a, b) => (b.startedAt ?? 0) - (a.startedAt ?? 0)),
    quarantined: rows.flatMap(foundQuarantined),
  };
};

/** What may be it: keys hold names percent-encoded, between `#`. */
const filterOf = (wanted: Wanted) => {
  switch (wanted.kind) {
    case 'id':
      return {
        FilterExpression:
          '(sk = :state AND contains(pk, :part)) OR (begins_with(pk, :quarantine) AND contains(body, :id))',
        ExpressionAttributeValues: {
          ':state': { S: 'STATE' },
          ':part': { S: `#${encodeURIComponent(wanted.id)}` },
          ':quarantine': { S: 'Q#' },
          ':id': { S: wanted.id },
        },
      };
    case 'pipeline':
    case 'application':
    case 'service':
      return {
        FilterExpression: 'sk = :state AND begins_with(pk, :source) AND contains(pk, :part)',
        ExpressionAttributeValues: {
          ':state': { S: 'STATE' },
          ':source': { S: SOURCES[wanted.kind] },
          ':part': { S: `#${encodeURIComponent(wanted.name)}#` },
        },
      };
  }
};

const SOURCES = { pipeline: 'X#codepipeline#', application: 'X#codedeploy#', service: 'X#ecs#' } as const;

const isWanted = (id: RolloutId, wanted: Wanted): boolean => {
  switch (wanted.kind) {
    case 'id':
      return id.executionId.startsWith(wanted.id);
    case 'pipeline':
      return id.source === 'codepipeline' && id.name === wanted.name;
    case 'application':
      return (
        id.source === 'codedeploy' &&
        id.application === wanted.name &&
        (wanted.group === undefined || id.group === wanted.group)
      );
    case 'service':
      return (
        id.source === 'ecs' &&
        id.service === wanted.name &&
        (wanted.cluster === undefined || id.cluster === wanted.cluster)
      );
  }
};

const foundRollout = ({ pk, sk, body }: Row): readonly FoundRollout[] => {
  const id = sk === 'STATE' ? rolloutIdOf(pk) : undefined;
  return id === undefined ? [] : [{ id, startedAt: startOf(body) }];
};

/** Undefined for what a newer version may have written: it is listed all the same. */
const startOf = (body: unknown): number | undefined => {
  try {
    return overviewOf(rolloutItem.parse(body).rollout).startedAt;
  } catch {
    return undefined;
  }
};

const foundQuarantined = ({ pk, sk, body }: Row): Found['quarantined'] => {
  if (!pk.startsWith('Q#')) {
    return [];
  }
  try {
    return [{ key: `${pk} ${sk}`, reason: quarantineItem.parse(body).reason }];
  } catch {
    return [];
  }
};

/** All that is stored of a rollout, its gates and its validations, and the workspace's pauses. Needs `dynamodb:Query`. */
export const readRollout = async (
  client: DynamoDBClient,
  table: string,
  id: RolloutId,
  workspace: string,
): Promise<{
  readonly items: readonly StoredRow[];
  readonly pauses: readonly StoredRow[];
  readonly gates: readonly StoredGate[];
  readonly runs: readonly StoredGate[];
}> => {
  const [items, pauses] = await Promise.all([
    readPartition(client, table, rolloutPk(id)),
    readPartition(client, table, workspacePk(workspace)),
  ]);
  const { gates, runs } = idsIn(items);
  const readAll = (ids: readonly string[]): Promise<readonly StoredGate[]> =>
    Promise.all(ids.map(async (one) => ({ id: one, items: await readPartition(client, table, gatePk(one)) })));
  return { items, pauses, gates: await readAll(gates), runs: await readAll(runs) };
};

/**
 * Ids of the gates at which the rollout has waited, and of the runs of validation at its hooks; none of what a newer version
 * has written.
 */
const idsIn = (items: readonly StoredRow[]): Readonly<Record<'gates' | 'runs', readonly string[]>> => {
  const state = items.find(({ sk }) => sk === 'STATE');
  try {
    const { gates = {}, validations = {} } = rolloutItem.parse(state?.body);
    return { gates: Object.keys(gates), runs: Object.keys(validations) };
  } catch {
    return { gates: [], runs: [] };
  }
};

const readPartition = async (client: DynamoDBClient, table: string, pk: string): Promise<readonly StoredRow[]> => {
  const rows: StoredRow[] = [];
  let from: QueryCommandOutput['LastEvaluatedKey'];
  do {
    const page: QueryCommandOutput = await client.send(
      new QueryCommand({
        TableName: table,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ...(from && { ExclusiveStartKey: from }),
      }),
    );
    rows.push(...v.parse(v.array(Row), page.Items ?? []));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return rows;
};
