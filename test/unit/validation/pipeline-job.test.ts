import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parseCheckMessage } from '../../../shared/validation/check-message.ts';
import { JobEvent } from '../../../shared/validation/job-event.ts';
import { readJobToken, writeJobToken } from '../../../shared/validation/job-token.ts';
import { claimedPlace } from '../../../shared/validation/pipeline-place.ts';
import { aPipeline, EXECUTION, FIRST_JOB, JOB_SECRETS } from '../../support/jobs.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const { eventOf } = aPipeline({ parameters: 'strict' });
const EVENT = eventOf({ id: FIRST_JOB, token: 'continued', at: TEN_O_CLOCK });

describe('a job of a pipeline', () => {
  it('is taken in by its id, its parameters and its token, and by nothing else', () => {
    expect(v.parse(JobEvent, EVENT)).toEqual({ jobId: FIRST_JOB, parameters: 'strict', token: 'continued' });
  });

  it('is taken in as long as it can be answered, whatever else of it cannot be read', () => {
    for (const data of [undefined, null, 7, {}, { actionConfiguration: [], continuationToken: 7 }]) {
      expect(v.parse(JobEvent, { 'CodePipeline.job': { id: FIRST_JOB, data } })).toEqual({ jobId: FIRST_JOB });
    }
    expect(v.safeParse(JobEvent, { 'CodePipeline.job': { id: 'no id' } }).success).toBe(false);
  });

  it('comes to the checks queue as Lambda writes it, credentials and all, which are left there (F69)', () => {
    const body = JSON.stringify({
      version: '1.0',
      requestContext: { requestId: 'r', functionArn: 'arn', condition: 'RetriesExhausted', approximateInvokeCount: 3 },
      requestPayload: EVENT,
      responsePayload: { errorMessage: JOB_SECRETS[1] },
    });
    expect(body).toContain(JOB_SECRETS[0]);
    expect(parseCheckMessage(body)).toEqual({
      kind: 'failed-job',
      job: { jobId: FIRST_JOB, parameters: 'strict', token: 'continued' },
      says: 'Gatehouse failed three times to begin',
    });
  });
});

describe('the token that a job is given on with', () => {
  it('leads back to the first job', () => {
    const token = { job: FIRST_JOB, turn: 17 };
    expect(readJobToken(writeJobToken(token))).toEqual(token);
    expect(writeJobToken(token).length).toBeLessThan(100);
  });

  it.each([
    '',
    'previous_job_id',
    '{}',
    '[]',
    'null',
    `{"job":"${FIRST_JOB}"}`,
    `{"job":"${FIRST_JOB}","turn":0}`,
    `{"job":"${FIRST_JOB}","turn":1.5}`,
    `{"job":"${FIRST_JOB}","turn":1,"suite":"easy"}`,
    '{"job":"../x","turn":1}',
    `{"job":"${FIRST_JOB}","turn":1${' '.repeat(3_000)}}`,
  ])('is none of ours: %j', (text) => {
    expect(readJobToken(text)).toBeUndefined();
  });
});

describe('what an author says in UserParameters about where an action is', () => {
  it('is read name by name', () => {
    const place = { pipeline: 'orders-release', execution: EXECUTION, stage: 'Deploy', action: 'Ready' };
    expect(claimedPlace(JSON.stringify({ ...place, more: 'of their own' }))).toEqual(place);
  });

  it.each([
    undefined,
    'strict',
    '"strict"',
    'null',
    '[1]',
    '{"pipeline":"a b","execution":"#{codepipeline.PipelineExecutionId}","stage":7,"action":""}',
    JSON.stringify({ pipeline: 'x'.repeat(101) }),
  ])('is nothing where it is anything else: %s', (parameters) => {
    expect(claimedPlace(parameters)).toEqual({});
  });
});
