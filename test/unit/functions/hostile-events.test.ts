import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { createDeliver } from '../../../functions/deliver/deliver.ts';
import type { PlainOrRich, Slack } from '../../../functions/deliver/deliver.ts';
import { createNotify } from '../../../functions/notify/notify.ts';
import type { Handled } from '../../../functions/notify/notify.ts';
import { blockProblems } from '../../../local/slack/block-limits.ts';
import type { Config } from '../../../shared/config/config.ts';
import { protocolWords } from '../../../shared/message/sns-message.ts';
import type { SnsMessage } from '../../../shared/message/sns-message.ts';
import { redactEntry } from '../../../shared/redact.ts';
import { fold } from '../../../shared/rollout/fold.ts';
import { parseEventText } from '../../../shared/rollout/parse-event.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { rolloutItem } from '../../../shared/rollout/stored-rollout.ts';
import { rolloutPk } from '../../../shared/store/keys.ts';
import { CANARY, PRIVATE, SECRETS, specimen } from '../../support/event-arbitraries.ts';
import type { Ending, Specimen } from '../../support/event-arbitraries.ts';
import {
  aDeploymentEvent,
  aNotification,
  aPipelineEvent,
  aServiceEvent,
  aTriggerMessage,
} from '../../support/events.ts';
import { aRig } from '../../support/rig.ts';
import { slackProblems } from '../../support/slack-limits.ts';

/** Nobody hears of `*-dev`; of the rest two channels and a topic do, and people are called when it fails. */
const CONFIG: Config = {
  slack: { workspace: 'T1', channels: {} },
  accounts: { '111122223333': 'payments' },
  environments: [{ name: 'production', match: { pipeline: ['*-prod'] } }],
  routes: [
    {
      match: {},
      except: { pipeline: ['*-dev'] },
      to: [
        { kind: 'slack', channel: 'C1' },
        { kind: 'sns', topic: 'all' },
      ],
    },
    {
      match: { state: ['failed'] },
      except: { pipeline: ['*-dev'] },
      to: [{ kind: 'slack', channel: 'C2' }],
      detail: 'summary',
      mention: ['U1'],
    },
  ],
};

/** What became of texts that came in a batch each, and all that came out. */
const takeIn = async (batches: readonly (readonly string[])[]) => {
  const rig = aRig();
  const slackMessages: PlainOrRich[] = [];
  const snsMessages: SnsMessage[] = [];
  const publish = (_topic: string, message: SnsMessage) => {
    snsMessages.push(message);
    return Promise.resolve();
  };
  const take = <Value>(message: PlainOrRich, value: Value) => {
    slackMessages.push(message);
    return Promise.resolve({ ok: true, value } as const);
  };
  const slack: Slack = {
    post: (_channel, message) => take(message, { ts: `${slackMessages.length + 1}.0` }),
    update: (_channel, ts, message) => take(message, { ts }),
    remove: () => Promise.resolve({ ok: true, value: undefined }),
    find: () => Promise.resolve({ ok: true, value: { ts: undefined } }),
  };
  const notify = createNotify({ ...rig, config: CONFIG, publish });
  const deliver = createDeliver({ ...rig, config: CONFIG, slack, newId: () => 'id' });
  const handled: Handled[] = [];
  for (const [batch, texts] of batches.entries()) {
    handled.push(...(await notify(texts.map((text, index) => ({ id: `m${batch}.${index}`, text })))));
    for (const wake of rig.wakeUps.splice(0)) {
      await deliver(wake);
    }
  }
  return { handled, items: rig.items(), logged: rig.logged, slackMessages, snsMessages };
};

type Taken = Awaited<ReturnType<typeof takeIn>>;

const ENDINGS: ReadonlyMap<Handled['outcome'], Ending> = new Map([
  ['applied', 'used'],
  ['stale', 'used'],
  ['duplicate', 'used'],
  ['unrouted', 'used'],
  ['ignored', 'ignored'],
  ['quarantined', 'quarantined'],
]);

/** Each text that has not come to exactly one end, one of those that it may come to, with a reason of ours if it is not used. */
const badEndings = (batches: readonly (readonly Specimen[])[], { handled }: Taken): readonly unknown[] =>
  batches.flatMap((batch, at) =>
    batch.flatMap(({ row, text, ends }, index) => {
      const own = handled.filter(({ id }) => id === `m${at}.${index}`);
      const [{ outcome, reason = '' } = { outcome: 'failed' as const, reason: '' }] = own;
      const ending = ENDINGS.get(outcome);
      const isExpected = own.length === 1 && ending !== undefined && ends.includes(ending);
      return isExpected && (ending === 'used' ? reason === '' : /^[\w .:;,-]{3,300}$/.test(reason))
        ? []
        : [{ row, text: text.slice(0, 1_000), own }];
    }),
  );

