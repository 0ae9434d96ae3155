import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createNotify } from '../../../functions/notify/notify.ts';
import { gateItem } from '../../../shared/gate/stored-gate.ts';
import { redactEntry } from '../../../shared/redact.ts';
import { gateKey } from '../../../shared/store/keys.ts';
import { aNotification, anApprovalEvent } from '../../support/events.ts';
import { aPolicy, GATE, POINT, TOKEN } from '../../support/gates.ts';
import { ROOT } from '../../support/command.ts';
import { aRig } from '../../support/rig.ts';
import { TEN_O_CLOCK } from '../../support/rollouts.ts';

const aRigWithGates = (policy = aPolicy()) => {
  const rig = aRig();
  return { ...rig, config: { ...rig.config, gates: [policy] } };
};

const gateIn = async (rig: Pick<ReturnType<typeof aRig>, 'store'>) => {
  const item = await rig.store.read(gateKey(GATE));
  return item === undefined ? undefined : gateItem.parse(item.body);
};

/** The approval action's own message, as a queue gets it through its topic. */
const aRequest = (approval: Readonly<Record<string, unknown>> = {}, timestamp = '2026-11-20T10:09:00.000Z'): string =>
  aNotification(
    JSON.stringify({
      region: 'eu-west-1',
      approval: {
        pipelineName: 'shop-prod',
        stageName: 'Approve',
        actionName: 'ProdGate',
        token: TOKEN,
        expires: '2026-11-27T10:00Z',
        externalEntityLink: 'https://staging.example.com/',
        customData: 'Check the staging site',
        ...approval,
      },
    }),
    { Timestamp: timestamp },
  );

describe('notify', () => {
  it('opens one gate when an approval begins to wait, and has it looked at', async () => {
    const rig = aRigWithGates();
    const notify = createNotify(rig);
    await notify([{ id: 'm1', text: anApprovalEvent() }]);
    expect(await gateIn(rig)).toEqual({
      point: POINT,
      channels: ['C1'],
      openedAt: TEN_O_CLOCK,
      state: { kind: 'open' },
      clicks: [],
      reminded: 0,
      dueAt: rig.clock.now(),
    });
    expect(rig.looks).toEqual([GATE]);
  });

  it('has a gate looked at when its approval is over', async () => {
    const rig = aRigWithGates();
    const notify = createNotify(rig);
    await notify([{ id: 'm1', text: anApprovalEvent() }]);
    await notify([
      { id: 'm2', text: anApprovalEvent({ id: 'e2', time: '2026-11-20T10:05:00Z' }, { state: 'FAILED' }) },
    ]);
    expect(rig.looks).toEqual([GATE, GATE]);
  });

  it('opens none that no policy is about, nor any of another account', async () => {
    const rig = aRigWithGates(aPolicy({ match: { pipeline: ['*-staging'] } }));
    await createNotify(rig)([{ id: 'm1', text: anApprovalEvent() }]);
    const other = aRigWithGates();
    await createNotify(other)([{ id: 'm1', text: anApprovalEvent({ account: '999999999999' }) }]);
    expect([await gateIn(rig), await gateIn(other), rig.looks, other.looks]).toEqual([undefined, undefined, [], []]);
  });

  it('has the event come again when the gate cannot be opened', async () => {
    const rig = aRigWithGates();
    const gates = { ...rig.gates, lookAt: () => Promise.reject(new Error('no')) };
    const [handled] = await createNotify({ ...rig, gates })([{ id: 'm1', text: anApprovalEvent() }]);
    expect(handled?.outcome).toBe('failed');
  });

  it('adds to one gate what the approval’s own message tells, whichever comes first', async () => {
    const findApproval = () => Promise.resolve({ point: POINT, since: TEN_O_CLOCK });
    const told = {
      token: TOKEN,
      expiresAt: Date.UTC(2026, 10, 27, 10),
      request: { text: 'Check the staging site', url: 'https://staging.example.com/' },
    };
    const messages = [
      { id: 'm1', text: anApprovalEvent() },
      { id: 'm2', text: aRequest() },
    ];
    for (const order of [messages, messages.toReversed()]) {
      const rig = aRigWithGates();
      const notify = createNotify({ ...rig, gates: { ...rig.gates, findApproval } });
      for (const message of order) {
        expect(await notify([message])).toEqual([{ id: message.id, outcome: 'applied' }]);
      }
      expect(await gateIn(rig)).toMatchObject({ point: POINT, openedAt: TEN_O_CLOCK, ...told });
    }
  });

  it('has the approval’s own message come again as long as AWS may only be late, then lets it go', async () => {
    const rig = aRigWithGates();
    const notify = createNotify(rig);
    expect(await notify([{ id: 'm1', text: aRequest() }])).toEqual([{ id: 'm1', outcome: 'failed', reason: 'Error' }]);
    await rig.clock.sleep(15 * 60_000);
    expect(await notify([{ id: 'm1', text: aRequest() }])).toEqual([
      { id: 'm1', outcome: 'ignored', reason: 'an approval that AWS does not show, or not any more' },
    ]);
    expect(JSON.stringify([rig.logged, rig.items()])).not.toContain(TOKEN);
  });

  it.each([
    ['a field that is no text', { stageName: 7, actionName: 'ProdGate' }],
    ['no action', { stageName: 'Approve' }],
    ['a token that is none', { stageName: 'Approve', actionName: 'ProdGate', token: `${TOKEN} ?` }],
  ])('puts the message of an approval with %s aside without its token (S42)', async (_what, approval) => {
    const rig = aRigWithGates();
    const notify = createNotify(rig);
    const link = `https://console.aws.amazon.com/codepipeline/home?region=eu-west-1#/view/shop-prod/Approve/ProdGate/approve/${TOKEN}`;
    const request = JSON.stringify({
      region: 'eu-west-1',
      approval: { approvalReviewLink: link, pipelineName: 'shop-prod', token: TOKEN, ...approval },
    });
    const handled = await notify([
      { id: 'm1', text: request },
      { id: 'm2', text: aNotification(request) },
    ]);
    expect(handled.map(({ outcome }) => outcome)).toEqual(['quarantined', 'quarantined']);
    expect(JSON.stringify(rig.logged, redactEntry) + JSON.stringify(rig.items())).not.toContain(TOKEN);
  });

  it('reads the sample of an approval’s own message', async () => {
    const asked: unknown[] = [];
    const rig = aRigWithGates();
    const findApproval = (request: unknown) => {
      asked.push(request);
      return Promise.resolve(undefined);
    };
    const text = await readFile(join(ROOT, 'events/envelopes/approval-requested.json'), 'utf8');
    await createNotify({ ...rig, gates: { ...rig.gates, findApproval } })([{ id: 'm', text }]);
    expect(asked).toEqual([
      {
        region: 'eu-west-1',
        pipeline: 'payments-prod',
        stage: 'Approve',
        action: 'ProdGate',
        token: '1a2b3c4d-0000-4000-8000-000000000000',
        expiresAt: Date.UTC(2026, 10, 27, 10),
        text: 'Check the staging site',
        url: 'https://staging.example.com',
      },
    ]);
  });
});
