import * as v from 'valibot';
import { CONFIRMS, DETAILS, SOURCES } from '../../shared/config/config.ts';
import type { Match } from '../../shared/config/config.ts';
import { STATES } from '../../shared/rollout/state.ts';
import { mayMeanSource } from '../../shared/routing/match.ts';
import { ALLOWANCES } from '../../shared/validation/run.ts';
import { AutoYml } from './auto-yml.ts';
import { described, Duration, oneOrMore, oneOrMoreOf, text } from './schema-parts.ts';

const Glob = text(200);

const AccountId = v.pipe(v.string(), v.regex(/^\d{12}$/, 'is not an account id: 12 digits, in quotes'));

const REGION = '[a-z]{2,4}(?:-[a-z]+){1,2}-\\d{1,2}';

const RegionCode = v.pipe(v.string(), v.regex(new RegExp(`^${REGION}$`), 'is not the code of a region'));

const RegionGlob = v.pipe(
  v.string(),
  v.regex(new RegExp(`^(?:${REGION}|[a-z0-9-]*[*?][a-z0-9*?-]*)$`), 'is neither the code of a region nor a glob'),
);

const Pipeline = described(
  v.exactOptional(oneOrMore(Glob)),
  'Names of pipelines; * stands for any text, ? for one character. Left out: all.',
);

const Account = described(v.exactOptional(oneOrMore(AccountId)), 'Account ids. Left out: all.');

const Application = described(v.exactOptional(oneOrMore(Glob)), 'Names of CodeDeploy applications, by glob.');

const Group = described(v.exactOptional(oneOrMore(Glob)), 'Names of CodeDeploy deployment groups, by glob.');

const Regions = described(v.exactOptional(oneOrMore(RegionGlob)), 'Codes of regions, by glob. Left out: all.');

const Cluster = described(v.exactOptional(oneOrMore(Glob)), 'Names of ECS clusters, by glob.');

const Service = described(v.exactOptional(oneOrMore(Glob)), 'Names of ECS services, by glob.');

const meansAnySource = (match: Match): boolean => SOURCES.some((source) => mayMeanSource(match, source));

const OF_TWO_SOURCES =
  'matches nothing: pipeline, stage and action are of codepipeline, application and group of codedeploy, cluster, service and stage of ecs';

const RouteMatch = v.pipe(
  v.strictObject({
    source: described(
      v.exactOptional(oneOrMore(v.picklist(SOURCES))),
      'The service that deploys: codepipeline, codedeploy, ecs. Left out: all.',
    ),
    pipeline: Pipeline,
    application: Application,
    group: Group,
    cluster: Cluster,
    service: Service,
    stage: described(
      v.exactOptional(oneOrMore(Glob)),
      'Names of stages, of ECS lifecycle stages too, by glob: their changes and, unless a state is asked for, those of their actions.',
    ),
    action: described(v.exactOptional(oneOrMore(Glob)), 'Names of actions, by glob.'),
    state: described(
      v.exactOptional(oneOrMore(v.picklist(STATES))),
      'States of the action or the stage that is asked for, otherwise of the rollout as a whole. Left out: every change, also of its parts.',
    ),
    account: Account,
    region: Regions,
  }),
  v.check((match) => meansAnySource(match), OF_TWO_SOURCES),
  v.check(
    ({ state, action }) => action !== undefined || state?.includes('abandoned') !== true,
    'only an action can be abandoned: say which with "action"',
  ),
);

/** The name of a topic; that of a FIFO topic ends in `.fifo`, which counts. */
const topicName = (most: number): string => `(?=.{1,${most}}$)[A-Za-z0-9_-]+(?:\\.fifo)?`;

/** A partition, and a region of it. */
const PLACE = [
  'aws:sns:(?!cn-|us-gov-)[a-z0-9-]+',
  'aws-us-gov:sns:us-gov-[a-z0-9-]+',
  'aws-cn:sns:cn-[a-z0-9-]+',
].join('|');

