import { describe, expect, it } from 'vitest';
import { describeState } from '../../../local/aws/codepipeline/describe-pipeline.ts';
import { nextDue } from '../../../local/aws/codepipeline/pipeline-state.ts';
import { parseJson } from '../../../local/json.ts';
import { parseEvent } from '../../../shared/rollout/parse-event.ts';
import { ALICE, aDriver, anAction, aPipeline, BOB } from '../../support/pipelines.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const DAY = 24 * 3_600;

/** The first second at which the approval waits. */
const AT_GATE = 20;

/** Typed: what `expect` gives is `any`. */
const anyText: unknown = expect.any(String);

const refused = (code: string): unknown => ({ kind: 'refused', code, message: anyText });

const summary = (event: unknown): unknown =>
  JSON.parse(JSON.stringify(event), (key, value: unknown) => (key === 'id' ? 'id' : value));

describe('a simulated pipeline', () => {
  it('goes through its stages, waits for an approval, and goes on once it is given', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(60);
    expect(driver.answer(100, driver.tokenOf(execution))).toEqual({ kind: 'done', execution });
    driver.at(200);
    expect(driver.story()).toEqual([
      '0 pipeline STARTED 1',
      '0 Source STARTED 0',
      '0 Source/Checkout STARTED 1',
      '10 Source/Checkout SUCCEEDED 1',
      '10 Source SUCCEEDED 0',
      '10 Build STARTED 0',
      '10 Build/Compile STARTED 1',
      '20 Build/Compile SUCCEEDED 1',
      '20 Build SUCCEEDED 0',
      '20 Approve STARTED 0',
      '20 Approve/ProdGate STARTED 1',
      '100 Approve/ProdGate SUCCEEDED 1',
      '100 Approve SUCCEEDED 0',
      '100 Deploy STARTED 0',
      '100 Deploy/Release STARTED 1',
      '110 Deploy/Release SUCCEEDED 1',
      '110 Deploy SUCCEEDED 0',
      '110 pipeline SUCCEEDED 1',
    ]);
    expect(driver.statusOf(execution)).toBe('Succeeded');
  });

  it('takes the same steps, however often it is asked in between', () => {
    const seldom = aDriver(aPipeline());
    const often = aDriver(aPipeline());
    seldom.start(0);
    often.start(0);
    seldom.at(60);
    for (let second = 1; second <= 60; second += 1) {
      often.at(second);
    }
    expect(often.events).toEqual(seldom.events);
    expect(often.state()).toEqual(seldom.state());
  });

  it('says when something will happen by itself', () => {
    const driver = aDriver(aPipeline());
    expect(nextDue(driver.state())).toBe(undefined);
    driver.start(0);
    expect(nextDue(driver.state())).toBe(TEN_O_CLOCK + 10_000);
    driver.at(AT_GATE);
    expect(nextDue(driver.state())).toBe(TEN_O_CLOCK + (AT_GATE + 7 * DAY) * 1_000);
  });

  it("writes CodePipeline's own events", () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0.711);
    driver.at(60);
    const envelope = {
      version: '0',
      id: 'id',
      source: 'aws.codepipeline',
      account: '111122223333',
      region: 'eu-west-1',
      resources: ['arn:aws:codepipeline:eu-west-1:111122223333:shop-prod'],
    };
    expect([driver.events.at(0), driver.events.at(-1)].map(summary)).toEqual([
      {
        ...envelope,
        'detail-type': 'CodePipeline Pipeline Execution State Change',
        time: '2026-11-20T10:00:00Z',
        detail: {
          pipeline: 'shop-prod',
          'execution-id': execution,
          version: 7,
          'start-time': '2026-11-20T10:00:00.711Z',
          state: 'STARTED',
          'execution-trigger': { 'trigger-type': 'StartPipelineExecution', 'trigger-detail': BOB },
          'pipeline-execution-attempt': 1,
        },
      },
      {
        ...envelope,
        'detail-type': 'CodePipeline Action Execution State Change',
        time: '2026-11-20T10:00:20Z',
        detail: {
          pipeline: 'shop-prod',
          'execution-id': execution,
          version: 7,
          'start-time': '2026-11-20T10:00:20.711Z',
          stage: 'Approve',
          'action-execution-id': driver.actionsOf(execution)[0]?.id,
          action: 'ProdGate',
          state: 'STARTED',
          region: 'eu-west-1',
          type: { owner: 'AWS', provider: 'Manual', category: 'Approval', version: '1' },
          'pipeline-execution-attempt': 1,
        },
      },
    ]);
    expect(driver.events.map((event) => parseEvent(event).kind)).toEqual(driver.events.map(() => 'change'));
  });

  it('tells a push with its commit, at the start and at the end', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0, { push: true });
    driver.at(AT_GATE);
    driver.answer(30, driver.tokenOf(execution));
    driver.at(40);
    const told = driver.events.filter((event) => JSON.stringify(event).includes('execution-trigger'));
    expect(told.map((event) => JSON.stringify(event).includes('"commit-id":"c40a7b2e'))).toEqual([true, true]);
  });

  it('runs actions of one order side by side, and the next order after them', () => {
    const driver = aDriver(
      aPipeline({
        stages: [
          {
            name: 'Build',
            actions: [
              anAction('Compile', 'Build', { runOrder: 1 }),
              anAction('Lint', 'Test', { runOrder: 1 }),
              anAction('Publish', 'Invoke', { runOrder: 5 }),
            ],
          },
        ],
      }),
    );
    driver.start(0);
    driver.at(60);
    expect(driver.story()).toEqual([
      '0 pipeline STARTED 1',
      '0 Build STARTED 0',
      '0 Build/Compile STARTED 1',
      '0 Build/Lint STARTED 1',
      '10 Build/Compile SUCCEEDED 1',
      '10 Build/Lint SUCCEEDED 1',
      '10 Build/Publish STARTED 1',
      '11 Build/Publish SUCCEEDED 1',
      '11 Build SUCCEEDED 0',
      '11 pipeline SUCCEEDED 1',
    ]);
  });

  it('starts nothing again for a request token that it has seen', () => {
    const driver = aDriver(aPipeline());
    const first = driver.start(0, { requestToken: 'one' });
    expect(driver.start(1, { requestToken: 'one' })).toBe(first);
    expect(driver.state().executions).toHaveLength(1);
  });
});

