import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { resolveTemplate } from '../../local/template/resolve-template.ts';

const SERVERLESS_YML = `
service: gatehouse
provider:
  name: aws
  runtime: nodejs24.x
  deploymentMethod: direct
package:
  patterns: ['!**', 'dist/**']
functions:
  notify:
    handler: dist/notify/index.handler
    environment:
      QUEUE_URL: !Ref Events
    events:
      - sqs:
          arn: !GetAtt Events.Arn
resources:
  Resources:
    Events:
      Type: AWS::SQS::Queue
      Properties:
        QueueName: \${sls:stage}-events
`;

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  await mkdir(join(root, 'dist/notify'), { recursive: true });
  await writeFile(join(root, 'dist/notify/index.js'), 'exports.handler = async () => 1;');
  await writeFile(join(root, 'serverless.yml'), SERVERLESS_YML);
});

afterEach(() => rm(root, { recursive: true }));

const compile = () => compileTemplate({ root, stage: 'test' });

const surroundings = { region: 'us-east-1', account: '000000000000', stackName: 'local', endpoint: 'http://aws' };

const bundleOf = async (taskRoot: string) => readFile(join(taskRoot, 'dist/notify/index.js'), 'utf8');

describe('compileTemplate', () => {
  it('gives what the Serverless Framework would deploy, with the bundles', async () => {
    const { template, taskRoot } = await compile();
    const resourcesOf = resolveTemplate(template, surroundings);
    expect(resourcesOf('AWS::Lambda::Function').map(({ name, properties }) => [name, properties])).toEqual([
      [
        'gatehouse-test-notify',
        expect.objectContaining({
          Handler: 'dist/notify/index.handler',
          Environment: { Variables: { QUEUE_URL: 'http://aws/000000000000/test-events' } },
        }),
      ],
    ]);
    expect(resourcesOf('AWS::Lambda::EventSourceMapping')[0]?.properties).toMatchObject({
      EventSourceArn: 'arn:aws:sqs:us-east-1:000000000000:test-events',
    });
    expect(await bundleOf(taskRoot)).toBe('exports.handler = async () => 1;');
  });

  it('keeps what it compiled until a source changes', async () => {
    const first = await compile();
    await writeFile(join(root, 'dist/notify/index.js'), 'exports.handler = async () => 2;');
    const second = await compile();
    expect(second).toEqual(first);
    expect(await bundleOf(second.taskRoot)).toBe('exports.handler = async () => 1;');
    await writeFile(join(root, 'serverless.yml'), SERVERLESS_YML.replace('-events', '-other'));
    const third = await compile();
    expect(third.taskRoot).not.toBe(first.taskRoot);
    expect(await bundleOf(third.taskRoot)).toBe('exports.handler = async () => 2;');
  });

  it('gives each of two stages that are compiled at once its own', { timeout: 60_000 }, async () => {
    const stages = ['one', 'two', 'one'];
    const stacks = await Promise.all(stages.map((stage) => compileTemplate({ root, stage })));
    const names = stacks.map(({ template }) =>
      resolveTemplate(template, surroundings)('AWS::SQS::Queue').map(({ properties }) => properties['QueueName']),
    );
    expect(names).toEqual([['one-events'], ['two-events'], ['one-events']]);
    expect(new Set(stacks.map(({ taskRoot }) => taskRoot)).size).toBe(2);
  });

  it('says what the Serverless Framework says when it refuses, and keeps nothing', async () => {
    await writeFile(join(root, 'serverless.yml'), SERVERLESS_YML.replace('sls:stage', 'self:custom.nobody'));
    await expect(compile()).rejects.toThrow(
      /^serverless\.yml cannot be compiled\.\n[\s\S]*Cannot resolve variable at "resources\.Resources\.Events/,
    );
    expect(await readdir(join(root, '.gatehouse/cache'))).toEqual([]);
  });
});