const Destination = v.pipe(
  v.strictObject({
    slack: described(v.exactOptional(v.string()), 'A channel, by its name under slack.channels.'),
    sns: described(
      v.exactOptional(
        v.pipe(
          v.string(),
          v.regex(
            new RegExp(`^(?:${topicName(64)}|arn:(?:${PLACE}):\\d{12}:${topicName(256)})$`),
            'is neither the name of a topic (up to 64 letters, digits, - and _; .fifo at the end for a FIFO topic) nor its ARN (arn:aws, arn:aws-us-gov or arn:aws-cn, and a region of that partition)',
          ),
        ),
      ),
      'A topic: by name one that the stack makes, by ARN one that exists. One whose name ends in .fifo keeps the order; mail and SMS cannot subscribe to it.',
    ),
  }),
  v.check(({ slack, sns }) => (slack === undefined) !== (sns === undefined), 'names one of slack and sns'),
);

const Destinations = v.pipe(v.array(Destination), v.minLength(1, 'names no destination'));

const Route = v.pipe(
  v.strictObject({
    name: described(
      v.exactOptional(text(60)),
      'What the route is called where it is explained. Left out: "route 1" and so on, by its place.',
    ),
    match: described(
      v.exactOptional(RouteMatch),
      'What a change has to be; every key has to hold. Left out: every change.',
    ),
    except: described(
      v.exactOptional(
        v.pipe(
          RouteMatch,
          v.check((match) => Object.keys(match).length > 0, 'makes an exception of everything'),
        ),
      ),
      'What of that is not for this route: a change for which every key here holds.',
    ),
    to: described(Destinations, 'Who hears of it.'),
    detail: described(
      v.exactOptional(v.picklist(DETAILS)),
      'How much its messages say. summary: what happened, where and why it failed; full (the default): all that is known.',
    ),
    mention: described(
      v.exactOptional(oneOrMore(v.string())),
      'Who is called, in the thread of its channels’ messages, when what the route asks for has failed: names under slack.mentions.',
    ),
    stop: described(v.exactOptional(v.boolean()), 'true: once this route has matched, no later one is asked.'),
  }),
  v.check(
    ({ mention, to }) => mention === undefined || to.some(({ slack }) => slack !== undefined),
    'mentions somebody, and leads to no channel of Slack',
  ),
  v.check(
    ({ mention, match, except }) =>
      mention === undefined ||
      (match?.state?.includes('failed') !== false &&
        !(except?.state?.includes('failed') === true && Object.keys(except).length === 1)),
    'mentions somebody when what it asks for has failed, and does not ask for the state "failed"',
  ),
);

const few = v.pipe(
  v.number(),
  v.integer('is not a whole number'),
  v.minValue(1, 'is less than 1'),
  v.maxValue(20, 'is more than 20'),
);

const Approvers = v.pipe(
  oneOrMore(
    v.pipe(
      text(80),
      v.check((name) => !name.includes('*'), 'would let everybody decide: name people and user groups'),
    ),
  ),
  v.description('Who may decide: names under people, and names of users and user groups under slack.mentions.'),
);

const GateChannels = v.pipe(
  v.array(v.strictObject({ slack: described(v.string(), 'A channel, by its name under slack.channels.') })),
  v.minLength(1, 'names no channel'),
);

const SuiteNames = described(
  v.exactOptional(oneOrMore(Glob)),
  'Names of validation suites, by glob: it is about what they ask people.',
);

