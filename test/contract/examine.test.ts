import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import { examine } from '../../scripts/doctor/examine.ts';
import type { Examination } from '../../scripts/doctor/examine.ts';
import { sayHello } from '../../scripts/hello/say-hello.ts';
import type { Answer } from '../../scripts/setup/answer.ts';
import type { AwsProbes } from '../../scripts/setup/aws-probes.ts';
import type { Repository } from '../../scripts/setup/repository.ts';
import { denied, glance, PROD, told } from '../support/rows.ts';

const CONFIG = compileConfig(`
slack: { workspace: T1AA, channels: { a: C1AA } }
routes: [{ match: { state: failed }, to: [{ slack: a }, { sns: mail }] }]
`);

const IDENTITY = { arn: 'arn:aws:iam::111122223333:user/ada', account: '111122223333', partition: 'aws' };

let template: Repository['template'];

beforeAll(async () => {
  ({ template } = await compileTemplate({ root: join(import.meta.dirname, '../..'), stage: 'local' }));
});

/** Probes that all get the same kind of answer, each about its own action. */
const probes = (answer: (action: string) => Answer<never>, more: Partial<AwsProbes> = {}): AwsProbes => {
  const about = (action: string) => () => Promise.resolve(answer(action));
  return {
    identity: () => Promise.resolve(told(IDENTITY)),
    parameter: about('ssm:GetParameter'),
    table: about('dynamodb:DescribeTable'),
    function: about('lambda:GetFunctionConfiguration'),
    mappings: about('lambda:ListEventSourceMappings'),
    functionPolicy: about('lambda:GetPolicy'),
    rule: about('events:DescribeRule'),
    targets: about('events:ListTargetsByRule'),
    queue: about('sqs:GetQueueAttributes'),
    topic: about('sns:GetTopicAttributes'),
    publish: about('sns:Publish'),
    simulate: about('iam:SimulatePrincipalPolicy'),
    ...more,
  };
};

const look = (asked: AwsProbes, more: Partial<Examination> = {}) =>
  examine({
    place: PROD,
    repository: { config: { kind: 'valid', config: CONFIG }, template },
    nodeVersion: '24.0.0',
    probes: asked,
    connectSlack: () => () => Promise.reject(new Error('nobody has a token')),
    ...more,
  });

describe('examine', () => {
  it('skips what the caller may not ask, each with the IAM action, and has no problem with that', async () => {
    const rows = await look(probes(denied));
    expect(rows.filter(({ status }) => status === 'problem')).toEqual([]);
    const actions = rows.flatMap(({ says }) => /\w+:\w+$/.exec(says)?.[0] ?? []);
    expect([...new Set(actions)].sort()).toEqual([
      'dynamodb:DescribeTable',
      'events:DescribeRule',
      'events:ListTargetsByRule',
      'lambda:GetFunctionConfiguration',
      'lambda:GetPolicy',
      'lambda:ListEventSourceMappings',
      'sns:GetTopicAttributes',
      'sqs:GetQueueAttributes',
      'ssm:GetParameter',
    ]);
  });

  it('skips the permissions of roles when these may not be asked', async () => {
    const deployed = { runtime: 'nodejs24.x', environment: {}, state: 'Active', update: 'Successful', role: 'arn:r' };
    const rows = await look(probes(denied, { function: () => Promise.resolve(told(deployed)) }));
    expect(
      glance(rows.filter(({ group }) => group === 'Permissions')).map(([status, , says]) => [status, says]),
    ).toEqual(Array(6).fill(['skipped', 'you may not ask: your credentials lack iam:SimulatePrincipalPolicy']));
  });

  it('says of a network that fails once for each service that does not answer', async () => {
    const gone = (action: string): Answer<never> => ({
      kind: 'unreachable',
      host: `AWS ${action.split(':')[0] ?? ''} in eu-west-1`,
      because: 'ENOTFOUND',
    });
    const rows = (await look(probes(gone))).filter(({ status }) => status === 'problem');
    expect(glance(rows).toSorted()).toEqual(
      ['dynamodb', 'events', 'lambda', 'sns', 'sqs', 'ssm'].map((service) => [
        'problem',
        `AWS ${service} in eu-west-1`,
        'does not answer: ENOTFOUND',
      ]),
    );
  });

  it('asks nothing more of an account that does not let it in', async () => {
    const identity = () => Promise.resolve({ kind: 'refused', error: 'ExpiredToken: over' } as const);
    const rows = await look(probes(() => expect.unreachable(), { identity }));
    expect(rows.slice(2).map(({ name, status }) => [name, status])).toEqual([
      ['credentials', 'problem'],
      ['Slack and AWS', 'skipped'],
    ]);
  });

  it.each([
    [
      'a gatehouse.yml with problems',
      { config: { kind: 'invalid', problems: ['line 1  a: b'] }, template: undefined } as const,
      ['gatehouse.yml', 'line 1  a: b'],
    ],
    [
      'a serverless.yml that does not compile',
      { config: { kind: 'valid', config: CONFIG }, template: { problem: 'no' } } as const,
      ['serverless.yml', 'no'],
    ],
    [
      'a template that means nothing',
      {
        config: { kind: 'valid', config: CONFIG },
        template: {
          ...{ Parameters: {}, Mappings: {}, Conditions: {} },
          Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { Ref: 'X' } } } },
        },
      } as const,
      ['serverless.yml', 'Cannot resolve the template at Q.QueueName.Ref: there is no X'],
    ],
  ])('tells of %s before all else, and so does hello', async (_name, repository, [name = '', says = '']) => {
    const asked = probes(() => expect.unreachable());
    for (const rows of [
      await look(asked, { repository }),
      await sayHello({ place: PROD, repository, probes: asked, connectSlack: () => expect.unreachable() }),
    ]) {
      expect(glance(rows.filter(({ status }) => status === 'problem'))).toEqual([['problem', name, says]]);
    }
  });
});

describe('sayHello', () => {
  it('sends no token to anywhere but where the stage has its Slack', async () => {
    const addresses: string[] = [];
    const connectSlack = (apiUrl: string) => {
      addresses.push(apiUrl);
      return () => Promise.resolve({ kind: 'refused', error: 'invalid_auth', needed: undefined } as const);
    };
    const parameter = () => Promise.resolve(told({ type: 'SecureString', value: 'xoxb-canary' }));
    const asked = probes(() => ({ kind: 'missing' }), { parameter });
    const repository: Repository = { config: { kind: 'valid', config: CONFIG }, template };
    await sayHello({ place: PROD, repository, probes: asked, connectSlack });
    await sayHello({
      place: { ...PROD, stage: 'local', local: 'http://127.0.0.1:1' },
      repository,
      probes: asked,
      connectSlack,
    });
    expect(addresses).toEqual(['https://slack.com/api/']);
  });
});
