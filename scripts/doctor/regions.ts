/** Regions that accounts have without asking, by partition: where a stage may be that is not where it was looked for. */
const REGIONS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'aws',
    [
      'us-east-1',
      'us-east-2',
      'us-west-1',
      'us-west-2',
      'ca-central-1',
      'sa-east-1',
      'eu-central-1',
      'eu-north-1',
      'eu-west-1',
      'eu-west-2',
      'eu-west-3',
      'ap-northeast-1',
      'ap-northeast-2',
      'ap-northeast-3',
      'ap-south-1',
      'ap-southeast-1',
      'ap-southeast-2',
    ],
  ],
  ['aws-us-gov', ['us-gov-east-1', 'us-gov-west-1']],
  ['aws-cn', ['cn-north-1', 'cn-northwest-1']],
]);

/** The other regions of a partition that are worth a look. */
export const otherRegions = (partition: string, region: string): readonly string[] =>
  (REGIONS.get(partition) ?? []).filter((each) => each !== region);