const Gate = v.pipe(
  v.strictObject({
    name: described(v.exactOptional(text(60)), 'What the gate is called. Left out: "gate 1" and so on, by its place.'),
    match: described(
      v.exactOptional(
        v.pipe(
          v.strictObject({
            pipeline: Pipeline,
            stage: described(v.exactOptional(oneOrMore(Glob)), 'Names of stages, by glob. Left out: all.'),
            action: described(v.exactOptional(oneOrMore(Glob)), 'Names of approval actions, by glob. Left out: all.'),
            application: Application,
            group: Group,
            cluster: Cluster,
            service: Service,
            suite: SuiteNames,
            account: Account,
            region: Regions,
          }),
          v.check((match) => meansAnySource(match), OF_TWO_SOURCES),
          v.check(
            ({ suite, stage, action }) => suite === undefined || (stage === undefined && action === undefined),
            'has stage or action beside suite: where a suite is run it says itself',
          ),
        ),
      ),
      'What it is about; every key has to hold. With suite: what validation suites ask people, otherwise with application or group: blue/green deployments of CodeDeploy that wait before their traffic moves; with cluster or service: pause hooks of ECS, whose stage is the lifecycle stage; otherwise manual approvals of pipelines, and left out: all of them.',
    ),
    to: described(GateChannels, 'The channels that are asked: where the approvers are.'),
    approvers: v.exactOptional(Approvers),
    quorum: described(v.exactOptional(few), 'How many of the approvers have to approve. Left out: 1.'),
    rules: described(
      v.exactOptional(
        v.pipe(
          v.array(
            v.strictObject({
              name: described(
                v.exactOptional(text(60)),
                'What people read of it. Left out: the names of its approvers.',
              ),
              approvers: Approvers,
              quorum: described(v.exactOptional(few), 'How many of them have to approve. Left out: 1.'),
            }),
          ),
          v.minLength(1, 'names no rule'),
          v.maxLength(5, 'are more than 5 rules'),
        ),
      ),
      'In the place of approvers and quorum: several rules, each of which has to be filled by people of its own.',
    ),
    rejections: described(v.exactOptional(few), 'How many approvers have to reject. Left out: 1.'),
    confirm: described(
      v.exactOptional(v.picklist(CONFIRMS)),
      'What comes after a click on Approve. none: it counts; dialog: a question; modal (the default): a form with room for a note.',
    ),
    selfApproval: described(
      v.exactOptional(v.picklist(['deny', 'allow'])),
      'Whether who started it or wrote what it ships may approve it. Left out: deny.',
    ),
    unknownAuthor: described(
      v.exactOptional(v.picklist(['deny', 'allow'])),
      'Whether it may be approved when nobody knows who wrote what it ships. Left out: deny.',
    ),
    supersede: described(
      v.exactOptional(v.boolean()),
      'true: when a newer execution waits behind it, the older one is rejected.',
    ),
    expires: described(
      v.exactOptional(Duration),
      'After how long a gate that nobody decides is rejected: 30m, 4h, 2d.',
    ),
    onExpiry: described(
      v.exactOptional(v.picklist(['aws', 'reject'])),
      'What becomes of it shortly before AWS gives up waiting. aws (the default): what AWS does then; reject: it is rejected.',
    ),
    remind: described(
      v.exactOptional(oneOrMoreOf(Duration, 5)),
      'After how long somebody is called to it again: 30m, 4h, 2d; at most five.',
    ),
    mention: described(v.exactOptional(oneOrMore(v.string())), 'Who is called then: names under slack.mentions.'),
    openLimit: described(v.exactOptional(Duration), 'After how long an open gate raises an alarm: 30m, 4h, 2d.'),
    auto: described(
      v.exactOptional(v.pipe(v.array(AutoYml), v.minLength(1, 'names no rule'), v.maxLength(10, 'are more than 10'))),
      'What approves in the place of people, by rule. Left out: nothing does.',
    ),
  }),
  v.check(
    ({ approvers, rules }) => (approvers === undefined) !== (rules === undefined),
    'says who decides with one of approvers and rules',
  ),
  v.check(
    ({ quorum, rules }) => quorum === undefined || rules === undefined,
    'has rules: each of them has its own quorum',
  ),
  v.check(
    ({ remind, mention }) => mention === undefined || remind !== undefined,
    'mentions somebody, and does not say when: add remind',
  ),
  v.check(
    ({ supersede, match }) =>
      supersede !== true || (mayMeanSource(match ?? {}, 'codepipeline') && match?.suite === undefined),
    'has supersede, which is for pipelines: a deployment group and a service have one deployment at a time',
  ),
);

