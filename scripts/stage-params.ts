import * as v from 'valibot';

/** What `params` of serverless.yml say of a stage beyond numbers; what is off is not there. */
export type StageParams = {
  /** A topic that hears of alarms instead of one of ours. */
  readonly alarmTopicArn?: string | undefined;
  /** Who gets mail from our alarm topic. */
  readonly alarmEmail?: string | undefined;
  /** The customer key that encrypts our topics. */
  readonly topicKeyArn?: string | undefined;
  readonly permissionsBoundaryArn?: string | undefined;
};

export const STAGE_PARAMS = ['alarmTopicArn', 'alarmEmail', 'topicKeyArn', 'permissionsBoundaryArn'] as const;

const textOrOff = (pattern: RegExp, says: string) =>
  v.pipe(
    v.nullish(v.string('should be text'), ''),
    v.check((text) => text === '' || pattern.test(text), says),
    v.transform((text) => (text === '' ? undefined : text)),
  );

const Schema = v.pipe(
  v.object({
    alarmTopicArn: textOrOff(
      /^arn:aws(?:-cn|-us-gov)?:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
      'is not the ARN of a standard topic, such as arn:aws:sns:eu-west-1:111122223333:oncall',
    ),
    alarmEmail: textOrOff(/^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'is not a mail address'),
    topicKeyArn: textOrOff(
      /^arn:aws(?:-cn|-us-gov)?:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
      'is not the ARN of a customer key (its alias will not do: a permission needs the key), such as arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
    permissionsBoundaryArn: textOrOff(
      /^arn:aws(?:-cn|-us-gov)?:iam::(?:\d{12}|aws):policy\/[\w+=,.@/-]+$/,
      'is not the ARN of a policy, such as arn:aws:iam::111122223333:policy/boundary',
    ),
  }),
  v.forward(
    v.check(
      ({ alarmTopicArn, alarmEmail }) => alarmTopicArn === undefined || alarmEmail === undefined,
      'has no topic of ours to subscribe to beside alarmTopicArn: subscribe to that topic yourself',
    ),
    ['alarmEmail'],
  ),
);

/**
 * Reads the parameters of a stage; empty means off. `region` is the stack's: alarms and topics reach topics and keys of
 * their own region only. With problems, each named by its parameter, there are no parameters.
 */
export const readStageParams = (
  written: Readonly<Record<string, unknown>>,
  region: string,
): { readonly params: StageParams; readonly problems: readonly string[] } => {
  const { success, output, issues = [] } = v.safeParse(Schema, written);
  if (!success) {
    return { params: {}, problems: issues.map((issue) => `${v.getDotPath(issue) ?? ''}: ${issue.message}`) };
  }
  const problems = (['alarmTopicArn', 'topicKeyArn'] as const).flatMap((name) => {
    const place = output[name]?.split(':')[3] ?? region;
    return place === region ? [] : [`${name}: is in ${place}, and the stack in ${region}`];
  });
  return problems.length === 0 ? { params: output, problems } : { params: {}, problems };
};