/** The rollouts that the texts make, whatever else was there: folded one by one, in their order. */
const expectedRollouts = (texts: readonly string[]): ReadonlyMap<string, Rollout> => {
  const rollouts = new Map<string, Rollout>();
  for (const parsed of texts.map(parseEventText)) {
    if (parsed.kind === 'change') {
      const pk = rolloutPk(parsed.change.rollout);
      rollouts.set(pk, fold(rollouts.get(pk), parsed.change));
    }
  }
  return rollouts;
};

const storedRollouts = ({ items }: Taken): ReadonlyMap<string, Rollout> =>
  new Map(
    items.filter(({ key }) => key.sk === 'STATE').map(({ key, body }) => [key.pk, rolloutItem.parse(body).rollout]),
  );

const OUR_REFERENCE =
  /^(?:Started <!date\^\d+\^\{date_short_pretty\} \{time\}\|[\dTZ:-]+>|<https:\/\/(?:[a-z0-9-]+\.)?console\.(?:aws\.amazon\.com|amazonaws\.cn|amazonaws-us-gov\.com)\/(?:codesuite\/[^|<>\s]+\|Open in Code(?:Pipeline|Deploy)|ecs\/v2\/[^|<>\s]+\|Open in ECS)>)$/;

/** What Slack would read as a mention or a link and is not ours: in mrkdwn by its signs, elsewhere by its element. */
const strangeReferences = ({ text, blocks }: PlainOrRich): readonly unknown[] => [
  // Only whom the routes call.
  ...text.replace(/^<@U1> /, '').matchAll(/<[^>]*>?/g),
  ...elementsIn(blocks).filter((element) => !isHarmless(element)),
];

const Element = v.looseObject({ type: v.string() });
type Element = v.InferOutput<typeof Element>;

/** Everything that has a type, however deep. */
const elementsIn = (value: unknown): readonly Element[] =>
  typeof value === 'object' && value !== null
    ? [...(v.is(Element, value) ? [value] : []), ...Object.values(value).flatMap(elementsIn)]
    : [];

const INERT: ReadonlySet<string> = new Set(
  'header context rich_text rich_text_section rich_text_quote plain_text text date'.split(' '),
);

const Link = v.object({ url: v.string(), text: v.string() });

const isHarmless = (element: Element): boolean => {
  const { success, output } = v.safeParse(Link, element);
  const host = success ? (URL.parse(output.url)?.host ?? '') : '';
  return (
    INERT.has(element.type) ||
    (element.type === 'mrkdwn' && OUR_REFERENCE.test(String(element['text']))) ||
    (element.type === 'user' && element['user_id'] === 'U1') ||
    // Says where it leads.
    (element.type === 'link' && success && `details on ${host}`.startsWith(output.text.replace(/…$/, '')))
  );
};

/** What SNS would refuse. */
const snsProblems = (message: SnsMessage): readonly string[] => {
  const words = JSON.stringify(protocolWords(message));
  const attributes = Object.entries(message.attributes);
  const bytes = Buffer.byteLength(words) + attributes.reduce((sum, pair) => sum + Buffer.byteLength(pair.join('')), 0);
  return [
    ...(/^[\x21-\x7e][\x20-\x7e]{0,98}$/.test(message.subject) ? [] : [`subject: ${message.subject}`]),
    ...(bytes > 256_000 ? [`${bytes} bytes`] : []),
    ...(attributes.length > 10 || attributes.some(([, value]) => value === '') ? ['attributes'] : []),
    ...(words.isWellFormed() && /^[^\p{Cc}]*$/u.test(words) ? [] : ['characters that XML does not take']),
  ];
};

const problemsWith = ({ slackMessages, snsMessages }: Taken): readonly unknown[] => [
  ...slackMessages.flatMap((message) => slackProblems({ ...message, blocks: message.blocks ?? [] })),
  ...slackMessages.flatMap(blockProblems),
  ...slackMessages.flatMap(strangeReferences),
  ...snsMessages.flatMap(snsProblems),
];

/** Logs as they are printed, messages, publications, the table. */
const allThatCameOutOf = ({ items, logged, slackMessages, snsMessages }: Taken): string =>
  JSON.stringify(logged, redactEntry) + JSON.stringify([items, slackMessages, snsMessages]);

const runs = Number(process.env['FC_RUNS'] ?? 150);