/** A standard one: its dead-letter queue is one of ours, and for a FIFO topic that would have to be FIFO as well. */
const ListenedTopic = v.pipe(
  v.string(),
  v.regex(
    new RegExp(`^arn:(?:${PLACE}):\\d{12}:[A-Za-z0-9_-]{1,256}$`),
    'is not the ARN of a standard topic (arn:aws, arn:aws-us-gov or arn:aws-cn, and a region of that partition)',
  ),
);

const Person = v.strictObject({
  slack: described(
    v.pipe(
      v.string(),
      v.regex(/^[UW][A-Z0-9]{2,20}$/, 'is not the id of a user such as U0123456789, in the profile’s menu'),
    ),
    "The user's id in Slack.",
  ),
  iam: described(
    v.exactOptional(oneOrMore(text(300))),
    'ARNs of IAM users and of sessions of roles, as CodePipeline names who started it; * stands for any text.',
  ),
  git: described(v.exactOptional(oneOrMore(text(200))), 'E-mail addresses and names that commits go by.'),
});

const HostGlob = v.pipe(
  v.string(),
  v.regex(
    /^(?=.{1,253}$)(?!\*+$)[a-z0-9.*?:-]+$/,
    'is not the name of a host, or a glob of such names (lower case, no scheme, no port, and not all there are)',
  ),
);

const Validation = v.strictObject({
  http: described(
    v.exactOptional(
      v.strictObject({
        hosts: described(oneOrMore(HostGlob), 'Names of hosts that http checks may reach, by glob. Left out: none.'),
        private: described(
          v.exactOptional(
            v.union([
              v.pipe(
                HostGlob,
                v.transform((host) => [host]),
              ),
              v.array(HostGlob),
            ]),
          ),
          'Those among them that may be at private addresses (10.0.0.0/8 and the like), by glob. Left out: none.',
        ),
        ports: described(
          v.exactOptional(
            v.pipe(
              v.array(
                v.pipe(
                  v.number(),
                  v.integer('is not a whole number'),
                  v.minValue(1, 'is no port'),
                  v.maxValue(65_535, 'is no port'),
                ),
              ),
              v.maxLength(20, 'are more than 20'),
            ),
          ),
          'Ports that they may ask besides 80 and 443.',
        ),
      }),
    ),
    'What http checks may reach. Left out: nothing.',
  ),
  secrets: described(
    v.exactOptional(
      v.record(
        v.pipe(
          v.string(),
          v.regex(/^[A-Za-z][\w-]{0,39}$/, 'is not a name for a secret: a letter, then letters, digits, - and _'),
        ),
        v.pipe(
          v.string(),
          v.regex(
            /^(?:\/[\w.-]{1,200}){1,15}$/,
            'is not the name of a parameter of SSM such as /gatehouse/dev/synthetic-user',
          ),
        ),
      ),
    ),
    'Names of SSM parameters, by the name that suites use: ${secret:name}.',
  ),
  rules: described(
    v.exactOptional(
      v.pipe(
        v.array(
          v.strictObject({
            name: described(text(60), 'What the record of a run calls it.'),
            match: described(
              v.exactOptional(
                v.strictObject({
                  suite: described(v.exactOptional(oneOrMore(Glob)), 'Names of suites, by glob. Left out: all.'),
                  application: Application,
                  group: Group,
                  cluster: Cluster,
                  service: Service,
                  pipeline: Pipeline,
                  account: Account,
                  region: Regions,
                }),
              ),
              'Where it counts; every key has to hold. Left out: everywhere.',
            ),
            allow: described(
              oneOrMore(v.picklist(ALLOWANCES)),
              'What lets a deployment go on although not every required check has passed: observe, empty, no-suite, deadline-continue, inconclusive-continue, no-data-pass, between-pass.',
            ),
          }),
        ),
        v.minLength(1, 'names no rule'),
      ),
    ),
    'Where suites may be less strict; every rule that matches counts. Left out: nowhere.',
  ),
});

