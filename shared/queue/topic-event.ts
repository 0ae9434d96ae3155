import * as v from 'valibot';

/** What SNS hands to a Lambda function, as far as we read it; what it carries is opened where events are read. */
export const TopicEvent = v.object({
  Records: v.array(v.object({ EventSource: v.literal('aws:sns'), Sns: v.looseObject({ MessageId: v.string() }) })),
});
