import { CodePipelineClient } from '@aws-sdk/client-codepipeline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway } from '../../local/aws/gateway.ts';
import { answer, jsonService, refusal } from '../../local/aws/service.ts';
import type { Operation } from '../../local/aws/service.ts';
import type { JsonRecord } from '../../local/json.ts';
import { createAskAws } from '../../shared/aws/ask-aws.ts';
import { createAwsClient } from '../../shared/aws/aws-client.ts';
import { askSettings } from '../../shared/aws/clients.ts';
import { parseEventText } from '../../shared/rollout/parse-event.ts';
import { registerName } from '../../shared/rollout/rollout.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import {
  aChange,
  aDeploymentId,
  aRollout,
  aRolloutId,
  aServiceDeploymentId,
  TEN_O_CLOCK,
} from '../support/rollouts.ts';
import { connectionTo } from '../support/stack.ts';

const at = (seconds: number): number => TEN_O_CLOCK / 1000 + seconds;

const EXECUTION = aRolloutId().executionId;
const OTHER = '0a1b2c3d-0000-4000-8000-000000000002';
const OLD = '0a1b2c3d-0000-4000-8000-000000000003';

const calls: { readonly operation: string; readonly input: JsonRecord }[] = [];

const heard =
  (operation: string, reply: Operation): Operation =>
  (input, caller) => {
    calls.push({ operation, input });
    return reply(input, caller);
  };

const ACTIONS = [
  {
    stageName: 'Deploy',
    actionName: 'Release',
    status: 'Failed',
    startTime: at(60),
    lastUpdateTime: at(119.6),
    input: { actionTypeId: { category: 'Deploy', owner: 'AWS', provider: 'CodeDeploy', version: '1' } },
    output: { executionResult: { errorDetails: { code: 'JobFailed', message: 'Too few healthy instances' } } },
  },
  { stageName: 'Deploy', actionName: 'Release', status: 'Abandoned', startTime: at(10), lastUpdateTime: at(20) },
  {
    stageName: 'Approve',
    actionName: 'Gate',
    status: 'InProgress',
    startTime: at(30),
    lastUpdateTime: at(30),
    input: { actionTypeId: { category: 'Approval', owner: 'AWS', provider: 'Manual', version: '1' } },
  },
];

const codePipeline = new Map<string, Operation>([
  [
    'ListPipelineExecutions',
    heard('ListPipelineExecutions', ({ pipelineName, nextToken }) =>
      pipelineName === 'gone'
        ? refusal('PipelineNotFoundException', 'no')
        : pipelineName === 'busy'
          ? refusal('ThrottlingException', 'Rate exceeded')
          : pipelineName === 'closed'
            ? refusal('AccessDeniedException', 'no')
            : answer(
                nextToken === undefined
                  ? { pipelineExecutionSummaries: [], nextToken: 'more' }
                  : {
                      pipelineExecutionSummaries: [
                        {
                          pipelineExecutionId: EXECUTION,
                          status: 'Failed',
                          startTime: at(0),
                          lastUpdateTime: at(120.9),
                        },
                      ],
                    },
              ),
    ),
  ],
  ['ListActionExecutions', heard('ListActionExecutions', () => answer({ actionExecutionDetails: ACTIONS }))],
  [
    'GetPipelineExecution',
    heard('GetPipelineExecution', ({ pipelineExecutionId }) =>
      pipelineExecutionId === OLD
        ? answer({ pipelineExecution: { pipelineExecutionId, status: 'Stopped' } })
        : refusal('PipelineExecutionNotFoundException', 'no'),
    ),
  ],
]);

const codeDeploy = new Map<string, Operation>([
  [
    'BatchGetDeployments',
    heard('BatchGetDeployments', ({ deploymentIds }) =>
      Array.isArray(deploymentIds) && deploymentIds.includes('d-GONE')
        ? refusal('DeploymentDoesNotExistException', 'no')
        : Array.isArray(deploymentIds) && deploymentIds.includes('d-SHUT')
          ? refusal('AccessDeniedException', 'no')
          : answer({
              deploymentsInfo: [
                { deploymentId: 'd-ABCDE1234', status: 'Succeeded', createTime: at(0), completeTime: at(300.4) },
              ],
            }),
    ),
  ],
]);

const SERVICE_DEPLOYMENT = 'arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/shop/';

