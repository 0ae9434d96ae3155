import * as v from 'valibot';
import { Id } from './envelope.ts';
import { readableText } from './readable-text.ts';
import type { Deployment, Fact, Facts, Result, Rollout, StateChange } from './rollout.ts';
import { isFinal } from './state.ts';
import { compareVersions } from './version.ts';
import type { Version } from './version.ts';

/**
 * Whether there is something to ask AWS about a change: of a deployment when it starts and when it ends, of a pipeline's
 * execution once. What was asked as of a change, or a newer one, is not asked again.
 */
export const isToBeLookedUp = ({ facts }: Rollout, { rollout, register, state, version }: StateChange): boolean => {
  switch (rollout.source) {
    case 'codepipeline':
      return register.kind === 'rollout' && facts.stages === undefined;
    case 'codedeploy':
      return (
        register.kind === 'rollout' &&
        (state === 'in-progress' || isFinal(state)) &&
        (facts.creator === undefined || compareVersions(facts.creator.version, version) < 0)
      );
    case 'ecs':
      // Which of its service's deployments it is was looked up before it was folded.
      return false;
  }
};

/** The creator of a deployment of which CodeDeploy names none. */
export const UNNAMED = 'unknown';

const text = v.fallback(v.optional(v.string()), undefined);

const DeploymentInfo = v.object({
  creator: text,
  errorInformation: v.fallback(v.optional(v.object({ code: text, message: text })), undefined),
  rollbackInfo: v.fallback(
    v.optional(
      v.object({
        rollbackDeploymentId: v.fallback(v.optional(Id), undefined),
        rollbackTriggeringDeploymentId: v.fallback(v.optional(Id), undefined),
      }),
    ),
    undefined,
  ),
});

/** What `deploymentInfo` of GetDeployment says of a deployment, as of a change of it. */
export const deploymentFacts = (info: unknown, { executionId }: Deployment, asOf: Version): Facts => {
  const { creator, errorInformation, rollbackInfo } = v.parse(DeploymentInfo, info);
  const fact = <Value>(value: Value): Fact<Value> => ({ version: asOf, value });
  const errorCode = readableText(errorInformation?.code, 100);
  const summary = readableText(errorInformation?.message, 240);
  const failure: Result | undefined =
    errorCode === undefined && summary === undefined
      ? undefined
      : { ...(summary !== undefined && { summary }), ...(errorCode !== undefined && { errorCode }) };
  const other = (id: string | undefined): string | undefined => (id === executionId ? undefined : id);
  const rollbackOf = other(rollbackInfo?.rollbackTriggeringDeploymentId);
  const rolledBackBy = other(rollbackInfo?.rollbackDeploymentId);
  return {
    // Also where CodeDeploy names nobody: that there was an answer is what keeps it from being asked again.
    creator: fact(readableText(creator, 100) ?? UNNAMED),
    ...(failure && { failure: fact(failure) }),
    ...(rollbackOf !== undefined && { rollbackOf: fact(rollbackOf) }),
    ...(rolledBackBy !== undefined && { rolledBackBy: fact(rolledBackBy) }),
  };
};

/** More than a pipeline may have. */
const MOST_STAGES = 50;

/** The order of a pipeline's stages, as of a change of one of its executions. */
export const stagesFact = (names: readonly string[], asOf: Version): Facts => ({
  stages: {
    version: asOf,
    value: names.slice(0, MOST_STAGES).flatMap((name) => readableText(name, 100) ?? []),
  },
});
