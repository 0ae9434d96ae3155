import * as v from 'valibot';
import { ROLLOUT_STATES } from '../../shared/rollout/state.ts';

const oneOrMore = <T extends v.GenericSchema<string>>(schema: T) =>
  v.union([schema, v.pipe(v.array(schema), v.minLength(1, 'names nothing'))]);

const Glob = v.pipe(v.string(), v.nonEmpty('is empty'), v.maxLength(200, 'is longer than 200 characters'));

const Account = v.pipe(v.string(), v.regex(/^\d{12}$/, 'is not an account id: 12 digits, in quotes'));

const described = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(schema, v.description(description));

const Pipeline = described(
  v.optional(oneOrMore(Glob)),
  'Names of pipelines; * stands for any text, ? for one character. Left out: all.',
);

const Destination = v.pipe(
  v.strictObject({
    slack: described(v.optional(v.string()), 'A channel, by its name under slack.channels.'),
    sns: described(
      v.optional(
        v.pipe(
          v.string(),
          v.regex(
            /^(?:[A-Za-z0-9_-]{1,64}|arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256})$/,
            'is neither the name nor the ARN of a topic',
          ),
        ),
      ),
      'A topic: by name one that the stack makes, by ARN one that exists.',
    ),
  }),
  v.check(({ slack, sns }) => (slack === undefined) !== (sns === undefined), 'names one of slack and sns'),
);

const Route = v.strictObject({
  match: v.optional(
    v.strictObject({
      pipeline: Pipeline,
      state: described(
        v.optional(oneOrMore(v.picklist(ROLLOUT_STATES))),
        'States of the pipeline execution as a whole. Left out: every change, also of its stages and actions.',
      ),
    }),
  ),
  to: v.pipe(v.array(Destination), v.minLength(1, 'names no destination')),
});

/** What users write into `gatehouse.yml`. Published as JSON Schema for editors. */
export const GatehouseYml = v.strictObject({
  slack: described(
    v.strictObject({
      workspace: described(
        v.pipe(v.string(), v.regex(/^[TE][A-Z0-9]{2,20}$/, 'is not a workspace id such as T0123456789')),
        "The workspace's id, such as T0123456789.",
      ),
      channels: described(
        v.record(
          v.pipe(v.string(), v.regex(/^[^\s#@,]{1,80}$/, 'is not the name of a channel')),
          v.pipe(v.string(), v.regex(/^[CGD][A-Z0-9]{2,20}$/, 'is not a channel id such as C0123456789')),
        ),
        'Channel ids by name. The id is at the bottom of the channel’s “About” tab.',
      ),
    }),
    'Where Slack messages can go.',
  ),
  environments: described(
    v.optional(
      v.array(
        v.strictObject({
          name: v.pipe(v.string(), v.nonEmpty('is empty'), v.maxLength(40, 'is longer than 40 characters')),
          match: v.strictObject({
            pipeline: Pipeline,
            account: described(v.optional(oneOrMore(Account)), 'Account ids. Left out: all.'),
          }),
        }),
      ),
    ),
    'What messages call the place that is deployed to. The first that matches counts.',
  ),
  routes: described(
    v.optional(v.array(Route)),
    'Who hears of what; every route that matches counts. Left out: everything to the first channel, what has ended to the topic "releases".',
  ),
});

export type GatehouseYml = v.InferOutput<typeof GatehouseYml>;
