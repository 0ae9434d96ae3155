import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { compileConfig, ConfigInvalid } from '../scripts/config/compile-config.ts';
import { PLACE_HELP, placeOptions, placeSettings, readPlace } from '../scripts/setup/place.ts';
import type { Place } from '../scripts/setup/place.ts';
import { clientSettings } from '../shared/aws/clients.ts';
import type { Config } from '../shared/config/config.ts';
import { rolloutName } from '../shared/message/rollout-name.ts';
import { print, runCommand, tell, UsageError } from './command.ts';
import { AwsTrouble, awsTroubleOf } from './explain/aws-trouble.ts';
import type { Asked } from './explain/aws-trouble.ts';
import { drawStory } from './explain/draw-story.ts';
import { findRollouts, readRollout } from './explain/find-rollouts.ts';
import type { Found, Wanted } from './explain/find-rollouts.ts';
import { rolloutStory, StoryUnreadable } from './explain/rollout-story.ts';
import { readText, Unreadable } from './replay/read-recorded-events.ts';
import { span } from './terminal/styled-text.ts';

const HELP = `Tells the story of a pipeline execution or a deployment from what is stored of it.

  npm run explain -- [options] ID
  npm run explain -- [options] --pipeline NAME
  npm run explain -- [options] --application NAME [--group NAME]
  npm run explain -- [options] --service NAME [--cluster NAME]

ID is the id of an execution or of a deployment (d-…; of ECS the last part of its ARN), or how it begins, from 8
characters on; with a name it is the newest of that name.

${PLACE_HELP}
  --config FILE    another gatehouse.yml, for the names of channels and environments
  --json           one JSON document instead of text; times are epoch milliseconds
  --help           this text

It reads the whole table, and so needs dynamodb:Scan and dynamodb:Query on it.
Exit code: 0 it was told, 1 it was not found or not to be had, 2 usage.`;

const CONFIG = join(import.meta.dirname, '../gatehouse.yml');

const LEAST_OF_ID = 8;

type Options = {
  readonly help: boolean;
  readonly json: boolean;
  readonly config: string;
  readonly place: Place;
  readonly wanted: Wanted;
};

const readOptions = (args: readonly string[]): Options => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      config: { type: 'string', default: CONFIG },
      ...placeOptions,
      pipeline: { type: 'string' },
      application: { type: 'string' },
      group: { type: 'string' },
      service: { type: 'string' },
      cluster: { type: 'string' },
    },
  });
  const { help, json, config } = values;
  // Who asks for help need not ask for anything else.
  const wanted: Wanted = help ? { kind: 'id', id: '' } : readWanted(values, positionals);
  return { help, json, config, place: readPlace(values, process.env), wanted };
};

const readWanted = (
  {
    pipeline,
    application,
    group,
    service,
    cluster,
  }: Readonly<Partial<Record<'pipeline' | 'application' | 'group' | 'service' | 'cluster', string>>>,
  ids: readonly string[],
): Wanted => {
  const [id, ...more] = ids;
  if (more.length > 0 || [id, pipeline, application, service].filter((one) => one !== undefined).length > 1) {
    throw new UsageError('Ask for one thing: an ID, or --pipeline, or --application, or --service');
  }
  if (group !== undefined && application === undefined) {
    throw new UsageError('--group goes with --application');
  }
  if (cluster !== undefined && service === undefined) {
    throw new UsageError('--cluster goes with --service');
  }
  if (pipeline !== undefined) {
    return { kind: 'pipeline', name: pipeline };
  }
  if (application !== undefined) {
    return { kind: 'application', name: application, group };
  }
  if (service !== undefined) {
    return { kind: 'service', name: service, cluster };
  }
  if (id === undefined) {
    throw new UsageError('Name an ID, --pipeline, --application or --service');
  }
  if (id.length < LEAST_OF_ID || !id.isWellFormed()) {
    throw new UsageError(`An ID, or how it begins, has at least ${LEAST_OF_ID} characters`);
  }
  return { kind: 'id', id };
};

