import { randomUUID } from 'node:crypto';
import { isRecord, parseJson } from '../json.ts';
import type { JsonRecord } from '../json.ts';
import { ACCOUNT, CREDENTIALS, REGION } from './account.ts';

/** A call of an AWS API as it arrived, its body read. */
export type ServiceRequest = {
  readonly service: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body as it came, where it is no text. */
  readonly bytes?: Uint8Array;
};

export type ServiceReply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** In place of the body, where that is no text. */
  readonly bytes?: Uint8Array;
};

/** One AWS service behind the gateway. */
export type Service = (request: ServiceRequest) => Promise<ServiceReply>;

/** What an operation came to: an answer, or an error by AWS's own name for it. */
export type Outcome =
  | { readonly kind: 'answer'; readonly body: JsonRecord }
  | { readonly kind: 'refusal'; readonly code: string; readonly message: string };

/** `caller` is the ARN of whoever calls. */
export type Operation = (input: JsonRecord, caller: string) => Outcome | Promise<Outcome>;

export const answer = (body: JsonRecord): Outcome => ({ kind: 'answer', body });

export const refusal = (code: string, message: string): Outcome => ({ kind: 'refusal', code, message });

/** The region that a call is signed for. */
export const regionOf = (headers: ServiceRequest['headers']): string =>
  /Credential=[^/]*\/[^/]*\/([^/]+)\//.exec(headers['authorization'] ?? '')?.[1] ?? REGION;

/** Whoever signs is a user of the name of the access key: `AWS_ACCESS_KEY_ID=alice` calls as alice. */
export const callerOf = (headers: ServiceRequest['headers']): string => {
  const [, key = ''] = /Credential=([^/]+)\//.exec(headers['authorization'] ?? '') ?? [];
  return `arn:aws:iam::${ACCOUNT}:user/${key || CREDENTIALS.accessKeyId}`;
};

const JSON_TYPE = 'application/x-amz-json-1.1';

/** The name of the operation that a call in AWS's JSON protocol asks for. */
export const operationOf = (headers: ServiceRequest['headers']): string =>
  (headers['x-amz-target'] ?? '').split('.').at(-1) ?? '';

/** A service that speaks AWS's JSON protocol. */
export const jsonService =
  (operations: ReadonlyMap<string, Operation>): Service =>
  async ({ service, headers, body }) => {
    const name = operationOf(headers);
    const operation = operations.get(name);
    const input = body === '' ? {} : parseJson(body);
    if (operation === undefined) {
      const known = [...operations.keys()].join(', ');
      return refuseInJson(
        'UnknownOperationException',
        `The local ${service} has no operation "${name}". It has ${known}.`,
      );
    }
    if (!isRecord(input)) {
      return refuseInJson('SerializationException', 'The body is not a JSON object.');
    }
    const outcome = await operation(input, callerOf(headers));
    switch (outcome.kind) {
      case 'answer':
        return reply(200, { 'content-type': JSON_TYPE }, JSON.stringify(outcome.body));
      case 'refusal':
        return refuseInJson(outcome.code, outcome.message);
    }
  };

/** An error as AWS's JSON protocol tells it. */
export const refuseInJson = (code: string, message: string, status = 400): ServiceReply =>
  reply(status, { 'content-type': JSON_TYPE, 'x-amzn-errortype': code }, JSON.stringify({ __type: code, message }));

/** What AWS's query protocol answers: `result` is XML already. */
export const answerInXml = (operation: string, namespace: string, result: string): ServiceReply =>
  reply(
    200,
    { 'content-type': 'text/xml' },
    `<${operation}Response xmlns="${namespace}"><${operation}Result>${result}</${operation}Result>` +
      `<ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata></${operation}Response>`,
  );

/** What AWS's REST protocol answers. */
export const answerInJson = (body: JsonRecord): ServiceReply =>
  reply(200, { 'content-type': 'application/json' }, JSON.stringify(body));

/** An error as AWS's query protocol tells it. */
export const refuseInXml = (code: string, message: string, status = 400): ServiceReply =>
  reply(
    status,
    { 'content-type': 'text/xml' },
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>` +
      `<RequestId>${randomUUID()}</RequestId></ErrorResponse>`,
  );

export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A reply with an id of its own. */
export const reply = (status: number, headers: ServiceReply['headers'], body: string): ServiceReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID(), ...headers },
  body,
});

/** Headers that pass for signed ones: the embedded services look at their form only. */
export const signedHeaders = (service: string): Readonly<Record<string, string>> => ({
  authorization:
    `AWS4-HMAC-SHA256 Credential=${CREDENTIALS.accessKeyId}/20260101/${REGION}/${service}/aws4_request, ` +
    'SignedHeaders=host, Signature=local',
  'x-amz-date': '20260101T000000Z',
});
