import * as v from 'valibot';
import { Name, Region, timeOf } from './envelope.ts';
import { readableText } from './readable-text.ts';

/**
 * What an approval action sends to its topic: the only message that has the token, and it does not say of which execution.
 * https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-json-format.html
 */
export type ApprovalRequest = {
  readonly region: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly action: string;
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt?: number;
  readonly text?: string;
  readonly url?: string;
};

const optional = v.fallback(v.optional(v.nullable(v.string())), undefined);

const Message = v.object({
  region: Region,
  approval: v.object({
    pipelineName: Name,
    stageName: Name,
    actionName: Name,
    token: v.pipe(v.string(), v.regex(/^[A-Za-z0-9-]{8,100}$/, 'is not a token')),
    expires: optional,
    externalEntityLink: optional,
    customData: optional,
  }),
});

/** Reads the message of an approval action; undefined for what is none. */
export const readApprovalRequest = (content: object): ApprovalRequest | undefined => {
  const parsed = v.safeParse(Message, content);
  if (!parsed.success) {
    return undefined;
  }
  const { region, approval } = parsed.output;
  const expiresAt = timeOf(approval.expires);
  const text = readableText(approval.customData ?? undefined, 1000);
  const url = approval.externalEntityLink ?? undefined;
  return {
    region,
    pipeline: approval.pipelineName,
    stage: approval.stageName,
    action: approval.actionName,
    token: approval.token,
    ...(expiresAt !== undefined && { expiresAt }),
    ...(text !== undefined && { text }),
    ...(url !== undefined && url.length <= 400 && { url }),
  };
};