/** A client of the deployed table or of the local stack, and what it asks. */
const connect = (place: Place): { readonly client: DynamoDBClient; readonly asked: Asked } => ({
  client: new DynamoDBClient({ ...clientSettings, ...placeSettings(place) }),
  asked: {
    table: `gatehouse-${place.stage}`,
    region: place.region,
    endpoint: place.local ?? process.env['AWS_ENDPOINT_URL_DYNAMODB'] ?? process.env['AWS_ENDPOINT_URL'],
  },
});

/** Says how far the reading is, once it takes long enough for anybody to wonder. */
const createProgress = (): { readonly show: (itemsRead: number) => void; readonly clear: () => void } => {
  const { stderr } = process;
  const everyMs = 1_000;
  let nextAt = Date.now() + everyMs;
  let shown = false;
  return {
    show: (itemsRead) => {
      if (stderr.isTTY && Date.now() >= nextAt) {
        nextAt = Date.now() + everyMs;
        shown = true;
        stderr.write(`\r${itemsRead} items read`);
      }
    },
    clear: () => {
      if (shown) {
        stderr.write('\r\u001b[K');
      }
    },
  };
};

const run = async ({ json, config: file, place, wanted }: Options): Promise<number> => {
  const config = compileConfig(await readText(file), basename(file));
  const { client, asked } = connect(place);
  try {
    const where = `the table ${asked.table} in ${asked.region}${asked.endpoint === undefined ? '' : ` at ${asked.endpoint}`}`;
    tell(`Looking for ${wordsOf(wanted)} in ${where}: the whole of it is read.`);
    const progress = createProgress();
    const found = await findRollouts(client, asked.table, wanted, progress.show).finally(progress.clear);
    const [first, ...others] = found.rollouts;
    if (first === undefined) {
      tell(notFound(wanted, found, where));
      return 1;
    }
    if (wanted.kind === 'id' && others.length > 0) {
      tell(several(wanted.id, found));
      return 2;
    }
    const stored = await readRollout(client, asked.table, first.id, config.slack.workspace);
    print(told({ id: first.id, ...stored }, config, json));
    return 0;
  } catch (error) {
    throw awsTroubleOf(error, asked);
  } finally {
    client.destroy();
  }
};

const told = (stored: Parameters<typeof rolloutStory>[0], config: Config, json: boolean): string => {
  const story = rolloutStory(stored, config, Date.now());
  return json ? JSON.stringify(story) : drawStory(story, config, process.stdout.isTTY);
};

const wordsOf = (wanted: Wanted): string => {
  switch (wanted.kind) {
    case 'id':
      return clean(wanted.id);
    case 'pipeline':
      return `the newest execution of the pipeline ${clean(wanted.name)}`;
    case 'application':
      return `the newest deployment of ${clean([wanted.name, wanted.group].filter(Boolean).join(' / '))}`;
    case 'service':
      return `the newest deployment of ${clean([wanted.cluster, wanted.name].filter(Boolean).join(' / '))}`;
  }
};

const notFound = (wanted: Wanted, { quarantined }: Found, where: string): string =>
  [
    `There is no ${wanted.kind === 'id' ? wordsOf(wanted) : wordsOf(wanted).replace('the newest ', '')} in ${where}.`,
    ...(quarantined.length === 0
      ? ['Is the stage right? What ended more than 90 days ago is gone; what no rule or trigger sends never came.']
      : [
          'But an input that could not be used speaks of it:',
          ...quarantined.map(({ key, reason }) => clean(`  ${key}: ${reason}`)),
        ]),
  ].join('\n');

const several = (id: string, { rollouts }: Found): string =>
  [
    `${rollouts.length} ids begin with ${clean(id)}. Give more of it:`,
    ...rollouts.map((rollout) => clean(`  ${rollout.id.executionId}  ${rolloutName(rollout.id, 100)}`)),
  ].join('\n');

/** Foreign text, of a name or an id, that drives no terminal. */
const clean = (text: string): string => span(text).text;

/** What a person can mend says what it is. */
const exitCodeOf = (error: Error): number | undefined => {
  if (error instanceof Unreadable) {
    return 2;
  }
  return error instanceof ConfigInvalid || error instanceof AwsTrouble || error instanceof StoryUnreadable
    ? 1
    : undefined;
};

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf });
