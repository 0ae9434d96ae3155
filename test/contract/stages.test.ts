import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { ACCOUNT, REGION } from '../../local/aws/account.ts';
import { compileTemplate } from '../../local/template/compile-template.ts';
import { resolveTemplate } from '../../local/template/resolve-template.ts';
import { ROOT } from '../support/command.ts';
import { aProject } from '../support/project.ts';

const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const ONCALL = `arn:aws:sns:${REGION}:111122223333:oncall`;
const BOUNDARY = `arn:aws:iam::${ACCOUNT}:policy/boundary`;

const Params = v.object({ params: v.object({ default: v.record(v.string(), v.union([v.string(), v.number()])) }) });

const Policy = v.object({
  Policies: v.array(v.object({ PolicyDocument: v.object({ Statement: v.array(v.unknown()) }) })),
});

/** The template of a stage with parameters of its own; one that is off by default and not said is not there at all. */
const compile = async (
  params: Readonly<Record<string, string | number>>,
  gatehouseYml?: (text: string) => string,
  suites?: Readonly<Record<string, string>>,
  parts: readonly string[] = [],
) => {
  const lines = Object.entries(params).map(([name, value]) => `    ${name}: ${value}`);
  const project = await aProject({
    serverlessYml: (text) =>
      text
        .replace(/^ {4}\w+: ''\n/gm, '')
        .replace(/^params:$/m, ['params:', '  prod:', '    none: 0', ...lines].join('\n'))
        .replace(/^( *)- \$\{gatehouse:mayReadPipelines\}$/m, (line, indent: string) =>
          [line, ...parts.map((part) => `${indent}- \${gatehouse:${part}}`)].join('\n'),
        ),
    ...(gatehouseYml !== undefined && { gatehouseYml }),
    ...(suites !== undefined && { suites }),
  });
  try {
    const { template } = await compileTemplate({ root: project.root, stage: 'prod' });
    return resolveTemplate(template, { region: REGION, account: ACCOUNT, stackName: 'prod', endpoint: 'http://aws' });
  } finally {
    await project.remove();
  }
};