describe('whatever comes in', () => {
  it('comes to one end and harms nothing else: no message, no topic, no other event (S42)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(specimen, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 3 }),
        async (batches) => {
          const texts = batches.map((batch) => batch.map(({ text }) => text));
          const taken = await takeIn(texts);
          expect(badEndings(batches, taken)).toEqual([]);
          expect(storedRollouts(taken)).toEqual(expectedRollouts(texts.flat()));
          expect(taken.items.filter(({ key }) => key.pk.startsWith('Q#'))).toHaveLength(
            taken.handled.filter(({ outcome }) => outcome === 'quarantined').length,
          );
          expect(taken.items.filter(({ body }) => Buffer.byteLength(JSON.stringify(body)) > 100_000)).toEqual([]);
          expect(problemsWith(taken)).toEqual([]);
          const shown = JSON.stringify([taken.slackMessages, taken.snsMessages]);
          expect(shown).not.toMatch(/undefined|NaN|\[object/);
          expect(shown).not.toMatch(PRIVATE);
          expect(allThatCameOutOf(taken)).not.toMatch(CANARY);
        },
      ),
      { numRuns: runs },
    );
  });

  const nasty = '<!channel>,<@U1>,<https://evil.example/|console>,&lt;!here&gt;';

  it('calls nobody and links to nowhere, in whatever field strangers wrote it (B18, S37)', async () => {
    const action = aPipelineEvent(
      { 'detail-type': 'CodePipeline Action Execution State Change' },
      {
        pipeline: nasty,
        'execution-id': nasty,
        stage: nasty,
        action: nasty,
        state: 'FAILED',
        'execution-result': {
          'external-execution-summary': nasty,
          'external-execution-url': `https://evil.example/${nasty}`,
          'error-code': nasty,
        },
        'execution-trigger': { 'author-display-name': nasty, 'branch-name': nasty, 'commit-message': nasty },
      },
    );
    const deployment = aDeploymentEvent({}, { application: nasty, deploymentGroup: nasty, deploymentId: nasty });
    const service = aServiceEvent({}, { eventName: 'SERVICE_DEPLOYMENT_FAILED', reason: nasty });
    const taken = await takeIn([[action, deployment, service]]);
    expect(taken.handled.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'applied']);
    // Of a service the names are of letters and digits; what went wrong stands in rich text.
    expect(taken.slackMessages.filter(({ text }) => text.includes('&lt;!channel&gt;'))).toHaveLength(2);
    expect(taken.slackMessages.flatMap(strangeReferences)).toEqual([]);
  });

  it('stays text: names with halves of characters are stored and told like any other (B20)', async () => {
    const taken = await takeIn([[aPipelineEvent({}, { pipeline: 'shop-\ud83d' }), aDeploymentEvent()]]);
    expect(taken.handled.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(taken.snsMessages.map(({ document }) => document.name)).toEqual(['shop-\ufffd', 'shop/prod']);
  });

  it('is told though another event of the same id told something else before (B32)', async () => {
    const other = aPipelineEvent({}, { state: 'FAILED' });
    const taken = await takeIn([[aPipelineEvent()], [other], [other]]);
    expect(taken.handled.map(({ outcome }) => outcome)).toEqual(['applied', 'applied', 'duplicate']);
    expect(taken.snsMessages.map(({ document }) => document.state)).toEqual(['in-progress', 'failed']);
  });

  it('belongs to its account: a rollout of the same name and id elsewhere is another (B33)', async () => {
    const taken = await takeIn([[aPipelineEvent(), aPipelineEvent({ account: '444455556666' }, { state: 'FAILED' })]]);
    expect(taken.handled.map(({ outcome }) => outcome)).toEqual(['applied', 'applied']);
    expect(taken.snsMessages.map(({ document: { account, rollout } }) => [account, rollout.state])).toEqual([
      ['111122223333', 'in-progress'],
      ['444455556666', 'failed'],
    ]);
  });

  it.each(SECRETS)('lets no secret out of any field: %# (S42)', async (secret) => {
    const taken = await takeIn([
      [
        aPipelineEvent(
          { 'detail-type': 'CodePipeline Action Execution State Change' },
          {
            stage: 'Deploy',
            action: 'Release',
            state: 'FAILED',
            'execution-result': {
              'external-execution-summary': `refused: ${secret} (see above)`,
              'external-execution-url': `https://a.example/?to=${secret}`,
              'error-code': secret,
            },
            'execution-trigger': { 'author-display-name': secret, 'commit-message': `use ${secret}` },
          },
        ),
        aPipelineEvent({ id: 'event-2' }, { state: 'STOPPING', 'stop-execution-comments': secret }),
        `{"source":"aws.codepipeline","detail":{"note":${JSON.stringify(secret)}`,
        JSON.stringify({ source: 'aws.codedeploy', stranger: `${'x'.repeat(490)} ${secret}` }),
        aNotification(
          aTriggerMessage({ status: 'FAILED', errorInformation: JSON.stringify({ ErrorMessage: secret }) }),
        ),
      ],
    ]);
    expect(taken.slackMessages).toHaveLength(4);
    expect(allThatCameOutOf(taken)).not.toMatch(CANARY);
  });
});
