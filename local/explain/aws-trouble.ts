/** Something about AWS that whoever asks can mend: the message says how. */
export class AwsTrouble extends Error {
  override readonly name = 'AwsTrouble';
}

/** What was asked, as far as it helps to say what to do. */
export type Asked = {
  readonly table: string;
  readonly region: string;
  /** Where it is not AWS itself. */
  readonly endpoint: string | undefined;
};

const CREDENTIALS_REFUSED = 'AWS does not accept the credentials: they are wrong or have expired. Sign in again.';
const THROTTLED = 'The table is busy: DynamoDB throttled the reading. Try again later.';

const unreachable = ({ endpoint, region }: Asked): string =>
  endpoint === undefined
    ? `DynamoDB in ${region} cannot be reached. Is there such a region, and is this machine online?`
    : `Nobody answers at ${endpoint}. Start the local stack (npm start), or set AWS_ENDPOINT_URL to where it is.`;

const BY_NAME: ReadonlyMap<string, (asked: Asked) => string> = new Map<string, (asked: Asked) => string>([
  [
    'ResourceNotFoundException',
    ({ table, region }) =>
      `There is no table ${table} in ${region}. Name another stage (--stage) or region (--region), or deploy first.`,
  ],
  [
    'AccessDeniedException',
    ({ table }) => `These credentials may not read the table. Allow dynamodb:Scan and dynamodb:Query on ${table}.`,
  ],
  ...['UnrecognizedClientException', 'InvalidSignatureException', 'ExpiredTokenException', 'ExpiredToken'].map(
    (name) => [name, () => CREDENTIALS_REFUSED] as const,
  ),
  ...['CredentialsProviderError', 'TokenProviderError'].map(
    (name) => [name, () => 'There are no AWS credentials, or they have expired. Sign in, or set AWS_PROFILE.'] as const,
  ),
  ...['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'].map(
    (name) => [name, () => THROTTLED] as const,
  ),
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ECONNRESET', 'TimeoutError'].map(
    (name) => [name, unreachable] as const,
  ),
]);

/** An error of the SDK's as something to mend; any other error as it is. */
export const awsTroubleOf = (error: unknown, asked: Asked): unknown => {
  const says = namesOf(error).flatMap((name) => BY_NAME.get(name) ?? [])[0];
  return says === undefined ? error : new AwsTrouble(says(asked), { cause: error });
};

/** The SDK names its own errors; Node.js gives those of the network a code, one for each address that was tried. */
const namesOf = (error: unknown): readonly string[] => {
  if (!(error instanceof Error)) {
    return [];
  }
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(namesOf) : [];
  return [error.name, ...code, ...inner];
};