const hook = (hookId: string, status: string) => ({ hookId, targetType: 'PAUSE', status, expiresAt: at(86_400) });

const ecs = new Map<string, Operation>([
  [
    'DescribeServiceDeployments',
    heard('DescribeServiceDeployments', ({ serviceDeploymentArns }) => {
      const arns = Array.isArray(serviceDeploymentArns) ? serviceDeploymentArns : [];
      return arns.includes(`${SERVICE_DEPLOYMENT}shut`)
        ? refusal('AccessDeniedException', 'no')
        : answer({
            serviceDeployments: [
              {
                serviceDeploymentArn: `${SERVICE_DEPLOYMENT}paused`,
                status: 'IN_PROGRESS',
                lifecycleStage: 'POST_TEST_TRAFFIC_SHIFT',
                createdAt: at(-60),
                lifecycleHookDetails: [hook('ecs-pause-new', 'AWAITING_ACTION'), hook('ecs-pause-old', 'SUCCEEDED')],
              },
              {
                serviceDeploymentArn: `${SERVICE_DEPLOYMENT}back`,
                status: 'ROLLBACK_SUCCESSFUL',
                statusReason: 'A pause hook was rolled back.',
                createdAt: at(-60),
                finishedAt: at(300.4),
                rollback: { reason: 'hook', startedAt: at(200) },
              },
            ].filter(({ serviceDeploymentArn }) => arns.includes(serviceDeploymentArn)),
            failures: [],
          });
    }),
  ],
]);

let gateway: Awaited<ReturnType<typeof startGateway>>;

beforeAll(async () => {
  gateway = await startGateway({
    port: 0,
    onCall: () => undefined,
    services: new Map([
      ['codepipeline', jsonService(codePipeline)],
      ['codedeploy', jsonService(codeDeploy)],
      ['ecs', jsonService(ecs)],
    ]),
  });
});

afterAll(() => gateway.close());

const ask = (...rollouts: readonly Rollout[]) => askUntil(TEN_O_CLOCK + 1, ...rollouts);

const askUntil = (until: number, ...rollouts: readonly Rollout[]) => {
  calls.splice(0);
  const connection = connectionTo({ aws: gateway.url, region: 'eu-west-1' });
  const clients = {
    codeDeploy: createAwsClient('codedeploy', connection, 1),
    codePipeline: new CodePipelineClient({ ...askSettings, ...connection }),
    ecs: createAwsClient('ecs', connection, 1),
  };
  return createAskAws({ account: '111122223333', region: 'eu-west-1' }, clients, () => TEN_O_CLOCK)(rollouts, until);
};

/** What notify will read in the events. */
const changesIn = (events: readonly string[]) =>
  events.map((text) => {
    const parsed = parseEventText(text);
    return parsed.kind === 'change'
      ? [
          registerName(parsed.change.register),
          parsed.change.state,
          parsed.change.version.attempt,
          (parsed.change.version.time - TEN_O_CLOCK) / 1000,
          parsed.change.result ?? null,
        ]
      : [parsed.kind];
  });

const execution = (given: Parameters<typeof aRolloutId>[0] = {}) => aRollout(aChange({ rollout: aRolloutId(given) }));
const deployment = (given: Parameters<typeof aDeploymentId>[0] = {}) =>
  aRollout(aChange({ rollout: aDeploymentId(given), version: { attempt: 0 } }));

const service = (executionId: string) =>
  aRollout(aChange({ rollout: aServiceDeploymentId({ executionId }), version: { attempt: 0 } }));

