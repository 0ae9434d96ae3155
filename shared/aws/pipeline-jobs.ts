import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { JobResult } from '../validation/job-result.ts';
import { known } from '../validation/pipeline-place.ts';
import type { PipelinePlace } from '../validation/pipeline-place.ts';
import type { AwsClient } from './aws-client.ts';

/** What CodePipeline says to the result of a job. */
export type JobTold =
  | { readonly kind: 'taken' }
  /** The job has its result, from us or from somebody else. */
  | { readonly kind: 'had-one' }
  | { readonly kind: 'unknown-job' }
  | { readonly kind: 'not-taken'; readonly says: string; readonly isDenied: boolean };

/** CodePipeline as a job knows it. */
export type PipelineJobs = {
  /** Where a job belongs, as far as CodePipeline says so: nothing of the jobs of some. Rejects where asking again may help. */
  readonly place: (jobId: string) => Promise<Partial<PipelinePlace>>;
  /** Whether an execution brings back what ran before; no where CodePipeline cannot say so. Rejects where asking again may help. */
  readonly isRollback: (pipeline: string, execution: string) => Promise<boolean>;
  /** Tells the result of a job, of the run with this id; `token`: with which it is given back, where it goes on. Never rejects. */
  readonly tell: (jobId: string, run: string, result: JobResult, token: string) => Promise<JobTold>;
};

const text = v.fallback(v.optional(v.pipe(v.string(), v.nonEmpty())), undefined);

/** There are credentials in the answer, too: what is not read cannot get anywhere. */
const Details = v.object({
  jobDetails: v.fallback(
    v.optional(
      v.object({
        data: v.fallback(
          v.optional(
            v.object({
              pipelineContext: v.fallback(
                v.optional(
                  v.object({
                    pipelineName: text,
                    pipelineExecutionId: text,
                    stage: v.fallback(v.optional(v.object({ name: text })), undefined),
                    action: v.fallback(v.optional(v.object({ name: text })), undefined),
                  }),
                ),
                undefined,
              ),
            }),
          ),
          undefined,
        ),
      }),
    ),
    undefined,
  ),
});

const Execution = v.object({ pipelineExecution: v.object({ executionType: text }) });

/** The jobs of Lambda actions and of LambdaInvoke rules. */
export const createPipelineJobs = (client: AwsClient): PipelineJobs => ({
  place: async (jobId) => {
    const asked = await client('GetJobDetails', { jobId }).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ failed: asError(error).name }),
    );
    if ('failed' in asked) {
      if (SILENT.has(asked.failed)) {
        return {};
      }
      // Without its cause, which may quote what was answered.
      throw new Error(`CodePipeline does not say where the job belongs: ${asked.failed}`);
    }
    const { success, output } = v.safeParse(Details, asked.answer);
    const { pipelineName, pipelineExecutionId, stage, action } =
      (success ? output.jobDetails?.data?.pipelineContext : undefined) ?? {};
    return known({ pipeline: pipelineName, execution: pipelineExecutionId, stage: stage?.name, action: action?.name });
  },

  isRollback: async (pipelineName, pipelineExecutionId) => {
    try {
      const { pipelineExecution } = v.parse(
        Execution,
        await client('GetPipelineExecution', { pipelineName, pipelineExecutionId }),
      );
      return pipelineExecution.executionType === 'ROLLBACK';
    } catch (thrown) {
      const { name } = asError(thrown);
      if (UNTOLD.has(name)) {
        return false;
      }
      // What brings back what ran before is never to be held up for want of an answer.
      throw new Error(`CodePipeline does not say whether the execution is a rollback: ${name}`, { cause: thrown });
    }
  },

  tell: async (jobId, run, result, token) => {
    try {
      await tell(client, jobId, run, result, token);
      return { kind: 'taken' };
    } catch (thrown) {
      const { name } = asError(thrown);
      switch (name) {
        case 'InvalidJobStateException':
          return { kind: 'had-one' };
        case 'JobNotFoundException':
          return { kind: 'unknown-job' };
        default:
          return { kind: 'not-taken', says: name, isDenied: DENIED.has(name) };
      }
    }
  },
});

const DENIED: ReadonlySet<string> = new Set(['AccessDeniedException', 'AccessDenied']);

/** It may not be asked, knows no such execution, or says what cannot be read. */
const UNTOLD: ReadonlySet<string> = new Set([
  ...DENIED,
  'PipelineNotFoundException',
  'PipelineExecutionNotFoundException',
  'ValidationException',
  'ValiError',
]);

/** It may not be asked, or does not know jobs of this kind: the action may say more. */
const SILENT: ReadonlySet<string> = new Set([...DENIED, 'JobNotFoundException', 'ValidationException']);

const tell = async (
  client: AwsClient,
  jobId: string,
  externalExecutionId: string,
  result: JobResult,
  continuationToken: string,
): Promise<unknown> => {
  switch (result.kind) {
    case 'goes-on':
      return client('PutJobSuccessResult', {
        jobId,
        continuationToken,
        executionDetails: { summary: result.summary, externalExecutionId, percentComplete: result.percent },
      });
    case 'succeeded': {
      const success = {
        jobId,
        executionDetails: { summary: result.summary, externalExecutionId, percentComplete: 100 },
      };
      try {
        return await client('PutJobSuccessResult', { ...success, outputVariables: result.variables });
      } catch (error) {
        if (asError(error).name !== 'OutputVariablesSizeExceededException') {
          throw error;
        }
        return client('PutJobSuccessResult', success);
      }
    }
    case 'failed':
      return client('PutJobFailureResult', {
        jobId,
        failureDetails: { type: result.type, message: result.message, externalExecutionId },
      });
  }
};
