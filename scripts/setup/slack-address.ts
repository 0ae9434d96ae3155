import type { Answer } from './answer.ts';
import type { DeployedFunction } from './deployed.ts';
import type { Place } from './place.ts';
import { variableOf } from './expected-stack.ts';
import type { ExpectedStack } from './expected-stack.ts';

/**
 * Slack's Web API is where the deployed functions find it, otherwise where serverless.yml says; for the local stack only
 * where its functions do, so that nothing leaves the machine.
 */
export const slackApiUrl = (
  expected: ExpectedStack,
  functions: readonly Answer<Pick<DeployedFunction, 'environment'>>[],
  { local }: Pick<Place, 'local'>,
): string | undefined =>
  functions
    .map((answer) => (answer.kind === 'told' ? answer.value.environment['SLACK_API_URL'] : undefined))
    .find((url) => url !== undefined) ?? (local === undefined ? variableOf(expected, 'SLACK_API_URL') : undefined);
