import type { Commit, SimulatedPipeline } from './pipeline.ts';
import type { ActionResult } from './pipeline-state.ts';

/** The summary of a revision as connections write it: JSON in a text. */
export const revisionSummary = ({ message }: Commit): string =>
  JSON.stringify({ ProviderType: 'GitHub', CommitMessage: message });

export const revisionUrl = ({ home: { partition, region, account } }: SimulatedPipeline, commit: Commit): string =>
  `https://${region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn=` +
  `arn:${partition}:codeconnections:${region}:${account}:connection/6d1c0f6e-2b7a-4c55-9d0e-3a1f5b7c9e21` +
  `&referenceType=COMMIT&FullRepositoryId=${commit.repository}&Commit=${commit.id}`;

/** What a source action has to show. */
export const sourceResult = (pipeline: SimulatedPipeline, commit: Commit): ActionResult => ({
  externalId: commit.id,
  summary: revisionSummary(commit),
  url: revisionUrl(pipeline, commit),
});

/** What a source action puts out: https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html */
export const sourceVariables = ({ id, message, repository, branch }: Commit): Readonly<Record<string, string>> => ({
  CommitId: id,
  CommitMessage: message,
  FullRepositoryName: repository,
  BranchName: branch,
});
