import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createDeliver } from '../../functions/deliver/deliver.ts';
import type { Slack } from '../../functions/deliver/deliver.ts';
import { createNotify } from '../../functions/notify/notify.ts';
import type { StoredRow } from '../../local/explain/find-rollouts.ts';
import { readRecordedAnswers, recordedLookUp } from '../../local/recorded/recorded-answers.ts';
import { isRecord, parseJson } from '../../local/json.ts';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import type { SlackReply } from '../../shared/delivery/slack-reply.ts';
import type { Deployment } from '../../shared/rollout/rollout.ts';
import { ROOT } from './command.ts';
import { aRig } from './rig.ts';

const CONFIG = compileConfig(`
slack: { workspace: T0123456789, channels: { deployments: C0123456789, incidents: C9876543210 }, mentions: { oncall: S0123456789 } }
environments: [{ name: production, match: { group: prod } }]
accounts: { '111122223333': payments }
routes:
  - name: everything
    to: [{ slack: deployments }]
  - name: failures
    match: { application: '*', state: failed }
    to: [{ slack: incidents }, { sns: oncall }]
    mention: oncall
`);

/**
 * The recorded failure of a deployment on a bad day: Slack refuses the first post, an event comes twice and another late,
 * the topic refuses once, and nobody has invited the bot to #incidents.
 */
export const aToldDay = async () => {
  const run = join(ROOT, 'events/runs/deployment-failure');
  const files = (await readdir(run)).filter((file) => file.endsWith('.json')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(run, file), 'utf8')));
  const [started = '', first = '', second = '', third = '', fourth = '', late = '', ...last] = texts;

  const rig = { ...aRig(), config: CONFIG, lookUp: recordedLookUp(await readRecordedAnswers()) };
  const until = (time: number): Promise<void> => rig.clock.sleep(Math.max(0, time - rig.clock.now()));
  let refusals = 1;
  const notify = createNotify({
    ...rig,
    publish: (topic, message) => {
      refusals -= 1;
      return refusals === 0
        ? Promise.reject(Object.assign(new Error('no'), { name: 'InternalErrorException' }))
        : rig.publish(topic, message);
    },
  });
  let calls = 0;
  const answer = <Value>(channel: string, value: Value): SlackReply<Value> => {
    calls += 1;
    if (calls === 1) {
      return { ok: false, failure: { kind: 'transient', error: 'HTTP 503', ambiguous: false } };
    }
    return channel === CONFIG.slack.channels['incidents']
      ? { ok: false, failure: { kind: 'refused', error: 'not_in_channel' } }
      : { ok: true, value };
  };
  const slack: Slack = {
    post: (channel) => Promise.resolve(answer(channel, { ts: '1795170006.000100' })),
    update: (channel, ts) => Promise.resolve(answer(channel, { ts })),
    remove: (channel) => Promise.resolve(answer(channel, undefined)),
    find: (channel) => Promise.resolve(answer(channel, { ts: undefined })),
  };
  const deliver = createDeliver({ ...rig, slack, newId: () => 'id' });
  const deliverAll = async (): Promise<void> => {
    for (const wake of rig.wakeUps.splice(0)) {
      await deliver(wake);
    }
  };
  const again = started.replace(/"id": "[^"]*"/, '"id": "0f1e2d3c-4b5a-4697-8877-665544332211"');
  for (const text of [started, again, first, second, third, fourth, ...last, late]) {
    const event = parseJson(text);
    const time = isRecord(event) && typeof event['time'] === 'string' ? Date.parse(event['time']) : 0;
    await until(time + 1_400);
    await notify([{ id: 'message', text }]);
    await deliverAll();
    // What is due is woken by the sweep.
    for (const { key } of await rig.store.due('delivery', rig.clock.now(), 10)) {
      const channel = key.sk.split('#')[1] ?? '';
      await (key.sk.startsWith('SLACK#') ? deliver({ pk: key.pk, channel }) : Promise.resolve());
    }
  }
  await until(rig.clock.now() + 180_000);
  await notify([{ id: 'message', text: last.at(-1) ?? '' }]);
  await deliverAll();

  const id: Deployment = {
    source: 'codedeploy',
    partition: 'aws',
    account: '111122223333',
    region: 'eu-west-1',
    application: 'shop',
    group: 'prod',
    executionId: 'd-G3W86ZBCU',
  };
  const rows = (start: string): readonly StoredRow[] =>
    rig
      .items()
      .filter(({ key }) => key.pk.startsWith(start))
      .map(({ key: { sk }, rev, body }) => ({ sk, rev, body }));
  return { config: CONFIG, now: rig.clock.now(), stored: { id, items: rows('X#'), pauses: rows('W#') } };
};
