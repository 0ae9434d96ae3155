import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as v from 'valibot';
import { parseEventText } from '../shared/rollout/parse-event.ts';
import { print, runCommand, tell } from './command.ts';
import { isRecord, parseJson } from './json.ts';
import type { JsonRecord } from './json.ts';
import { createScreen } from './screen.ts';
import type { Screen } from './screen.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';

const HELP = `Runs Gatehouse on this machine: embedded AWS services, an embedded Slack, the bundled functions.

  npm start                     AWS on 4566, Slack on 4567, Gatehouse's own address on 4568; plays a recorded run,
                                stays up until Ctrl-C
  npm start -- --once           ends after the recorded run
  npm start -- --run STORY      plays another run, a folder of events/runs
  npm start -- --speed N        what is simulated goes N times as fast; people have as long as ever
  npm start -- --port PORT      AWS on PORT, the others on the ports after it; 0: free ports
  npm start -- --verbose        shows what the functions log
  npm start -- --json           plays nothing; prints one line of JSON when it is ready, logs on stderr

Nothing leaves this machine.`;

const DEFAULT_PORT = '4566';

/** The recorded events come faster than they once did. */
const BETWEEN_EVENTS_MS = 600;

const ROOT = join(import.meta.dirname, '..');
const RUNS = join(ROOT, 'events/runs');

const Options = v.object({
  help: v.boolean(),
  json: v.boolean(),
  once: v.boolean(),
  verbose: v.boolean(),
  run: v.string(),
  speed: v.pipe(
    v.string(),
    v.regex(/^\d{1,4}(?:\.\d{1,3})?$/, '--speed takes a number'),
    v.transform(Number),
    v.minValue(0.1, '--speed takes a number from 0.1 to 1000'),
    v.maxValue(1000, '--speed takes a number from 0.1 to 1000'),
  ),
  port: v.pipe(
    v.string(),
    v.regex(/^\d{1,5}$/, '--port takes a number'),
    v.transform(Number),
    v.maxValue(65_533, '--port takes a number up to 65533'),
  ),
});
type Options = v.InferOutput<typeof Options>;

const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      json: { type: 'boolean', default: false },
      once: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      run: { type: 'string', default: 'success' },
      speed: { type: 'string', default: '1' },
      port: { type: 'string', default: DEFAULT_PORT },
    },
  });
  return v.parse(Options, values);
};

/** The events of a recorded run, in order. */
const readRun = async (story: string): Promise<readonly JsonRecord[]> => {
  const stories = await readdir(RUNS);
  if (!stories.includes(story)) {
    throw new Error(`There is no run "${story}" in events/runs. There are: ${stories.join(', ')}.`);
  }
  const files = (await readdir(join(RUNS, story))).filter((file) => file.endsWith('.json')).sort();
  const events = await Promise.all(files.map((file) => readFile(join(RUNS, story, file), 'utf8')));
  return events.map(parseJson).filter(isRecord);
};

const play = async (stack: Stack, events: readonly JsonRecord[], signal: AbortSignal): Promise<void> => {
  for (const event of events) {
    stack.putEvents([event]);
    await wait(BETWEEN_EVENTS_MS, undefined, { signal });
  }
  await stack.idle();
};

/** Warnings and errors of the functions; the rest only when it is asked for. */
const isTrouble = (line: string): boolean => {
  const parsed = parseJson(line);
  return !isRecord(parsed) || ['WARN', 'ERROR', 'CRITICAL'].includes(String(parsed['level']));
};

const summary = ({ messages, edits, mails }: ReturnType<Screen['seen']>): string =>
  `Seen: ${counted(messages, 'Slack message')}, edited ${counted(edits, 'time')}, and ${counted(mails, 'mail')}.`;

/** Ids of what a run is about. */
const idsOf = (events: readonly JsonRecord[]): readonly string[] => [
  ...new Set(
    events.flatMap((event) => {
      const parsed = parseEventText(JSON.stringify(event));
      return parsed.kind === 'change' ? [parsed.change.rollout.executionId] : [];
    }),
  ),
];

