import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import type { NotifyDeps } from '../../functions/notify/notify.ts';
import { deploymentFacts, stagesFact } from '../../shared/rollout/looked-up.ts';
import { joinedTo, ListedDeployment } from '../../shared/rollout/service-deployment.ts';
import { answer, refusal } from '../aws/service.ts';
import type { Operation } from '../aws/service.ts';
import { parseJson } from '../json.ts';
import type { SeenRollouts } from './seen-rollouts.ts';

const Answers = v.object({
  GetDeployment: v.record(v.string(), v.object({ deploymentInfo: v.record(v.string(), v.unknown()) })),
  GetPipeline: v.record(
    v.string(),
    v.object({ pipeline: v.looseObject({ stages: v.array(v.looseObject({ name: v.string() })) }) }),
  ),
  ListServiceDeployments: v.record(v.string(), v.object({ serviceDeployments: v.array(ListedDeployment) })),
});

/** What AWS answers about the rollouts in `events/`, by operation and by deployment id, pipeline or service. */
export type RecordedAnswers = v.InferOutput<typeof Answers>;

export const readRecordedAnswers = async (): Promise<RecordedAnswers> =>
  v.parse(Answers, parseJson(await readFile(join(import.meta.dirname, 'answers.json'), 'utf8')));

const own = <Value>(answers: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(answers, name) ? answers[name] : undefined;

/** Looks up in what is recorded; of other rollouts nothing is known. */
export const recordedLookUp =
  ({ GetDeployment, GetPipeline }: RecordedAnswers): NotifyDeps['lookUp'] =>
  (id, asOf) => {
    switch (id.source) {
      case 'codedeploy': {
        const found = own(GetDeployment, id.executionId);
        return Promise.resolve(found === undefined ? {} : deploymentFacts(found.deploymentInfo, id, asOf));
      }
      case 'codepipeline': {
        const stages = own(GetPipeline, id.name)?.pipeline.stages;
        return Promise.resolve(
          stages === undefined
            ? {}
            : stagesFact(
                stages.map(({ name }) => name),
                asOf,
              ),
        );
      }
      case 'ecs':
        return Promise.resolve({});
    }
  };

/** Finds deployments among those that are recorded of their service; of others it says nothing. */
export const recordedJoin =
  ({ ListServiceDeployments }: RecordedAnswers): NotifyDeps['join'] =>
  (change) => {
    const { account, region, cluster, service } = change.rollout;
    const listed = (own(ListServiceDeployments, `${cluster}/${service}`)?.serviceDeployments ?? []).filter(
      ({ serviceDeploymentArn }) => serviceDeploymentArn.includes(`:${region}:${account}:`),
    );
    return Promise.resolve(joinedTo(change, listed) ?? change);
  };

/** What CodeDeploy and CodePipeline answer as far as it is recorded or heard of. */
export const recordedOperations = (
  { GetDeployment, GetPipeline }: RecordedAnswers,
  { pipelineOperations, deploymentOperations }: SeenRollouts,
): Readonly<Record<'codedeploy' | 'codepipeline', ReadonlyMap<string, Operation>>> => {
  const lookUp = (field: string, answers: Readonly<Record<string, object>>, unknown: string): Operation => {
    const Asked = v.object({ [field]: v.string() });
    return (input) => {
      const asked = v.safeParse(Asked, input);
      if (!asked.success) {
        return refusal('ValidationException', v.summarize(asked.issues));
      }
      const found = own(answers, asked.output[field] ?? '');
      return found === undefined
        ? refusal(unknown, `There is none of the ${field} that was asked for.`)
        : answer({ ...found });
    };
  };
  return {
    codedeploy: new Map([
      ...deploymentOperations,
      ['GetDeployment', lookUp('deploymentId', GetDeployment, 'DeploymentDoesNotExistException')],
    ]),
    codepipeline: new Map([
      ...pipelineOperations,
      ['GetPipeline', lookUp('name', GetPipeline, 'PipelineNotFoundException')],
    ]),
  };
};