describe('an approval', () => {
  it('has a token of its own in each execution, which no event tells while it can be used', () => {
    const driver = aDriver(aPipeline({ executionMode: 'PARALLEL' }));
    const executions = [driver.start(0), driver.start(1)];
    driver.at(60);
    const tokens = executions.map(driver.tokenOf);
    expect(new Set(tokens).size).toBe(2);
    expect(tokens.some((token) => JSON.stringify(driver.events).includes(token))).toBe(false);
  });

  it('publishes a request with token and expiry where it has a topic', () => {
    const gate = anAction('ProdGate', 'Approval', {
      timeoutInMinutes: 90,
      configuration: {
        NotificationArn: 'arn:aws:sns:eu-west-1:111122223333:approvals',
        CustomData: 'Check the staging site',
        ExternalEntityLink: 'https://staging.example.com',
      },
    });
    const driver = aDriver(aPipeline({ stages: [{ name: 'Approve', actions: [gate] }] }));
    const token = driver.tokenOf(driver.start(59));
    const console = 'https://console.aws.amazon.com/codepipeline/home?region=eu-west-1#/view/shop-prod';
    expect(driver.notifications.map(({ message, ...rest }) => ({ ...rest, message: parseJson(message) }))).toEqual([
      {
        topicArn: 'arn:aws:sns:eu-west-1:111122223333:approvals',
        subject: 'APPROVAL NEEDED: AWS CodePipeline shop-prod for action ProdGate',
        message: {
          region: 'eu-west-1',
          consoleLink: console,
          approval: {
            pipelineName: 'shop-prod',
            stageName: 'Approve',
            actionName: 'ProdGate',
            token,
            expires: '2026-11-20T11:30Z',
            externalEntityLink: 'https://staging.example.com',
            approvalReviewLink: `${console}/Approve/ProdGate/approve/${token}`,
            customData: 'Check the staging site',
          },
        },
      },
    ]);
  });

  it('fails action, stage and execution when it is rejected', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    driver.answer(30, driver.tokenOf(execution), 'Rejected', 'Not today');
    expect(driver.story().slice(-3)).toEqual([
      '30 Approve/ProdGate FAILED 1',
      '30 Approve FAILED 0',
      '30 pipeline FAILED 1',
    ]);
    expect(driver.actionsOf(execution)[0]).toMatchObject({ updatedBy: ALICE, result: { summary: 'Not today' } });
  });

  it('says who it was where nothing was written', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    driver.answer(30, driver.tokenOf(execution), 'Approved', '');
    expect(driver.actionsOf(execution)[0]?.result?.summary).toBe(`Approved by ${ALICE}`);
  });

  it('takes one answer; the second is told that there was one', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    const token = driver.tokenOf(execution);
    driver.answer(30, token);
    const heard = driver.events.length;
    expect(driver.answer(30, token, 'Rejected')).toEqual(refused('ApprovalAlreadyCompletedException'));
    expect(driver.events).toHaveLength(heard);
  });

  it.each([
    ['seven days', {}, 7 * DAY],
    ['its own timeout', { timeoutInMinutes: 5 }, 300],
  ])('fails after %s, and then takes no answer', (_, declared, after) => {
    const stages = [{ name: 'Approve', actions: [anAction('ProdGate', 'Approval', declared)] }];
    const driver = aDriver(aPipeline({ stages }));
    const execution = driver.start(0);
    driver.at(after - 1);
    expect(driver.statusOf(execution)).toBe('InProgress');
    driver.at(after);
    expect(driver.story().slice(-3)).toEqual([
      `${after} Approve/ProdGate FAILED 1`,
      `${after} Approve FAILED 0`,
      `${after} pipeline FAILED 1`,
    ]);
    expect(driver.answer(after + 1, driver.tokenOf(execution))).toEqual(refused('InvalidApprovalTokenException'));
  });

  it('has expired for whoever answers later, even if nobody has looked since', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    const token = driver.tokenOf(execution);
    expect(driver.answer(AT_GATE + 7 * DAY, token)).toEqual(refused('InvalidApprovalTokenException'));
  });

  it('takes no token of another approval, and names the stage or action that is not there', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    const token = driver.tokenOf(execution);
    const answer = { kind: 'answer', token, verdict: 'Approved', comment: '', by: ALICE } as const;
    expect(driver.answer(30, '00000000-0000-4000-8000-999999999999')).toEqual(refused('InvalidApprovalTokenException'));
    expect(driver.at(30, { ...answer, stage: 'Build', action: 'Compile' })).toEqual(
      refused('InvalidApprovalTokenException'),
    );
    expect(driver.at(30, { ...answer, stage: 'Gone', action: 'ProdGate' })).toEqual(refused('StageNotFoundException'));
    expect(driver.at(30, { ...answer, stage: 'Approve', action: 'Gone' })).toEqual(refused('ActionNotFoundException'));
    expect(driver.statusOf(execution)).toBe('InProgress');
  });
});

