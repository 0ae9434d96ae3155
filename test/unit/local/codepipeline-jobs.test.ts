import { describe, expect, it } from 'vitest';
import { ARTIFACT_CREDENTIALS } from '../../../local/aws/codepipeline/job.ts';
import { faster } from '../../../local/aws/codepipeline/pipeline.ts';
import type { ActionDeclaration, JobOptions, StageDeclaration } from '../../../local/aws/codepipeline/pipeline.ts';
import type { Reply } from '../../../local/aws/codepipeline/step.ts';
import { aDriver, aLambdaAction, aLambdaRule, aPipeline, stagesWith } from '../../support/pipelines.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The second at which the source action has ended. */
const AT_CHECK = 10;

/** Typed: what `expect` gives is `any`. */
const anyText: unknown = expect.any(String);

const textWith = (part: string): unknown => expect.stringContaining(part);

const refused = (code: string): unknown => ({ kind: 'refused', code, message: anyText });

const codeOf = (reply: Reply): string => (reply.kind === 'refused' ? reply.code : reply.kind);

/** A pipeline whose second stage is `Validate`, driven until that is entered. */
const atStage = (stage: StageDeclaration, jobs: JobOptions = {}) => {
  const driver = aDriver(aPipeline({ stages: stagesWith(stage) }, { jobs }));
  const execution = driver.start(0);
  driver.at(AT_CHECK);
  return {
    ...driver,
    execution,
    runs: () => driver.actionsOf(execution, stage.name),
    stageRun: () => driver.state().executions[0]?.runs.find((run) => run.stage === stage.name),
    succeed: (second: number, more: object = {}, job = driver.job()) =>
      driver.at(second, { kind: 'job-succeeded', job, ...more }),
    fail: (second: number, message = 'No answer', job = driver.job()) =>
      driver.at(second, { kind: 'job-failed', job, code: 'JobFailed', message }),
  };
};

const atAction = (action: Partial<ActionDeclaration> = {}, jobs: JobOptions = {}) =>
  atStage({ name: 'Validate', actions: [aLambdaAction('Check', action)] }, jobs);

const rulesOf = (pipeline: ReturnType<typeof atStage>, condition = 0) =>
  pipeline.stageRun()?.conditions[condition]?.rules.map(({ rule, status }) => `${rule} ${status}`);

const ends = (pipeline: ReturnType<typeof atStage>): readonly string[] => pipeline.story(pipeline.execution).slice(4);

