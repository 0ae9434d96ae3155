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

/** The headers with those that a signature adds. `now` in epoch milliseconds. */
export type Sign = (
  headers: Readonly<Record<string, string>>,
  body: string,
  now: number,
  resource?: Resource,
) => Readonly<Record<string, string>>;

/** What of a service is posted to: path and query as they are sent, in letters that no URL encodes. */
export type Resource = { readonly path: string; readonly query: string };

const ROOT: Resource = { path: '/', query: '' };

/**
 * Signs POSTs to a service as AWS wants it
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). Tests hold it to the
 * SDK's own signer, which takes four milliseconds more of a cold start.
 */
export const createSigner = (service: string, { region, credentials }: Caller): Sign => {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  let daily: { readonly scope: string; readonly key: Buffer } | undefined;
  return (headers, body, now, { path, query } = ROOT) => {
    const time = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '');
    const parts = [time.slice(0, 8), region, service, 'aws4_request'];
    const scope = parts.join('/');
    const key =
      daily?.scope === scope
        ? daily.key
        : parts.reduce<Buffer>((parent, part) => hmac(parent, part), Buffer.from(`AWS4${secretAccessKey}`));
    daily = { scope, key };
    const all: Readonly<Record<string, string>> = {
      ...headers,
      'x-amz-date': time,
      ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
    };
    const names = Object.keys(all).sort();
    const lines = names.map((name) => `${name}:${all[name] ?? ''}\n`).join('');
    const request = ['POST', path, query, lines, names.join(';'), sha256(body)].join('\n');
    const signature = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n')).toString('hex');
    return {
      ...all,
      authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
    };
  };
};

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
