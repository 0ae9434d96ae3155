import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Publication } from '../../local/aws/embedded-queues.ts';
import { startStack } from '../../local/stack.ts';
import type { Stack } from '../../local/stack.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { ROOT } from '../support/command.ts';
import { aProject } from '../support/project.ts';

const HERE = 'arn:aws:sns:us-east-1:111122223333:deployments';
const THERE = 'arn:aws:sns:eu-west-1:111122223333:deployments';

let project: Awaited<ReturnType<typeof aProject>>;
let stack: Stack;
const published: Publication[] = [];

beforeAll(async () => {
  project = await aProject({ gatehouseYml: (text) => `${text}\nlisten: { topics: ['${HERE}', '${THERE}'] }\n` });
  stack = await startStack({
    root: project.root,
    stage: 'test',
    ports: { aws: 0, slack: 0 },
    functions: true,
    schedules: false,
    log: () => undefined,
    onPublish: (publication) => published.push(publication),
  });
});

afterAll(async () => {
  await stack.stop();
  await project.remove();
});

describe('a topic that gatehouse.yml listens to', () => {
  it.each([
    ['of this region', HERE, 'd-38ZTNI1G2'],
    ['of another region', THERE, 'd-OTHER0001'],
  ])('brings what a CodeDeploy trigger says to notify: one %s', async (_which, TopicArn, deploymentId) => {
    const sns = new SNSClient({
      endpoint: stack.aws,
      region: stack.region,
      credentials: { accessKeyId: 'x', secretAccessKey: 'y' },
    });
    const sample = await readFile(join(ROOT, 'events/envelopes/deployment-failed-by-trigger-raw.json'), 'utf8');
    published.length = 0;
    await sns.send(new PublishCommand({ TopicArn, Message: sample.replace('d-38ZTNI1G2', deploymentId) }));
    await stack.idle();
    expect(published.map(({ topicArn }) => topicArn)).toEqual([
      TopicArn,
      `arn:aws:sns:${stack.region}:${stack.account}:gatehouse-test-releases`,
    ]);
    expect(published[1]?.message).toContain(deploymentId);
  });

  it('is let into the events queue, and into the dead-letter queue from its own region only', async () => {
    const { template } = await compileTemplate({ root: project.root, stage: 'test' });
    const letIn = (policy: string) => JSON.stringify(template.Resources[policy]).match(/arn:aws:sns[^"]+/g);
    expect(letIn('EventsQueuePolicy')).toEqual([HERE, THERE]);
    expect(letIn('RuleDeadLettersPolicy')).toEqual([HERE]);
  });
});
