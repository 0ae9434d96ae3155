import * as v from 'valibot';

/** Where a revision is: https://docs.aws.amazon.com/codedeploy/latest/APIReference/API_RevisionLocation.html */
export const RevisionLocation = v.variant('revisionType', [
  v.object({
    revisionType: v.literal('GitHub'),
    gitHubLocation: v.object({ repository: v.string(), commitId: v.string() }),
  }),
  v.object({
    revisionType: v.literal('S3'),
    s3Location: v.object({
      bucket: v.string(),
      key: v.string(),
      bundleType: v.exactOptional(v.picklist(['tar', 'tgz', 'zip', 'YAML', 'JSON'])),
      version: v.exactOptional(v.string()),
      eTag: v.exactOptional(v.string()),
    }),
  }),
  v.object({
    revisionType: v.literal('AppSpecContent'),
    appSpecContent: v.object({ content: v.exactOptional(v.string()), sha256: v.exactOptional(v.string()) }),
  }),
]);

export type RevisionLocation = v.InferOutput<typeof RevisionLocation>;

/** A deployment group to simulate, whose deployments are blue/green. Times are in milliseconds. */
export type SimulatedGroup = {
  readonly application: string;
  readonly group: string;
  readonly groupId: string;
  readonly home: { readonly partition: string; readonly region: string; readonly account: string };
  readonly computePlatform: 'Server' | 'ECS';
  /** Of the replacement; none where nothing tells of instances. */
  readonly instances: readonly string[];
  readonly readyOption: {
    readonly actionOnTimeout: 'STOP_DEPLOYMENT' | 'CONTINUE_DEPLOYMENT';
    readonly waitTimeInMinutes?: number;
  };
  /** Whether what fails or is stopped is rolled back also when nobody asks for it. */
  readonly rollsBack: boolean;
  /** What was deployed there before the simulation begins, and when, in epoch milliseconds; left out: nothing. */
  readonly runs?: { readonly revision: RevisionLocation; readonly since: number };
  /** What deployments bring that are started without a revision, one after the other. */
  readonly revisions: readonly RevisionLocation[];
  readonly preparesMs: number;
  readonly shiftsMs: number;
};

/** The same group with deployments that take a part of their time only; they wait as long as they say. */
export const fasterGroup = (group: SimulatedGroup, speed: number): SimulatedGroup => ({
  ...group,
  preparesMs: Math.round(group.preparesMs / speed),
  shiftsMs: Math.round(group.shiftsMs / speed),
});

/** By which a group is found: no two have the same. */
export const groupKey = (application: string, group: string): string => JSON.stringify([application, group]);
