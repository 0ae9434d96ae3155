import { createHash, createHmac } from 'node:crypto';

/** Who calls, and in which region. */
export type Caller = {
  readonly region: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
};

/**
 * The headers of a POST to the root of a service, signed as AWS wants it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). Tests hold it to the
 * SDK's own signer, which takes four milliseconds more of a cold start.
 */
export const signed = (
  service: string,
  { region, credentials }: Caller,
  headers: Readonly<Record<string, string>>,
  body: string,
  now: number,
): Readonly<Record<string, string>> => {
  const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const all: Readonly<Record<string, string>> = {
    ...headers,
    'x-amz-date': time,
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(all).sort();
  const lines = names.map((name) => `${name}:${all[name] ?? ''}\n`);
  const request = ['POST', '/', '', lines.join(''), names.join(';'), sha256(body)].join('\n');
  const scope = [time.slice(0, 8), region, service, 'aws4_request'];
  const key = scope.reduce<string | Buffer>((parent, part) => hmac(parent, part).digest(), `AWS4${secretAccessKey}`);
  const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(request)].join('\n')).digest('hex');
  const parts = [
    `Credential=${accessKeyId}/${scope.join('/')}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${signature}`,
  ];
  return { ...all, authorization: `AWS4-HMAC-SHA256 ${parts.join(', ')}` };
};

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
