import * as v from 'valibot';
import { JobEvent } from './job-event.ts';
import type { PipelineJob } from './job-event.ts';

/**
 * What the checks queue carries: "look at this run", or at this watch, hints and never the truth; that a deployment has begun
 * whose traffic may be watched; or a call that failed.
 */
export type CheckMessage =
  | { readonly kind: 'look'; readonly run: string }
  | { readonly kind: 'watch'; readonly watch: string }
  | { readonly kind: 'bake'; readonly deployment: string }
  | { readonly kind: 'failed'; readonly event: HookEvent; readonly says: string }
  | { readonly kind: 'failed-job'; readonly job: PipelineJob; readonly says: string };

const text = (most: number) => v.pipe(v.string(), v.nonEmpty(), v.maxLength(most));

/** What CodeDeploy calls a hook with: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file-structure-hooks.html */
export const HookEvent = v.object({ DeploymentId: text(100), LifecycleEventHookExecutionId: text(4_000) });

export type HookEvent = v.InferOutput<typeof HookEvent>;

const Look = v.object({ run: text(100) });
const LookAtWatch = v.object({ watch: text(100) });
const Bake = v.object({ bake: text(100) });

/** What Lambda writes of an asynchronous invocation that has failed for good: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html */
const requestContext = v.object({ condition: v.fallback(v.string(), '') });

const FailedInvocation = v.object({ requestContext, requestPayload: HookEvent });

/** Lambda has written down the whole event: the credentials in it are left where they are. */
const FailedJob = v.object({ requestContext, requestPayload: JobEvent });

const Message = v.union([
  v.pipe(
    Look,
    v.transform(({ run }): CheckMessage => ({ kind: 'look', run })),
  ),
  v.pipe(
    LookAtWatch,
    v.transform(({ watch }): CheckMessage => ({ kind: 'watch', watch })),
  ),
  v.pipe(
    Bake,
    v.transform(({ bake: deployment }): CheckMessage => ({ kind: 'bake', deployment })),
  ),
  v.pipe(
    FailedInvocation,
    v.transform(({ requestContext: { condition }, requestPayload: event }): CheckMessage => ({
      kind: 'failed',
      event,
      says: SAYS[condition] ?? 'Gatehouse failed',
    })),
  ),
  v.pipe(
    FailedJob,
    v.transform(({ requestContext: { condition }, requestPayload: job }): CheckMessage => ({
      kind: 'failed-job',
      job,
      says: SAYS[condition] ?? 'Gatehouse failed',
    })),
  ),
]);

const SAYS: Readonly<Record<string, string | undefined>> = {
  RetriesExhausted: 'Gatehouse failed three times to begin',
  EventAgeExceeded: 'Lambda had no room for Gatehouse',
};

/** Reads a queue message; undefined for what is none of ours. */
export const parseCheckMessage = (body: string): CheckMessage | undefined => {
  try {
    return v.parse(Message, JSON.parse(body));
  } catch {
    return undefined;
  }
};
