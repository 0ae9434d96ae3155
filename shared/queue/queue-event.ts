import * as v from 'valibot';

/** What SQS hands to a Lambda function, as far as we read it. */
export const QueueEvent = v.object({
  Records: v.array(v.object({ messageId: v.string(), body: v.string(), eventSource: v.literal('aws:sqs') })),
});