const whatNext = (
  { aws, slack, gatehouse, slackRequestPath, channels, region }: Stack,
  played: readonly string[],
): string =>
  [
    '',
    `AWS    ${aws}   (cloudwatch, codedeploy, codepipeline, dynamodb, ecs, elbv2, events, iam, lambda, logs,
       sns, sqs, ssm, sts)`,
    `Slack  ${slack}   (channels: ${Object.keys(channels).join(', ')})`,
    `Clicks ${gatehouse}${slackRequestPath}   (where Slack would send them)`,
    '',
    'See what came of each event, and why:',
    ...played.map((id) => `  npm run explain -- --stage local${portOption(aws)} ${id}`),
    'The AWS CLI wants a region and credentials, whichever:',
    `  export AWS_DEFAULT_REGION=${region} AWS_ACCESS_KEY_ID=$USER AWS_SECRET_ACCESS_KEY=local`,
    'Send an event of your own:',
    `  aws --endpoint-url ${aws} events put-events --entries file://entries.json`,
    'Start a pipeline that waits for an approval, and give it, in another terminal:',
    `  aws --endpoint-url ${aws} codepipeline start-pipeline-execution --name shop-staging`,
    `  npm run click -- approve shop-staging --as ada${portOption(aws)}`,
    'Start a pipeline that asks Gatehouse by a Lambda action, and by a rule before it deploys:',
    `  aws --endpoint-url ${aws} codepipeline start-pipeline-execution --name orders-release`,
    'Start a blue/green deployment that waits before its traffic moves:',
    `  aws --endpoint-url ${aws} deploy create-deployment --application-name storefront --deployment-group-name prod \\`,
    '    --github-location repository=acme/storefront,commitId=e3b60d7f42a95c18f0d6b3a7c9e24581f6d0a3b7',
    'Deploy a new version of a Lambda function as a canary, whose hooks ask Gatehouse; good.json brings a good one:',
    `  aws --endpoint-url ${aws} deploy create-deployment --application-name orders --deployment-group-name prod \\`,
    '    --revision file://examples/orders/bad.json',
    '  # and, stopped while its traffic moves, with --deployment-group-name linear: examples/orders/bad-slowly.json',
    'Deploy a web service with a listener for tests; good.json brings a good version:',
    `  aws --endpoint-url ${aws} deploy create-deployment --application-name web --deployment-group-name prod \\`,
    '    --revision file://examples/web/bad.json',
    'Deploy a service that waits at a pause hook before its traffic moves:',
    `  aws --endpoint-url ${aws} ecs update-service --cluster prod --service checkout --force-new-deployment`,
    'Deploy a service in steps, at whose hooks ECS asks Gatehouse; basket:2 is a good version:',
    `  aws --endpoint-url ${aws} ecs update-service --cluster prod --service basket --task-definition basket:3`,
    'See what doctor and hello say of it, in another terminal:',
    `  npm run doctor -- --stage local${portOption(aws)}`,
    `  npm run hello -- --stage local${portOption(aws)}`,
    'Ctrl-C ends it.',
  ].join('\n');

/** The commands look where npm start is unless it was told otherwise. */
const portOption = (aws: string): string => {
  const { port } = new URL(aws);
  return port === DEFAULT_PORT ? '' : ` --port ${port}`;
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

const run = async ({ json, once, port, run: story, speed, verbose }: Options): Promise<number> => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const stop = (): void => {
    stopping.abort();
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });

  if (!json) {
    tell('Starting the stack; when something has changed it is compiled first …');
  }
  let names: ReadonlyMap<string, string> = new Map();
  const screen = createScreen({
    print,
    nameOf: (id) => names.get(id) ?? id,
    colours: process.stdout.isTTY,
  });
  const stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: port, slack: port && port + 1, gatehouse: port && port + 2 },
    functions: true,
    schedules: true,
    speed,
    log: (line, source) => {
      if (json || verbose || isTrouble(line)) {
        tell(`${source}: ${line}`);
      }
    },
    ...(!json && screen),
  });
  names = new Map([
    ...Object.entries(stack.channels).map(([name, id]) => [id, name] as const),
    ...stack.users.map(({ id, name }) => [id, name] as const),
  ]);
  try {
    if (json) {
      const { aws, slack, slackReaderToken, region, gatehouse, slackRequestPath, signingSecret, team, app } = stack;
      const users = stack.users.map(({ id, name, approver }) => ({ id, name, approver }));
      const place = { aws, slack, slackToken: slackReaderToken, region, gatehouse, slackRequestPath };
      print(JSON.stringify({ ready: true, ...place, signingSecret, team, app, users }));
    } else {
      print(`Playing events/runs/${story}: what people see in Slack and in their mail.\n`);
      const events = await readRun(story);
      await Promise.race([play(stack, events, signal), interrupted]);
      print(summary(screen.seen()));
      if (once) {
        return 0;
      }
      print(whatNext(stack, idsOf(events)));
    }
    await interrupted;
    return 0;
  } finally {
    await stack.stop();
  }
};

/** An interruption is how it is meant to end; whatever else keeps the stack from running says so itself. */
const exitCodeOf = (error: Error): number => (error.name === 'AbortError' ? 0 : 1);

process.exitCode = await runCommand({ help: HELP, readOptions, run, exitCodeOf });