describe('a retried stage', () => {
  it('runs under the same execution with another action execution, token and attempt', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    const old = driver.tokenOf(execution);
    driver.answer(30, old, 'Rejected');
    expect(driver.at(40, { kind: 'retry', execution, stage: 'Approve', mode: 'FAILED_ACTIONS' })).toEqual({
      kind: 'done',
      execution,
    });
    expect(driver.answer(50, old)).toEqual(refused('ApprovalAlreadyCompletedException'));
    driver.answer(60, driver.tokenOf(execution));
    driver.at(100);
    expect(driver.story().slice(-10)).toEqual([
      '40 pipeline RESUMED 2',
      '40 Approve RESUMED 2',
      '40 Approve/ProdGate STARTED 2',
      '60 Approve/ProdGate SUCCEEDED 2',
      '60 Approve SUCCEEDED 2',
      '60 Deploy STARTED 2',
      '60 Deploy/Release STARTED 2',
      '70 Deploy/Release SUCCEEDED 2',
      '70 Deploy SUCCEEDED 2',
      '70 pipeline SUCCEEDED 2',
    ]);
    const ids = driver.actionsOf(execution).map(({ id, token }) => [id, token]);
    expect(new Set(ids.flat()).size).toBe(4);
    const resumed = driver.events.find((event) =>
      JSON.stringify(event).includes('"stage":"Approve","state":"RESUMED"'),
    );
    expect(resumed?.['detail']).toEqual({
      pipeline: 'shop-prod',
      'execution-id': execution,
      version: 7,
      stage: 'Approve',
      state: 'RESUMED',
      'stage-last-retry-attempt-time': '2026-11-20T10:00:40.000Z',
      'pipeline-execution-attempt': 2,
    });
  });

  it.each([
    ['FAILED_ACTIONS', ['Lint']],
    ['ALL_ACTIONS', ['Compile', 'Lint']],
  ] as const)('with %s runs %j again', (mode, again) => {
    const actions = [anAction('Compile', 'Build'), anAction('Lint', 'Test')];
    const driver = aDriver(aPipeline({ stages: [{ name: 'Build', actions }] }));
    driver.at(0, { kind: 'behave', stage: 'Build', action: 'Lint', behaviour: { takesMs: 10_000, failures: 1 } });
    const execution = driver.start(0);
    driver.at(20);
    expect(driver.statusOf(execution)).toBe('Failed');
    driver.at(30, { kind: 'retry', execution, stage: 'Build', mode });
    driver.at(50);
    expect(driver.statusOf(execution)).toBe('Succeeded');
    expect(
      driver
        .actionsOf(execution, 'Build')
        .filter(({ pass }) => pass === 2)
        .map(({ action }) => action),
    ).toEqual(again);
  });

  it('is refused where nothing failed, and where a newer execution has been since', () => {
    const driver = aDriver(aPipeline());
    const retry = (execution: string, stage = 'Approve') =>
      driver.at(driver.now(), { kind: 'retry', execution, stage, mode: 'FAILED_ACTIONS' });
    const older = driver.start(0);
    driver.at(AT_GATE);
    expect(retry(older)).toEqual(refused('StageNotRetryableException'));
    expect(retry(older, 'Gone')).toEqual(refused('StageNotFoundException'));
    const newer = driver.start(30);
    driver.at(60);
    driver.answer(70, driver.tokenOf(older), 'Rejected');
    expect(driver.tokenOf(newer)).not.toBe('');
    expect(retry(older)).toEqual(refused('NotLatestPipelineExecutionException'));
  });
});

