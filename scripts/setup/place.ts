import { CREDENTIALS, REGION } from '../../local/aws/account.ts';
import { UsageError } from '../../local/command.ts';

/** Where a command looks: a stage, in a region of AWS or on this machine. */
export type Place = {
  readonly stage: string;
  readonly region: string;
  /** The local stack's; undefined: AWS, or what AWS_ENDPOINT_URL makes of it. */
  readonly local: string | undefined;
};

/** The stage that `npm start` runs. */
const LOCAL_STAGE = 'local';

const DEFAULT_PORT = '4566';

/** The options that say where, for `parseArgs`. */
export const placeOptions = {
  stage: { type: 'string', default: 'dev' },
  region: { type: 'string' },
  port: { type: 'string', default: DEFAULT_PORT },
} as const;

/** Their part of a command's help. */
export const PLACE_HELP = `  --stage STAGE    what was or will be deployed (dev); local: the stack that npm start runs
  --region REGION  where (AWS_REGION, otherwise us-east-1, as serverless deploy has it)
  --port PORT      of the local stack's AWS, as npm start was told (4566)`;

/** Reads where to look from options and environment. Throws `UsageError`. */
export const readPlace = (
  options: { readonly stage: string; readonly region?: string | undefined; readonly port: string },
  environment: Readonly<Record<string, string | undefined>>,
): Place => {
  const { stage, region, port } = options;
  if (!/^[A-Za-z][A-Za-z0-9-]{0,40}$/.test(stage)) {
    throw new UsageError('--stage takes a name: letters, digits and dashes');
  }
  if (region !== undefined && !/^[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}$/.test(region)) {
    throw new UsageError('--region takes the code of a region, such as eu-west-1');
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new UsageError('--port takes a number up to 65535');
  }
  if (stage === LOCAL_STAGE) {
    const local = given(environment['AWS_ENDPOINT_URL']) ?? `http://127.0.0.1:${port}`;
    if (!URL.canParse(local)) {
      throw new UsageError('AWS_ENDPOINT_URL is not a URL');
    }
    return { stage, region: region ?? REGION, local };
  }
  return { stage, region: region ?? given(environment['AWS_REGION']) ?? 'us-east-1', local: undefined };
};

/** An empty variable says nothing. */
const given = (variable: string | undefined): string | undefined => (variable === '' ? undefined : variable);

/** What every AWS client of a command is set to; the local stack takes any credentials. */
export const placeSettings = ({ region, local }: Place) => ({
  region,
  ...(local !== undefined && { endpoint: local, credentials: CREDENTIALS }),
});

/** A command of the AWS CLI, ready to be copied. */
export const awsCommand = ({ region, local }: Place, command: string): string =>
  `aws ${command} --region ${region}${local === undefined ? '' : ` --endpoint-url ${local}`}`;

/** How a command of ours is called for the same place. */
export const ownCommand = (name: 'doctor' | 'explain' | 'hello', { stage, region, local }: Place): string =>
  `npm run ${name} -- --stage ${stage}${local === undefined ? ` --region ${region}` : portOption(local)}`;

const portOption = (local: string): string => {
  const { port } = new URL(local);
  return port === DEFAULT_PORT ? '' : ` --port ${port}`;
};

/** What brings what is deployed up to the repository. */
export const deployCommand = ({ stage, region, local }: Place): string =>
  local === undefined
    ? `npx serverless deploy --stage ${stage} --region ${region}`
    : 'end npm start and start it again';
