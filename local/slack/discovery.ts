import * as v from 'valibot';

/** What somebody has to know to act as a person of the local workspace; `GET /_gatehouse` of the Slack layer tells it. */
export const Discovery = v.object({
  /** Where Slack sends what people do; null when nobody takes it. */
  requestUrl: v.nullable(v.string()),
  signingSecret: v.string(),
  team: v.string(),
  domain: v.string(),
  app: v.string(),
  /** Of a person who may read channels. */
  token: v.string(),
  /** Ids by name. */
  channels: v.record(v.string(), v.string()),
  users: v.array(v.object({ id: v.string(), name: v.string(), team: v.string(), approver: v.boolean() })),
});

export type Discovery = v.InferOutput<typeof Discovery>;