describe('a Lambda action of a simulated pipeline', () => {
  it('calls its function with credentials and artifacts, and with nothing that names pipeline, stage or action', () => {
    const { calls, job, execution } = atAction({
      configuration: { FunctionName: 'check', UserParameters: '{"strict":true}' },
      inputArtifacts: [{ name: 'SourceOutput' }],
      outputArtifacts: [{ name: 'Report' }],
    });
    const key = execution.slice(0, 7);
    const artifact = (name: string, revision: string | null, objectKey: string) => ({
      name,
      revision,
      location: { type: 'S3', s3Location: { bucketName: 'artifacts', objectKey } },
    });
    expect(calls).toEqual([
      {
        job: job(),
        functionName: 'check',
        event: {
          'CodePipeline.job': {
            id: job(),
            accountId: '111122223333',
            data: {
              actionConfiguration: { configuration: { FunctionName: 'check', UserParameters: '{"strict":true}' } },
              inputArtifacts: [
                artifact('SourceOutput', 'c40a7b2e9d1f48536ae0b8c7d6f5e4a3b2c1d0ef', `shop-prod/SourceOutp/${key}`),
              ],
              outputArtifacts: [artifact('Report', null, `shop-prod/Report/${key}`)],
              artifactCredentials: {
                ...ARTIFACT_CREDENTIALS,
                expirationTime: TEN_O_CLOCK + AT_CHECK * 1_000 + HOUR * 1_000,
              },
            },
          },
        },
      },
    ]);
  });

  it('resolves the variables of its configuration', () => {
    const UserParameters = '#{codepipeline.PipelineExecutionId} of #{Git.BranchName}';
    const { calls, execution } = atAction({ configuration: { FunctionName: 'check', UserParameters } });
    expect(calls[0]?.event).toMatchObject({
      'CodePipeline.job': {
        data: { actionConfiguration: { configuration: { UserParameters: `${execution} of main` } } },
      },
    });
  });

  it('fails at once, and calls nobody, when there is no such variable', () => {
    const pipeline = atAction({ configuration: { FunctionName: 'check', UserParameters: '#{Gone.toString}' } });
    expect([pipeline.calls, pipeline.statusOf(pipeline.execution)]).toEqual([[], 'Failed']);
    expect(pipeline.runs()[0]?.result?.error).toEqual({
      code: 'ConfigurationError',
      message: 'The variables #{Gone.toString} could not be resolved.',
    });
  });

  it('waits for its function, and goes on when that has succeeded', () => {
    const pipeline = atAction();
    pipeline.at(10 * MINUTE);
    pipeline.succeed(10 * MINUTE, { summary: 'All well', externalId: 'run-1' });
    pipeline.at(HOUR);
    expect(pipeline.runs()[0]?.result).toEqual({ summary: 'All well', externalId: 'run-1' });
    expect(ends(pipeline)).toEqual([
      '10 Source SUCCEEDED 0',
      '10 Validate STARTED 0',
      '10 Validate/Check STARTED 1',
      '600 Validate/Check SUCCEEDED 1',
      '600 Validate SUCCEEDED 0',
      '600 End STARTED 0',
      '600 End/Release STARTED 1',
      '610 End/Release SUCCEEDED 1',
      '610 End SUCCEEDED 0',
      '610 pipeline SUCCEEDED 1',
    ]);
  });

  it('fails when its function says so, with what it said', () => {
    const pipeline = atAction();
    pipeline.fail(20, 'Two of three samples failed');
    expect(pipeline.statusOf(pipeline.execution)).toBe('Failed');
    expect(pipeline.runs()[0]?.result).toEqual({
      summary: 'Two of three samples failed',
      error: { code: 'JobFailed', message: 'Two of three samples failed' },
    });
  });

  it('calls its function again, as another job, with the token that it gave', () => {
    const pipeline = atAction();
    const first = pipeline.job();
    pipeline.succeed(15, { continuationToken: 'slice 2', percent: 40, summary: 'Two of five' });
    expect(pipeline.runs()[0]).toMatchObject({ status: 'InProgress', job: { percent: 40 } });
    pipeline.at(24.9);
    expect(pipeline.calls).toHaveLength(1);
    pipeline.at(25);
    expect(pipeline.calls).toHaveLength(2);
    expect(pipeline.job()).not.toBe(first);
    expect(pipeline.calls[1]?.event).toMatchObject({
      'CodePipeline.job': { id: pipeline.job(), data: { continuationToken: 'slice 2' } },
    });
    expect(codeOf(pipeline.succeed(26, {}, first))).toBe('InvalidJobStateException');
    pipeline.succeed(26);
    expect(pipeline.runs()[0]).toMatchObject({ status: 'Succeeded', result: { summary: 'Two of five' } });
  });

  it('calls its function again with the same job where that is wanted', () => {
    const pipeline = atAction({}, { keepsId: true });
    const first = pipeline.job();
    pipeline.succeed(15, { continuationToken: 'slice 2' });
    expect(codeOf(pipeline.succeed(16))).toBe('InvalidJobStateException');
    pipeline.at(25);
    expect([pipeline.calls.length, pipeline.job()]).toEqual([2, first]);
    expect(codeOf(pipeline.succeed(26))).toBe('done');
  });

  it('calls its function again the sooner, the faster the clock goes', () => {
    const { jobs } = faster(aPipeline(), 20);
    const pipeline = atAction({}, jobs);
    pipeline.succeed(15, { continuationToken: 'slice 2' });
    pipeline.at(15.5);
    expect(pipeline.calls).toHaveLength(2);
  });

  it('fails when its function says nothing for 20 minutes, which each token begins anew', () => {
    const pipeline = atAction();
    pipeline.succeed(19 * MINUTE, { continuationToken: 'slice 2' });
    pipeline.at(39 * MINUTE);
    expect(pipeline.runs()[0]?.status).toBe('InProgress');
    pipeline.at(39 * MINUTE + 10);
    expect(pipeline.runs()[0]).toMatchObject({
      status: 'Failed',
      result: { error: { code: 'JobFailed', message: textWith('check failed to return a result') } },
    });
    expect(codeOf(pipeline.succeed(40 * MINUTE))).toBe('InvalidJobStateException');
  });

  it('fails after 24 hours, however often its function asks to be called again', () => {
    const pipeline = atAction();
    for (let minute = 15; minute <= 24 * 60; minute += 15) {
      pipeline.succeed(minute * MINUTE, { continuationToken: 'not yet' });
      pipeline.at(minute * MINUTE + 10);
    }
    expect(pipeline.runs()[0]).toMatchObject({
      status: 'Failed',
      updatedAt: TEN_O_CLOCK + (24 * HOUR + AT_CHECK) * 1_000,
    });
  });

  it('fails when there is no such function', () => {
    const pipeline = atAction();
    pipeline.at(11, { kind: 'no-function', job: pipeline.job() });
    expect(pipeline.runs()[0]).toMatchObject({
      status: 'Failed',
      result: { error: { message: textWith('The AWS Lambda function check cannot be found') } },
    });
  });

  it('gives what its function put out to later actions', () => {
    const later = aLambdaAction('Later', {
      runOrder: 2,
      configuration: { FunctionName: 'check', UserParameters: 'run #{Checked.run}' },
    });
    const pipeline = atStage({
      name: 'Validate',
      actions: [aLambdaAction('Check', { namespace: 'Checked' }), later],
    });
    pipeline.succeed(20, { outputVariables: { run: 'R1' } });
    expect(pipeline.calls[1]?.event).toMatchObject({
      'CodePipeline.job': { data: { actionConfiguration: { configuration: { UserParameters: 'run R1' } } } },
    });
  });

  it('gives nothing of an action of the same name in another stage', () => {
    const driver = aDriver(
      aPipeline({
        stages: stagesWith(
          { name: 'One', actions: [aLambdaAction('Check', { namespace: 'Checked' })] },
          { name: 'Two', actions: [aLambdaAction('Check')] },
          {
            name: 'Three',
            actions: [
              aLambdaAction('Tell', { configuration: { FunctionName: 'check', UserParameters: '#{Checked.run}' } }),
            ],
          },
        ),
      }),
    );
    driver.start(0);
    driver.at(AT_CHECK);
    for (const run of ['R1', 'R2']) {
      driver.at(20, { kind: 'job-succeeded', job: driver.job(), outputVariables: { run } });
    }
    expect(driver.calls[2]?.event).toMatchObject({
      'CodePipeline.job': { data: { actionConfiguration: { configuration: { UserParameters: 'R1' } } } },
    });
  });

  it('has in a rollback what the actions put out before the stage that is rolled back', () => {
    const configuration = { FunctionName: 'check', UserParameters: '#{Git.BranchName}' };
    const pipeline = atAction({ configuration });
    pipeline.succeed(20);
    pipeline.at(30, { kind: 'rollback', stage: 'Validate', target: pipeline.execution, by: 'alice' });
    expect(pipeline.calls[1]?.event).toMatchObject({
      'CodePipeline.job': { data: { actionConfiguration: { configuration: { UserParameters: 'main' } } } },
    });
  });

  it('is waited for by a stop, abandoned by another, and asked anew by a retry', () => {
    const pipeline = atAction();
    const first = pipeline.job();
    const { execution } = pipeline;
    pipeline.at(20, { kind: 'stop', execution, abandon: false });
    expect(pipeline.statusOf(execution)).toBe('Stopping');
    pipeline.at(30, { kind: 'stop', execution, abandon: true });
    expect([pipeline.statusOf(execution), pipeline.runs()[0]?.status]).toEqual(['Stopped', 'Abandoned']);
    expect(pipeline.succeed(31)).toEqual(refused('InvalidJobStateException'));
    pipeline.at(40, { kind: 'retry', execution, stage: 'Validate', mode: 'FAILED_ACTIONS' });
    expect(pipeline.job()).not.toBe(first);
    pipeline.succeed(50);
    pipeline.at(HOUR);
    expect(pipeline.statusOf(execution)).toBe('Succeeded');
  });

  it('takes the same steps, however often it is asked in between', () => {
    const drive = (often: boolean) => {
      const pipeline = atAction();
      pipeline.succeed(15, { continuationToken: 'slice 2' });
      for (let second = 16; often && second < 60; second += 1) {
        pipeline.at(second);
      }
      pipeline.at(60);
      return [pipeline.state(), pipeline.calls];
    };
    expect(drive(true)).toEqual(drive(false));
  });
});

