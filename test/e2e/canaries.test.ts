import { DeleteTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { meetSlack } from '../../local/slack/slack-actor.ts';
import type { SlackActor } from '../../local/slack/slack-actor.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { ROOT } from '../support/command.ts';
import { eventually } from '../support/eventually.ts';
import { watchSlack } from '../support/slack-watch.ts';

let stack: Stack;
let actor: SlackActor;
let slack: ReturnType<typeof watchSlack>;
let sqs: SQSClient;
let dynamoDb: DynamoDBClient;
const logged: string[] = [];
const said: string[] = [];
const published: string[] = [];

beforeAll(async () => {
  stack = await startStack({
    root: ROOT,
    stage: 'local',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    speed: 20,
    log: (line) => logged.push(line),
    onSlackCall: (call) => said.push(JSON.stringify(call)),
    // What CodePipeline itself publishes of an approval has its token.
    onPublish: (publication) =>
      publication.topicArn.includes(':gatehouse-local-') && published.push(JSON.stringify(publication)),
  });
  actor = await meetSlack(stack.slack);
  slack = watchSlack(actor);
  const connection = {
    endpoint: stack.aws,
    region: stack.region,
    credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
  };
  sqs = new SQSClient({ ...connection, useQueueUrlAsEndpoint: false });
  dynamoDb = new DynamoDBClient(connection);
}, 60_000);

afterAll(async () => {
  sqs.destroy();
  dynamoDb.destroy();
  await stack.stop();
});

/** The tokens of all approvals that there have been. */
const tokens = (): readonly string[] =>
  stack.pipelines
    .states()
    .flatMap(({ executions }) =>
      executions.flatMap(({ runs }) =>
        runs.flatMap(({ actions }) => actions.flatMap(({ token }) => (token === undefined ? [] : [token]))),
      ),
    );

const urlOf = (queue: string): string => `${stack.aws}/${stack.account}/gatehouse-local-${queue}`;

const deadLettersOf = async (queue: string): Promise<readonly string[]> => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: urlOf(queue), MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
  );
  return Messages.map(({ Body = '' }) => Body);
};

const items = async (): Promise<readonly string[]> => {
  const { Items = [] } = await dynamoDb.send(new ScanCommand({ TableName: 'gatehouse-local' }));
  return Items.map((item) => JSON.stringify(item));
};

const containing = (texts: readonly string[], secrets: readonly string[]): readonly string[] =>
  texts.filter((text) => secrets.some((secret) => text.includes(secret)));

describe('the secrets of the local stack', () => {
  it(
    'are nowhere but where they are kept, whatever is clicked and whatever breaks (S42)',
    { timeout: 90_000 },
    async () => {
      const production = await slack.askedOnce(stack.pipelines.start('shop-prod', { push: true }));
      const staging = await slack.askedOnce(stack.pipelines.start('shop-staging', { push: true }));
      const open = tokens();
      const keys = [stack.slackToken, stack.slackReaderToken, stack.signingSecret];
      expect([open.length, new Set([...open, ...keys]).size]).toEqual([2, 5]);
      // Only the gates have them, each its own.
      expect(containing(await items(), open).filter((item) => !item.includes('"GATE"'))).toEqual([]);
      const mallory = await actor.click('mallory', production, 'Approve…');
      await actor.submit('mallory', mallory.modal ?? fail(), {});
      const rejecting = await actor.click('grace', staging, 'Reject…');
      await actor.submit('grace', rejecting.modal ?? fail(), { Reason: 'Not on a Friday' });
      await eventually(
        () => Promise.resolve(published.length),
        (count) => count > 0,
      );
      await stack.idle();
      // And none of them when it is over.
      expect(containing(await items(), open.slice(1))).toEqual([]);

      // Now everything fails, soon for the last time.
      for (const queue of ['votes.fifo', 'events']) {
        await sqs.send(
          new SetQueueAttributesCommand({
            QueueUrl: urlOf(queue),
            Attributes: {
              VisibilityTimeout: '1',
              RedrivePolicy: JSON.stringify({
                deadLetterTargetArn: `arn:aws:sqs:${stack.region}:${stack.account}:gatehouse-local-${queue.replace(/(\.fifo)?$/, '-dead$1')}`,
                maxReceiveCount: 1,
              }),
            },
          }),
        );
      }
      await dynamoDb.send(new DeleteTableCommand({ TableName: 'gatehouse-local' }));
      const ada = await actor.click('ada', production, 'Approve…');
      await actor.submit('ada', ada.modal ?? fail(), { Note: 'Checked' });
      stack.pipelines.start('shop-staging', { push: true });
      const dead = await Promise.all(
        ['votes-dead.fifo', 'events-dead'].map((queue) =>
          eventually(
            () => deadLettersOf(queue),
            (bodies) => bodies.length > 0,
          ),
        ),
      );
      expect(dead.map((bodies) => bodies.length > 0)).toEqual([true, true]);
      expect(logged.filter((line) => line.includes('gate not decided'))).not.toEqual([]);
      const secrets = [...tokens(), ...keys];
      expect(containing(dead.flat(), secrets)).toEqual([]);
      expect(containing(logged, secrets)).toEqual([]);
      expect(containing(said, secrets)).toEqual([]);
      expect(containing(published, secrets)).toEqual([]);
    },
  );
});

const fail = (): never => {
  throw new Error('No form has opened');
};