describe('a stage', () => {
  it('has the parameters that docs/operations.md explains, with their defaults', async () => {
    const [page, text] = await Promise.all(
      ['docs/operations.md', 'serverless.yml'].map((path) => readFile(join(ROOT, path), 'utf8')),
    );
    const explained = [...(page ?? '').matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm)].map(([, name, value]) => [name, value]);
    const { params } = v.parse(Params, parseDocument(text ?? '', { logLevel: 'error' }).toJS());
    expect(explained).toEqual(
      Object.entries(params.default).map(([name, value]) => [name, value === '' ? 'off' : String(value)]),
    );
  });

  it('keeps logs, sizes functions, and sends alarms, mail and keys where its parameters say', async () => {
    const resources = await compile({
      logRetentionDays: 365,
      memorySize: 1024,
      alarmEmail: 'oncall@example.com',
      topicKeyArn: KEY,
      permissionsBoundaryArn: BOUNDARY,
    });
    const each = (type: string, property: string) => [
      ...new Set(resources(type).map(({ properties }) => properties[property])),
    ];
    expect(each('AWS::Logs::LogGroup', 'RetentionInDays')).toEqual([365]);
    expect(each('AWS::Lambda::Function', 'MemorySize')).toEqual([1024]);
    expect(each('AWS::SNS::Topic', 'KmsMasterKeyId')).toEqual([KEY]);
    expect(each('AWS::IAM::Role', 'PermissionsBoundary')).toEqual([BOUNDARY]);
    expect(each('AWS::SNS::Subscription', 'Endpoint')).toEqual(['oncall@example.com']);
    const users = resources('AWS::IAM::Role').filter(({ properties }) => JSON.stringify(properties).includes('kms:'));
    expect(users.map(({ logicalId }) => logicalId)).toEqual(['NotifyRole']);
    expect(JSON.stringify(users)).toContain(
      `{"Effect":"Allow","Action":["kms:GenerateDataKey","kms:Decrypt"],"Resource":"${KEY}"}`,
    );
  });

  it('makes no alarm topic when there is one that hears of alarms', async () => {
    const resources = await compile({ alarmTopicArn: ONCALL });
    const actions = resources('AWS::CloudWatch::Alarm').map(({ properties }) => properties['AlarmActions']);
    expect(resources('AWS::SNS::Topic').map(({ logicalId }) => logicalId)).toEqual(['Topicreleases']);
    expect(actions).toEqual(actions.map(() => [ONCALL]));
  });

  it('publishes and reads what its routes name, and nothing when they name nothing', async () => {
    const resources = await compile({}, () =>
      [
        'slack: { workspace: T0GATEHOUSE, channels: { deployments: C0DEPLOYMENTS } }',
        "routes: [{ match: { pipeline: 'shop-*' }, to: [{ slack: deployments }] }]",
      ].join('\n'),
    );
    const [notify] = resources('AWS::IAM::Role').filter(({ logicalId }) => logicalId === 'NotifyRole');
    const role = JSON.stringify(notify?.properties);
    expect(role).not.toMatch(/sns:|codedeploy:/);
    expect(role).toContain(`"arn:aws:codepipeline:${REGION}:${ACCOUNT}:shop-*"`);
  });

  it('is refused with every problem at once, each told once', async () => {
    const refused = compile(
      { alarmTopicArn: 'oncall', topicKeyArn: 'alias/aws/sns' },
      (text) => `${text}\nlisten: { topics: ['arn:aws:sns:${REGION}:111122223333:gatehouse-prod-releases'] }`,
    );
    await expect(refused).rejects.toThrow(
      [
        'This stage cannot be deployed:',
        '  alarmTopicArn: is not the ARN of a standard topic, such as arn:aws:sns:eu-west-1:111122223333:oncall',
        '  topicKeyArn: is not the ARN of a customer key (its alias will not do: a permission needs the key), such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
        `  listen.topics of gatehouse.yml: arn:aws:sns:${REGION}:111122223333:gatehouse-prod-releases is a topic of this stack: listen to what others publish to`,
      ].join('\n'),
    );
  });

  it('is refused with a gatehouse.yml that cannot be: what is deployed goes on with the last one (F60)', async () => {
    await expect(compile({}, () => 'slack: { workspace: T0123456789 }\nroutes: nowhere\n')).rejects.toThrow(
      /gatehouse\.yml[\s\S]*slack\.channels/,
    );
  });

  it('is refused when no log can be kept for so long', async () => {
    await expect(compile({ logRetentionDays: 45 })).rejects.toThrow("'provider.logRetentionInDays'");
  });

  const PARTS = [
    'suitesInvoke',
    'suitesReadMetrics',
    'suitesReadAlarms',
    'suitesReadLogs',
    'suitesReadTargets',
    'suitesReadCalendars',
    'suitesReadSecrets',
    'bakesReadSteps',
    'bakesStop',
  ];

  const statementsOf = (resources: Awaited<ReturnType<typeof compile>>): readonly unknown[] => {
    const [notify] = resources('AWS::IAM::Role').filter(({ logicalId }) => logicalId === 'NotifyRole');
    const { Policies } = v.parse(Policy, notify?.properties);
    return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement).filter((statement) =>
      /lambda:|cloudwatch:|ssm:|FilterLogEvents|elasticloadbalancing:/.test(JSON.stringify(statement)),
    );
  };

  it('lets a role do what its suites use, and nothing more', async () => {
    const resources = await compile(
      {},
      (text) =>
        text.replace(
          /^validation:$/m,
          'validation:\n  secrets: { synthetic: /gatehouse/prod/synthetic, other: /gatehouse/prod/other }',
        ),
      {
        'orders.yml': `name: orders
match: { platform: codedeploy-lambda }
vars: { team: shop }
checks:
  - { name: one, invoke: { function: orders-*, payload: { key: '\${secret:synthetic}' } } }
  - { name: two, invoke: { function: orders-api } }
  - { name: own, lambda: { function: checks-orders } }
  - { name: red, alarms: { names: orders-errors } }
  - { name: targets, targetHealth: { targetGroup: web } }
  - { name: hours, calendar: { ssm: [prod-freeze, 'arn:aws:ssm:eu-west-1:111122223333:document/everybody'] } }
  - { name: log, logs: { group: '/\${team}/orders', pattern: ERROR } }
  - { name: lambda-log, logs: { group: '/aws/lambda/\${function.name}', streamPrefix: '2', pattern: FATAL } }
  - { name: same-log, logs: { group: /aws/lambda/orders-api, pattern: ERROR } }
  - name: errors
    metric: { namespace: AWS/Lambda, metric: Errors, stat: Sum }
    expect: [{ path: value, op: eq, value: 0 }]
    sample: { warmup: 1m }
`,
      },
      PARTS,
    );
    expect(statementsOf(resources)).toEqual([
      {
        Effect: 'Allow',
        Action: ['lambda:InvokeFunction'],
        Resource: [
          `arn:aws:lambda:${REGION}:${ACCOUNT}:function:orders-*:*`,
          `arn:aws:lambda:${REGION}:${ACCOUNT}:function:checks-orders`,
        ],
      },
      { Effect: 'Allow', Action: ['cloudwatch:GetMetricData'], Resource: ['*'] },
      {
        Effect: 'Allow',
        Action: ['cloudwatch:DescribeAlarms'],
        Resource: [`arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:*`],
      },
      {
        Effect: 'Allow',
        Action: ['logs:FilterLogEvents'],
        Resource: [
          `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/shop/orders:*`,
          `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/aws/lambda/*:*`,
        ],
      },
      {
        Effect: 'Allow',
        Action: ['elasticloadbalancing:DescribeTargetGroups', 'elasticloadbalancing:DescribeTargetHealth'],
        Resource: ['*'],
      },
      {
        Effect: 'Allow',
        Action: ['ssm:GetCalendarState'],
        Resource: [
          `arn:aws:ssm:${REGION}:${ACCOUNT}:document/prod-freeze`,
          'arn:aws:ssm:eu-west-1:111122223333:document/everybody',
        ],
      },
      {
        Effect: 'Allow',
        Action: ['ssm:GetParameter'],
        Resource: [`arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/gatehouse/prod/synthetic`],
      },
    ]);
  });

  it('lets a role do nothing for suites that use nothing, and is fine without any', async () => {
    expect(statementsOf(await compile({}, undefined, {}, PARTS))).toEqual([]);
  });

  it('is refused with every problem of its suites, and of several together', async () => {
    const suite = 'name: web\nchecks: [{ name: home, http: { url: https://web.example.com/ } }]\n';
    await expect(compile({}, undefined, { 'a.yml': suite, 'b.yml': `${suite}budgit: {}\n` })).rejects.toThrow(
      [
        'This stage cannot be deployed:',
        '  suites/b.yml:1  name: is already that of suites/a.yml',
        '  suites/b.yml:1  match: matches as well as suites/a.yml ("web") does, for the same hooks: say more in one of them',
        '  suites/b.yml:3  budgit: unknown key, did you mean "budget"?',
      ].join('\n'),
    );
  });
});