describe('a condition of a stage of a simulated pipeline', () => {
  const entry = (result: 'FAIL' | 'SKIP', ...names: readonly string[]) =>
    atStage({
      name: 'Ship',
      actions: [aLambdaAction('Deploy')],
      beforeEntry: { conditions: [{ result, rules: names.map((name) => aLambdaRule(name)) }] },
    });

  const leaving = (result: 'FAIL' | 'ROLLBACK') =>
    atStage({
      name: 'Ship',
      actions: [aLambdaAction('Deploy')],
      onSuccess: { conditions: [{ result, rules: [aLambdaRule('Healthy')] }] },
    });

  it('lets an execution into its stage once all rules have succeeded', () => {
    const pipeline = entry('FAIL', 'Ready', 'Quiet');
    const [ready = '', quiet = ''] = pipeline.calls.map(({ job }) => job);
    expect(pipeline.runs()).toEqual([]);
    pipeline.succeed(20, {}, ready);
    expect([rulesOf(pipeline), pipeline.runs()]).toEqual([['Ready Succeeded', 'Quiet InProgress'], []]);
    pipeline.succeed(30, {}, quiet);
    expect(pipeline.stageRun()?.conditions[0]?.status).toBe('Succeeded');
    expect(ends(pipeline)).toEqual(['10 Source SUCCEEDED 0', '30 Ship STARTED 0', '30 Ship/Deploy STARTED 1']);
  });

  it('calls the functions of its rules again as those of actions', () => {
    const pipeline = entry('FAIL', 'Ready');
    pipeline.succeed(20, { continuationToken: 'slice 2' });
    pipeline.at(30);
    expect(pipeline.calls).toHaveLength(2);
    pipeline.succeed(31);
    expect(rulesOf(pipeline)).toEqual(['Ready Succeeded']);
  });

  it('fails its stage before any action when a rule fails and it says FAIL', () => {
    const pipeline = entry('FAIL', 'Ready', 'Quiet');
    const [ready = '', quiet = ''] = pipeline.calls.map(({ job }) => job);
    pipeline.fail(20, 'Too many errors', ready);
    pipeline.succeed(21, {}, quiet);
    expect(pipeline.runs()).toEqual([]);
    expect(ends(pipeline)).toEqual(['10 Source SUCCEEDED 0', '21 Ship FAILED 0', '21 pipeline FAILED 1']);
  });

  it('skips its stage, of which the bus hears nothing, when a rule fails and it says SKIP', () => {
    const pipeline = entry('SKIP', 'Ready');
    pipeline.fail(20);
    pipeline.at(HOUR);
    expect([pipeline.stageRun()?.status, pipeline.statusOf(pipeline.execution)]).toEqual(['Skipped', 'Succeeded']);
    expect(ends(pipeline).filter((line) => line.includes('Ship'))).toEqual([]);
  });

  it('fails when a rule takes longer than its own time', () => {
    const pipeline = atStage({
      name: 'Ship',
      actions: [aLambdaAction('Deploy')],
      beforeEntry: { conditions: [{ result: 'FAIL', rules: [aLambdaRule('Ready', { timeoutInMinutes: 5 })] }] },
    });
    pipeline.at(AT_CHECK + 5 * MINUTE - 1);
    expect(rulesOf(pipeline)).toEqual(['Ready InProgress']);
    pipeline.at(AT_CHECK + 5 * MINUTE);
    expect([rulesOf(pipeline), pipeline.statusOf(pipeline.execution)]).toEqual([['Ready Failed'], 'Failed']);
  });

  it('fails when a variable of a rule cannot be resolved', () => {
    const configuration = { FunctionName: 'check', UserParameters: '#{Gone.with}' };
    const pipeline = atStage({
      name: 'Ship',
      actions: [aLambdaAction('Deploy')],
      beforeEntry: { conditions: [{ result: 'FAIL', rules: [aLambdaRule('Ready', { configuration })] }] },
    });
    expect([pipeline.calls, pipeline.statusOf(pipeline.execution)]).toEqual([[], 'Failed']);
  });

  it('lets an execution in that somebody overrides it for, once it has failed the stage', () => {
    const pipeline = entry('FAIL', 'Ready');
    const override = (second: number) =>
      pipeline.at(second, {
        kind: 'override',
        execution: pipeline.execution,
        stage: 'Ship',
        condition: 'BEFORE_ENTRY',
      });
    expect(codeOf(override(15))).toBe('ConditionNotOverridableException');
    pipeline.fail(20);
    expect(codeOf(override(30))).toBe('done');
    expect(pipeline.stageRun()?.conditions[0]?.status).toBe('Overridden');
    expect(ends(pipeline).slice(3)).toEqual(['30 pipeline RESUMED 2', '30 Ship RESUMED 2', '30 Ship/Deploy STARTED 2']);
    pipeline.succeed(40);
    pipeline.at(HOUR);
    expect(pipeline.statusOf(pipeline.execution)).toBe('Succeeded');
  });

  it('is looked at again by a retry of the stage that it failed', () => {
    const pipeline = entry('FAIL', 'Ready');
    pipeline.fail(20);
    pipeline.at(30, { kind: 'retry', execution: pipeline.execution, stage: 'Ship', mode: 'FAILED_ACTIONS' });
    expect([rulesOf(pipeline, 0), rulesOf(pipeline, 1)]).toEqual([['Ready Failed'], ['Ready InProgress']]);
    pipeline.succeed(40);
    expect(pipeline.runs().map(({ status }) => status)).toEqual(['InProgress']);
    expect(ends(pipeline).slice(1)).toEqual([
      '20 Ship FAILED 0',
      '20 pipeline FAILED 1',
      '30 pipeline RESUMED 2',
      '30 Ship RESUMED 2',
      '40 Ship/Deploy STARTED 2',
    ]);
  });

  it('is not looked at again by a retry of an action of the stage that it let in', () => {
    const pipeline = entry('FAIL', 'Ready');
    pipeline.succeed(20);
    pipeline.fail(30);
    pipeline.at(40, { kind: 'retry', execution: pipeline.execution, stage: 'Ship', mode: 'FAILED_ACTIONS' });
    expect(pipeline.stageRun()?.conditions).toHaveLength(1);
    expect(pipeline.runs().map(({ status }) => status)).toEqual(['Failed', 'InProgress']);
  });

  it('is abandoned with its rules by a stop that abandons', () => {
    const pipeline = entry('FAIL', 'Ready');
    pipeline.at(20, { kind: 'stop', execution: pipeline.execution, abandon: true });
    expect([rulesOf(pipeline), pipeline.stageRun()?.conditions[0]?.status, pipeline.stageRun()?.status]).toEqual([
      ['Ready Abandoned'],
      'Abandoned',
      'Stopped',
    ]);
    expect(codeOf(pipeline.succeed(30))).toBe('InvalidJobStateException');
  });

  it('is waited for by a stop that does not, and no action follows', () => {
    const pipeline = entry('FAIL', 'Ready');
    pipeline.at(20, { kind: 'stop', execution: pipeline.execution, abandon: false });
    expect(pipeline.stageRun()?.status).toBe('Stopping');
    pipeline.succeed(30);
    expect([pipeline.stageRun()?.status, pipeline.runs()]).toEqual(['Stopped', []]);
  });

  it('is looked at when the actions have succeeded, before the stage has', () => {
    const pipeline = leaving('FAIL');
    pipeline.succeed(20);
    expect([pipeline.stageRun()?.status, rulesOf(pipeline)]).toEqual(['InProgress', ['Healthy InProgress']]);
    pipeline.succeed(30);
    expect(pipeline.stageRun()?.status).toBe('Succeeded');
    expect(ends(pipeline).slice(3, 5)).toEqual(['20 Ship/Deploy SUCCEEDED 1', '30 Ship SUCCEEDED 0']);
  });

  it('lets an execution out that somebody overrides it for', () => {
    const pipeline = leaving('FAIL');
    pipeline.succeed(20);
    pipeline.fail(30);
    expect(pipeline.stageRun()?.status).toBe('Failed');
    pipeline.at(40, { kind: 'override', execution: pipeline.execution, stage: 'Ship', condition: 'ON_SUCCESS' });
    expect(pipeline.stageRun()?.status).toBe('Succeeded');
  });

  it('is not overridden for an execution that an action has failed since', () => {
    const pipeline = leaving('FAIL');
    const { execution } = pipeline;
    pipeline.succeed(20);
    pipeline.fail(30);
    pipeline.at(40, { kind: 'retry', execution, stage: 'Ship', mode: 'ALL_ACTIONS' });
    pipeline.fail(50);
    expect(pipeline.at(60, { kind: 'override', execution, stage: 'Ship', condition: 'ON_SUCCESS' })).toEqual(
      refused('ConditionNotOverridableException'),
    );
  });

  it('rolls its stage back to the execution that succeeded last, and fails where there is none', () => {
    const pipeline = leaving('ROLLBACK');
    pipeline.succeed(20);
    pipeline.succeed(30);
    pipeline.at(100, { kind: 'rollback', stage: 'Ship', target: pipeline.execution, by: 'alice' });
    pipeline.succeed(110);
    pipeline.succeed(120);
    const second = pipeline.start(200);
    pipeline.at(210);
    pipeline.succeed(220);
    pipeline.fail(230);
    expect([pipeline.statusOf(second), pipeline.state().executions.at(-1)]).toMatchObject([
      'Failed',
      {
        status: 'InProgress',
        rollbackTo: pipeline.execution,
        trigger: { type: 'AutomatedRollback', detail: second },
      },
    ]);
    const alone = leaving('ROLLBACK');
    alone.succeed(20);
    alone.fail(30);
    expect(alone.state().executions.map(({ status }) => status)).toEqual(['Failed']);
  });

  it('does not roll back what is a rollback itself', () => {
    const pipeline = leaving('ROLLBACK');
    pipeline.succeed(20);
    pipeline.succeed(30);
    pipeline.at(100, { kind: 'rollback', stage: 'Ship', target: pipeline.execution, by: 'alice' });
    pipeline.succeed(110);
    pipeline.fail(120);
    expect(pipeline.state().executions.map(({ status }) => status)).toEqual(['Succeeded', 'Failed']);
  });

  it('is no concern of a pipeline of type V1', () => {
    const stage: StageDeclaration = {
      name: 'Ship',
      actions: [aLambdaAction('Deploy')],
      beforeEntry: { conditions: [{ result: 'FAIL', rules: [aLambdaRule('Ready')] }] },
    };
    const driver = aDriver(aPipeline({ stages: stagesWith(stage), pipelineType: 'V1' }));
    const execution = driver.start(0);
    driver.at(AT_CHECK);
    expect(driver.actionsOf(execution, 'Ship').map(({ status }) => status)).toEqual(['InProgress']);
  });
});