describe('SUPERSEDED mode', () => {
  it('leaves the execution at the gate alone and keeps only the newest in front of it', () => {
    const driver = aDriver(aPipeline());
    const atGate = driver.start(0);
    driver.at(AT_GATE);
    const waiting = driver.start(30);
    driver.at(60);
    const newest = driver.start(70);
    driver.at(100);
    expect([atGate, waiting, newest].map(driver.statusOf)).toEqual(['InProgress', 'Superseded', 'InProgress']);
    expect(driver.story(waiting).at(-1)).toBe('90 pipeline SUPERSEDED 1');
    expect(driver.tokenOf(newest)).toBe('');
    driver.answer(110, driver.tokenOf(atGate), 'Rejected');
    expect(driver.story(newest).slice(-2)).toEqual(['110 Approve STARTED 0', '110 Approve/ProdGate STARTED 1']);
  });
});

describe('QUEUED mode', () => {
  it('lets executions through the gate in their order and supersedes none', () => {
    const driver = aDriver(aPipeline({ executionMode: 'QUEUED' }));
    const executions = [driver.start(0), driver.start(1), driver.start(2)];
    driver.at(100);
    expect(executions.map(driver.tokenOf).map((token) => token !== '')).toEqual([true, false, false]);
    for (const [index, execution] of executions.entries()) {
      driver.answer(110 + index, driver.tokenOf(execution));
    }
    driver.at(200);
    expect(driver.story().filter((line) => line.includes('pipeline SUCCEEDED'))).toEqual([
      '120 pipeline SUCCEEDED 1',
      '130 pipeline SUCCEEDED 1',
      '140 pipeline SUCCEEDED 1',
    ]);
  });

  it('takes fifty that wait', () => {
    const driver = aDriver(aPipeline({ executionMode: 'QUEUED' }));
    const started = Array.from({ length: 52 }, () => driver.start(0));
    expect(started.filter((each) => each.endsWith('Exception'))).toEqual([
      'ConcurrentPipelineExecutionsLimitExceededException',
    ]);
  });
});

describe('PARALLEL mode', () => {
  it('has several approvals pending at once, each answered by its own token', () => {
    const driver = aDriver(aPipeline({ executionMode: 'PARALLEL' }));
    const [one, other] = [driver.start(0), driver.start(0)];
    driver.at(AT_GATE);
    driver.answer(30, driver.tokenOf(other));
    driver.at(60);
    expect([one, other].map(driver.statusOf)).toEqual(['InProgress', 'Succeeded']);
  });

  it('shows no token in the state of the pipeline', () => {
    const tokensIn = (executionMode: 'PARALLEL' | 'SUPERSEDED') => {
      const driver = aDriver(aPipeline({ executionMode }));
      const execution = driver.start(0);
      driver.at(AT_GATE);
      return JSON.stringify(describeState(driver.state())).split(driver.tokenOf(execution)).length - 1;
    };
    expect([tokensIn('SUPERSEDED'), tokensIn('PARALLEL')]).toEqual([1, 0]);
  });
});