describe('asking AWS', () => {
  it('finds an execution on whichever page it is, and its actions by their newest runs', async () => {
    const retried = aRollout(aChange({ version: { attempt: 2 } }));
    const [answered] = await ask(retried);
    expect(answered?.kind === 'told' ? changesIn(answered.events) : answered).toEqual([
      ['action:Deploy/Release', 'failed', 2, 119, { summary: 'Too few healthy instances', errorCode: 'JobFailed' }],
      ['action:Approve/Gate', 'waiting', 2, 30, null],
      ['rollout', 'failed', 2, 120, null],
    ]);
    expect(calls.map(({ operation }) => operation)).toEqual([
      'ListPipelineExecutions',
      'ListPipelineExecutions',
      'ListActionExecutions',
    ]);
  });

  it('lists a pipeline once for all of its executions', async () => {
    const answers = await ask(execution(), execution({ executionId: OTHER }));
    expect(answers.map(({ kind }) => kind)).toEqual(['told', 'missing']);
    expect(calls.filter(({ operation }) => operation === 'ListPipelineExecutions')).toHaveLength(2);
  });

  it('gets deployments together, and each by itself when one is not there', async () => {
    const answers = await ask(deployment(), deployment({ executionId: 'd-GONE' }));
    expect(answers.map((one) => (one.kind === 'told' ? changesIn(one.events) : one.kind))).toEqual([
      [['rollout', 'succeeded', 0, 300, null]],
      'missing',
    ]);
    expect(calls.map(({ input }) => input['deploymentIds'])).toEqual([
      ['d-ABCDE1234', 'd-GONE'],
      ['d-ABCDE1234'],
      ['d-GONE'],
    ]);
  });

  it('tells of a service’s deployment where its hooks are and what it is in', async () => {
    const known = aRollout(
      aChange({
        rollout: aServiceDeploymentId({ executionId: 'paused' }),
        register: { kind: 'action', stage: 'POST_SCALE_UP', action: 'ecs-pause-old' },
        state: 'waiting',
        version: { attempt: 0, time: TEN_O_CLOCK - 60_000 },
      }),
    );
    const answers = await ask(known, service('back'), service('gone'));
    expect(answers.map((one) => (one.kind === 'told' ? changesIn(one.events) : one.kind))).toEqual([
      [
        ['action:POST_TEST_TRAFFIC_SHIFT/ecs-pause-new', 'waiting', 0, 0, null],
        ['action:POST_SCALE_UP/ecs-pause-old', 'succeeded', 0, 0, null],
        ['rollout', 'in-progress', 0, -60, null],
      ],
      [['rollout', 'failed', 0, 300, null]],
      'missing',
    ]);
    expect(calls).toHaveLength(1);
  });

  it('asks for service deployments one by one when one of them may not be read', async () => {
    const answers = await ask(service('back'), service('shut'), service('ecs-svc/123'));
    expect(answers.map(({ kind }) => kind)).toEqual(['told', 'denied', 'elsewhere']);
    expect(calls.map(({ input }) => input['serviceDeploymentArns'])).toEqual([
      [`${SERVICE_DEPLOYMENT}back`, `${SERVICE_DEPLOYMENT}shut`],
      [`${SERVICE_DEPLOYMENT}back`],
      [`${SERVICE_DEPLOYMENT}shut`],
    ]);
  });

  it('asks for an execution by itself that is too old to be listed, and takes its end for one of now', async () => {
    const [answered] = await ask(execution({ executionId: OLD }));
    expect(answered?.kind === 'told' ? changesIn(answered.events).at(-1) : answered).toEqual([
      'rollout',
      'stopped',
      1,
      0,
      null,
    ]);
  });

  it.each([900, 365 * 24 * 60 * 60])(
    'dates no end before what was heard last, though it be %i seconds ahead (B14)',
    async (ahead) => {
      const later = { time: TEN_O_CLOCK + ahead * 1000 };
      const [answered] = await ask(aRollout(aChange({ version: later })));
      expect(answered?.kind === 'told' ? changesIn(answered.events).at(-1) : answered).toEqual([
        'rollout',
        'failed',
        1,
        ahead,
        null,
      ]);
    },
  );

  it('says what AWS does not know, what it may not be asked, and what is elsewhere', async () => {
    const answers = await ask(
      execution({ name: 'gone' }),
      execution({ name: 'closed' }),
      deployment(),
      deployment({ executionId: 'd-SHUT' }),
      execution({ account: '444455556666' }),
      deployment({ region: 'us-east-1' }),
    );
    expect(answers.map(({ kind }) => kind)).toEqual(['missing', 'denied', 'told', 'denied', 'elsewhere', 'elsewhere']);
  });

  it('asks nothing more once AWS has given no answer, and nothing when there is no time left', async () => {
    const answers = await ask(execution({ name: 'busy' }), execution({ name: 'shop-prod' }));
    expect(answers.map(({ kind }) => kind)).toEqual(['failed', 'unasked']);
    expect(calls).toHaveLength(1);
    expect(await askUntil(TEN_O_CLOCK, execution(), deployment())).toEqual([{ kind: 'unasked' }, { kind: 'unasked' }]);
    expect(calls).toEqual([]);
  });
});
