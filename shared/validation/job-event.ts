import * as v from 'valibot';

const text = (most: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(most));

/** Whatever it is instead is as if it were not there: the job has to be answered. */
const given = (most: number) => v.fallback(v.optional(text(most)), undefined);

/** What CodePipeline calls its jobs by, and the executions of pipelines. */
export const PIPELINE_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const Job = v.object({
  id: v.pipe(v.string(), v.regex(PIPELINE_ID)),
  data: v.fallback(
    v.optional(
      v.object({
        actionConfiguration: v.fallback(
          v.optional(
            v.object({ configuration: v.fallback(v.optional(v.object({ UserParameters: given(10_000) })), {}) }),
          ),
          {},
        ),
        continuationToken: given(2_048),
      }),
    ),
    {},
  ),
});

/**
 * What CodePipeline calls a function with: https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html#actions-invoke-lambda-function-json-event-example
 * Only what is needed of it: it holds credentials, and what is not read cannot get anywhere.
 */
export const JobEvent = v.pipe(
  v.object({ 'CodePipeline.job': Job }),
  v.transform(({ 'CodePipeline.job': { id, data } }): PipelineJob => {
    const parameters = data?.actionConfiguration?.configuration?.UserParameters;
    const token = data?.continuationToken;
    return {
      jobId: id,
      ...(parameters !== undefined && { parameters }),
      ...(token !== undefined && { token }),
    };
  }),
);

/** A job as it is taken in, without what opens anything. */
export type PipelineJob = {
  readonly jobId: string;
  /** What the pipeline's author has written into the action: text of whatever kind. */
  readonly parameters?: string;
  /** What this job was given on with. */
  readonly token?: string;
};

/** Whether something is about a job at all, readable or not: nothing may be said of it that quotes it. */
export const isAboutJob = (event: unknown): boolean =>
  typeof event === 'object' && event !== null && 'CodePipeline.job' in event;
