import { describe, expect, it } from 'vitest';
import { AwsTrouble, awsTroubleOf } from '../../../local/explain/aws-trouble.ts';

const ASKED = { table: 'gatehouse-prod', region: 'eu-west-1', endpoint: undefined };

const named = (name: string): Error => Object.assign(new Error('secret'), { name });

const coded = (code: string): Error => Object.assign(new Error('secret'), { code });

describe('awsTroubleOf', () => {
  it.each([
    [
      'a table that is not there',
      named('ResourceNotFoundException'),
      'There is no table gatehouse-prod in eu-west-1. Name another stage (--stage) or region (--region), or deploy first.',
    ],
    [
      'a permission that is missing',
      named('AccessDeniedException'),
      'These credentials may not read the table. Allow dynamodb:Scan and dynamodb:Query on gatehouse-prod.',
    ],
    [
      'credentials that have expired',
      named('ExpiredTokenException'),
      'AWS does not accept the credentials: they are wrong or have expired. Sign in again.',
    ],
    [
      'no credentials',
      named('CredentialsProviderError'),
      'There are no AWS credentials, or they have expired. Sign in, or set AWS_PROFILE.',
    ],
    [
      'a busy table',
      named('ThrottlingException'),
      'The table is busy: DynamoDB throttled the reading. Try again later.',
    ],
    [
      'a region that does not exist',
      coded('ENOTFOUND'),
      'DynamoDB in eu-west-1 cannot be reached. Is there such a region, and is this machine online?',
    ],
    [
      'every address of a host that refuses',
      new AggregateError([coded('ECONNREFUSED')], 'secret'),
      'DynamoDB in eu-west-1 cannot be reached. Is there such a region, and is this machine online?',
    ],
  ])('says in one line what to do about %s', (_what, error, says) => {
    expect(awsTroubleOf(error, ASKED)).toEqual(new AwsTrouble(says, { cause: error }));
  });

  it('sends who asks a local stack that is not up there', () => {
    const asked = { ...ASKED, endpoint: 'http://127.0.0.1:4566' };
    expect(String(awsTroubleOf(coded('ECONNREFUSED'), asked))).toContain('Start the local stack (npm start)');
  });

  it('leaves alone what nobody can mend', () => {
    const bug = new TypeError('x is not a function');
    expect(awsTroubleOf(bug, ASKED)).toBe(bug);
    expect(awsTroubleOf('thrown', ASKED)).toBe('thrown');
  });
});