describe('a transition that is disabled', () => {
  it('keeps executions in front of the stage, where they supersede each other, until it is enabled', () => {
    const driver = aDriver(aPipeline());
    const transition = { kind: 'transition', stage: 'Approve', side: 'Inbound', by: ALICE } as const;
    driver.at(0, { ...transition, enabled: false, reason: 'Freeze' });
    const [older, newer] = [driver.start(0), driver.start(30)];
    driver.at(100);
    expect([older, newer].map(driver.statusOf)).toEqual(['Superseded', 'InProgress']);
    expect(driver.tokenOf(newer)).toBe('');
    driver.at(110, { ...transition, enabled: true });
    expect(driver.tokenOf(newer)).not.toBe('');
  });

  it('out of a stage is the one into the next', () => {
    const driver = aDriver(aPipeline());
    driver.at(0, { kind: 'transition', stage: 'Build', side: 'Outbound', enabled: false, by: ALICE, reason: 'Freeze' });
    const execution = driver.start(0);
    driver.at(100);
    expect(driver.tokenOf(execution)).toBe('');
  });
});

describe('stopping an execution', () => {
  it('waits for the actions that run, an approval too', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    driver.at(30, { kind: 'stop', execution, abandon: false, reason: 'Wrong branch' });
    expect(driver.at(31, { kind: 'stop', execution, abandon: false })).toEqual(
      refused('DuplicatedStopRequestException'),
    );
    expect(driver.statusOf(execution)).toBe('Stopping');
    driver.answer(40, driver.tokenOf(execution));
    expect(driver.story().slice(-5)).toEqual([
      '30 pipeline STOPPING 1',
      '30 Approve STOPPING 0',
      '40 Approve/ProdGate SUCCEEDED 1',
      '40 Approve STOPPED 0',
      '40 pipeline STOPPED 1',
    ]);
    expect(JSON.stringify(driver.events)).toContain('"stop-execution-comments":"Wrong branch"');
    expect(driver.at(50, { kind: 'stop', execution, abandon: true })).toEqual(
      refused('PipelineExecutionNotStoppableException'),
    );
  });

  it('abandons them when told, and their approvals with them', () => {
    const driver = aDriver(aPipeline());
    const execution = driver.start(0);
    driver.at(AT_GATE);
    driver.at(30, { kind: 'stop', execution, abandon: true });
    expect(driver.story().slice(-5)).toEqual([
      '30 pipeline STOPPING 1',
      '30 Approve STOPPING 0',
      '30 Approve/ProdGate ABANDONED 1',
      '30 Approve STOPPED 0',
      '30 pipeline STOPPED 1',
    ]);
    expect(driver.answer(31, driver.tokenOf(execution))).toEqual(refused('InvalidApprovalTokenException'));
  });

  it('ends one at once that waits in front of a stage', () => {
    const driver = aDriver(aPipeline());
    driver.start(0);
    driver.at(AT_GATE);
    const waiting = driver.start(30);
    driver.at(60);
    driver.at(70, { kind: 'stop', execution: waiting, abandon: false });
    expect(driver.story(waiting).slice(-2)).toEqual(['70 pipeline STOPPING 1', '70 pipeline STOPPED 1']);
  });
});

describe('rolling a stage back', () => {
  const deployed = () => {
    const driver = aDriver(aPipeline());
    const target = driver.start(0);
    driver.at(AT_GATE);
    driver.answer(30, driver.tokenOf(target));
    driver.at(60);
    return { driver, target };
  };

  it('is an execution of its own, of that stage only', () => {
    const { driver, target } = deployed();
    const reply = driver.at(70, { kind: 'rollback', stage: 'Build', target, by: ALICE });
    const execution = reply.kind === 'done' ? (reply.execution ?? '') : reply.code;
    driver.at(100);
    expect(execution).not.toBe(target);
    expect(driver.story(execution)).toEqual([
      '70 pipeline STARTED 1',
      '70 Build STARTED 0',
      '70 Build/Compile STARTED 1',
      '80 Build/Compile SUCCEEDED 1',
      '80 Build SUCCEEDED 0',
      '80 pipeline SUCCEEDED 1',
    ]);
    expect(driver.at(110, { kind: 'rollback', stage: 'Deploy', target: execution, by: ALICE })).toEqual(
      refused('UnableToRollbackStageException'),
    );
  });

  it('is refused for the source stage, an unknown execution, and a stage that it did not pass', () => {
    const { driver, target } = deployed();
    const rejected = driver.start(100);
    driver.at(120);
    driver.answer(130, driver.tokenOf(rejected), 'Rejected');
    const rollback = (stage: string, to: string) => driver.at(140, { kind: 'rollback', stage, target: to, by: ALICE });
    expect([
      rollback('Source', target),
      rollback('Gone', target),
      rollback('Deploy', '00000000-0000-4000-8000-999999999999'),
      rollback('Deploy', rejected),
    ]).toEqual([
      refused('UnableToRollbackStageException'),
      refused('StageNotFoundException'),
      refused('PipelineExecutionNotFoundException'),
      refused('UnableToRollbackStageException'),
    ]);
  });
});
