import { describe, expect, it } from 'vitest';
import { createPipelineJobs } from '../../../shared/aws/pipeline-jobs.ts';

/** Asks a CodePipeline that answers this, or refuses by this name. */
const isRollback = async (answer: unknown, refusal?: string): Promise<boolean> =>
  createPipelineJobs(() =>
    refusal === undefined ? Promise.resolve(answer) : Promise.reject(Object.assign(new Error('no'), { name: refusal })),
  ).isRollback('orders-release', 'e-1');

describe('an execution of a pipeline', () => {
  it.each([
    ['ROLLBACK', true],
    ['STANDARD', false],
    [undefined, false],
  ])('of type %s brings back what ran before: %s', async (executionType, is) => {
    expect(await isRollback({ pipelineExecution: { executionType } })).toBe(is);
  });

  it.each(['AccessDeniedException', 'PipelineExecutionNotFoundException'])(
    'is tested like any other where CodePipeline cannot say: %s',
    async (refusal) => {
      expect(await isRollback(undefined, refusal)).toBe(false);
    },
  );

  it('is asked about again where CodePipeline does not answer now: a rollback is never to be held up', async () => {
    await expect(isRollback(undefined, 'ThrottlingException')).rejects.toThrow(
      'CodePipeline does not say whether the execution is a rollback: ThrottlingException',
    );
  });
});
