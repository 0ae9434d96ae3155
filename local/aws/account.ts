/** The account that everything local is in: the one that the embedded SQS and SNS know. */
export const ACCOUNT = '000000000000';

/** The region that everything local is in, whichever one a client asks for. */
export const REGION = 'us-east-1';

/** Credentials for whoever insists on signing; the gateway looks at no signature. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;