/** What users write into `gatehouse.yml`. Published as JSON Schema for editors. */
export const GatehouseYml = v.strictObject({
  slack: described(
    v.strictObject({
      workspace: described(
        v.pipe(v.string(), v.regex(/^[TE][A-Z0-9]{2,20}$/, 'is not a workspace id such as T0123456789')),
        "The workspace's id, such as T0123456789.",
      ),
      app: described(
        v.exactOptional(v.pipe(v.string(), v.regex(/^A[A-Z0-9]{2,20}$/, 'is not an app id such as A0123456789'))),
        "The app's id, such as A0123456789: clicks for another app count for nothing. Left out: the signing secret tells.",
      ),
      channels: described(
        v.record(
          v.pipe(v.string(), v.regex(/^[^\s#@,]{1,80}$/, 'is not the name of a channel (without # and spaces)')),
          v.pipe(
            v.string(),
            v.regex(
              /^[CGD][A-Z0-9]{2,20}$/,
              'is not a channel id such as C0123456789, which is at the bottom of the channel’s “About” tab',
            ),
          ),
        ),
        'Channel ids by name. The id is at the bottom of the channel’s “About” tab.',
      ),
      mentions: described(
        v.exactOptional(
          v.record(
            v.pipe(
              v.string(),
              v.regex(
                /^(?!(?:here|channel|everyone)$)[^\s@,]{1,80}$/,
                'is not a name for somebody (without @ and spaces; here, channel and everyone are not somebody)',
              ),
            ),
            v.pipe(
              v.string(),
              v.regex(
                /^[UWS][A-Z0-9]{2,20}$/,
                'is neither the id of a user (U0123456789, in the profile’s menu) nor that of a user group (S0123456789)',
              ),
            ),
          ),
        ),
        'Whom routes may mention: ids of users (U…) and user groups (S…) by a name of your choice.',
      ),
    }),
    'Where Slack messages can go.',
  ),
  accounts: described(
    v.exactOptional(v.record(AccountId, text(40))),
    'Nicknames of accounts, by their ids (12 digits, in quotes).',
  ),
  regions: described(
    v.exactOptional(v.record(RegionCode, text(40))),
    'Nicknames of regions, by their codes, such as eu-west-1.',
  ),
  environments: described(
    v.exactOptional(
      v.array(
        v.strictObject({
          name: text(40),
          match: v.pipe(
            v.strictObject({
              pipeline: Pipeline,
              application: Application,
              group: Group,
              cluster: Cluster,
              service: Service,
              account: Account,
              region: Regions,
            }),
            v.check((match) => meansAnySource(match), OF_TWO_SOURCES),
          ),
        }),
      ),
    ),
    'What messages call the place that is deployed to. The first that matches counts.',
  ),
  routes: described(
    v.exactOptional(
      v.pipe(v.array(Route), v.minLength(1, 'names no route: leave the key out for the routes that are there then')),
    ),
    'Who hears of what; every route that matches counts, up to one that says stop. Left out, and no default: everything to the first channel, what has ended to the topic "releases".',
  ),
  default: described(v.exactOptional(Destinations), 'Who hears of the changes that no route matches.'),
  people: described(
    v.exactOptional(
      v.record(
        v.pipe(v.string(), v.regex(/^[^\s@,*]{1,80}$/, 'is not a name for somebody (without @, * and spaces)')),
        Person,
      ),
    ),
    'Who is who, by a name of your choice: gates know approvers, and who may not approve their own.',
  ),
  gates: described(
    v.exactOptional(v.pipe(v.array(Gate), v.minLength(1, 'names no gate'))),
    'Who decides at manual approvals, from Slack; the first that matches counts. An approval that none matches is nobody’s to decide here.',
  ),
  validation: described(
    v.exactOptional(Validation),
    'What the suites of suites/ may do and reach: they can be stricter, and never less strict.',
  ),
  listen: described(
    v.exactOptional(
      v.strictObject({
        topics: described(
          v.pipe(v.array(ListenedTopic), v.minLength(1, 'names no topic')),
          'ARNs of topics that exist and that CodeDeploy triggers, notification rules or event rules publish to.',
        ),
      }),
    ),
    'Where state changes come from besides the event bus of this account and region.',
  ),
});

export type GatehouseYml = v.InferOutput<typeof GatehouseYml>;
