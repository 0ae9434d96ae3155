import type { Answer } from '../../scripts/setup/answer.ts';
import type { Place } from '../../scripts/setup/place.ts';
import type { Row } from '../../scripts/setup/row.ts';

/** A stage in AWS. */
export const PROD: Place = { stage: 'prod', region: 'eu-west-1', local: undefined };

export const DEPLOY = 'npx serverless deploy --stage prod --region eu-west-1';

export const told = <Value>(value: Value): Answer<Value> => ({ kind: 'told', value });

export const missing: Answer<never> = { kind: 'missing' };

export const denied = (action: string): Answer<never> => ({ kind: 'denied', action });

/** What is seen of rows at a glance. */
export const glance = (rows: readonly Row[]): readonly (readonly string[])[] =>
  rows.map(({ status, name, says }) => [status, name, says]);
