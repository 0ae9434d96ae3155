import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createInteract } from '../../../functions/interact/interact.ts';
import type { InteractDeps } from '../../../functions/interact/interact.ts';
import type { SlackReply } from '../../../shared/delivery/slack-reply.ts';
import type { Vote } from '../../../shared/gate/vote-message.ts';
import type { RawRequest } from '../../../shared/interaction/verify-request.ts';
import {
  aClick,
  aForm,
  aRequest,
  formOf,
  GATE,
  REQUESTED_AT,
  SIGNING_SECRET,
  withHeaders,
} from '../../support/slack-requests.ts';

const NOTHING = { statusCode: 200, body: '' };
const REFUSED = { statusCode: 401, body: '' };
const SENSELESS = { statusCode: 400, body: '' };
const FAILED = { statusCode: 500, body: '' };

const VOTE: Vote = {
  kind: 'vote',
  gate: GATE,
  verdict: 'approve',
  step: 'button',
  by: { user: 'U0ADA', team: 'T0GATEHOUSE', name: 'Ada' },
  app: 'A0GATEHOUSE',
  channel: 'C0APPROVALS',
  ts: '1795428858.000100',
  key: '1795428900.123456',
  at: REQUESTED_AT,
  requestId: 'request-1',
};

const RESPONSE_URL = 'https://hooks.slack.com/actions/T0GATEHOUSE/1/canary';

/** `interact` with everything around it, and what it did. */
const aDoor = (given: Partial<InteractDeps> = {}) => {
  const votes: Vote[] = [];
  const opened: unknown[] = [];
  const told: unknown[] = [];
  const lines: string[] = [];
  const untils: number[] = [];
  let now = REQUESTED_AT;
  const line =
    (level: string) =>
    (message: string, fields = {}) => {
      lines.push(
        JSON.stringify([level, message, fields], (_key, value: unknown) =>
          value instanceof Error ? String(value) : value,
        ),
      );
    };
  const interact = createInteract({
    signingSecrets: (until) => {
      untils.push(until);
      return Promise.resolve([SIGNING_SECRET]);
    },
    openView: (triggerId, view, until): Promise<SlackReply<undefined>> => {
      untils.push(until);
      opened.push([triggerId, view.callback_id]);
      return Promise.resolve({ ok: true, value: undefined });
    },
    enqueue: (vote, until) => {
      untils.push(until);
      votes.push(vote);
      return Promise.resolve();
    },
    respond: (responseUrl, text, until) => {
      untils.push(until);
      told.push([responseUrl, text]);
      return Promise.resolve();
    },
    app: 'A0GATEHOUSE',
    team: 'T0GATEHOUSE',
    clock: { now: () => now },
    log: { info: line('info'), warn: line('warn'), error: line('error') },
    ...given,
  });
  return {
    votes,
    opened,
    told,
    lines,
    untils,
    effects: () => [...votes, ...opened, ...told],
    setNow: (at: number) => {
      now = at;
    },
    send: (request: RawRequest, at = REQUESTED_AT) => interact({ request, requestId: 'request-1', at }),
  };
};

const post = (payload: unknown) => aRequest(formOf(payload));

describe('interact', () => {
  it('hands a click on Approve on, with who clicked where, and says no more', async () => {
    const door = aDoor();
    await expect(door.send(post(aClick()))).resolves.toEqual(NOTHING);
    expect(door.effects()).toEqual([VOTE]);
  });

  it.each([
    ['gate.approve-in-modal', 'gate.approve'],
    ['gate.reject-in-modal', 'gate.reject'],
  ])('opens the form for %s, and counts nothing yet', async (action_id, form) => {
    const door = aDoor();
    await expect(door.send(post(aClick({ action_id })))).resolves.toEqual(NOTHING);
    expect(door.effects()).toEqual([['398738663015.47445629121.canary', form]]);
  });

  it('hands a form on and closes it', async () => {
    const door = aDoor();
    const closed = {
      statusCode: 200,
      headers: { 'content-type': 'application/json' },
      body: '{"response_action":"clear"}',
    };
    await expect(door.send(post(aForm('breaks the login')))).resolves.toEqual(closed);
    expect(door.effects()).toEqual([
      { ...VOTE, verdict: 'reject', step: 'modal', note: 'breaks the login', key: 'V0FORM1' },
    ]);
  });

  it('keeps a form open that has no reason, and says so beside the field', async () => {
    const door = aDoor();
    const { statusCode, body } = await door.send(post(aForm('')));
    expect([statusCode, body]).toEqual([
      200,
      '{"response_action":"errors","errors":{"note":"Give a reason: whoever made this reads it."}}',
    ]);
    expect(door.effects()).toEqual([]);
  });

  it.each([
    ['a link', aClick({ action_id: 'gate.link' })],
    ['a form that was closed', { ...aForm(null), type: 'view_closed' }],
  ])('acknowledges %s and does nothing', async (_what, payload) => {
    const door = aDoor();
    await expect(door.send(post(payload))).resolves.toEqual(NOTHING);
    expect(door.effects()).toEqual([]);
  });

  it('gives Slack its challenge back', async () => {
    const asked = aRequest('{"type":"url_verification","challenge":"c1"}', {
      headers: { 'content-type': 'application/json' },
    });
    await expect(aDoor().send(asked)).resolves.toEqual({
      statusCode: 200,
      headers: { 'content-type': 'text/plain' },
      body: 'c1',
    });
  });

  it('takes a request that Slack repeats as it takes the first, under the same name (B56)', async () => {
    const door = aDoor();
    const again = withHeaders(post(aClick()), { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' });
    await expect(door.send(post(aClick()))).resolves.toEqual(NOTHING);
    await expect(door.send(again)).resolves.toEqual(NOTHING);
    expect(door.votes).toEqual([VOTE, VOTE]);
  });
});

describe('interact, asked by somebody else than Slack', () => {
  const refusesUnsigned = async (body: string, type = 'application/x-www-form-urlencoded') => {
    const door = aDoor();
    const headers = { 'content-type': type, 'x-slack-signature': undefined };
    await expect(door.send(withHeaders(aRequest(body), headers))).resolves.toEqual(REFUSED);
    expect(door.effects()).toEqual([]);
    expect(door.lines).toEqual(['["warn","request refused",{"requestId":"request-1","reason":"headers"}]']);
  };

  it('refuses a click that is not signed, without a word (B34)', () => refusesUnsigned(formOf(aClick())));

  it('refuses a check of its certificate that is not signed, without a word (S11, B54)', () =>
    refusesUnsigned('ssl_check=1'));

  it('refuses a challenge that is not signed, without a word (B55)', () =>
    refusesUnsigned('{"type":"url_verification","challenge":"c1"}', 'application/json'));

  it('acknowledges a signed check of its certificate (S11, B54)', async () => {
    await expect(aDoor().send(aRequest('ssl_check=1&token=x'))).resolves.toEqual(NOTHING);
  });

  it('refuses another app’s signature, and raises that', async () => {
    const door = aDoor();
    await expect(door.send(aRequest(formOf(aClick()), { secret: 'another' }))).resolves.toEqual(REFUSED);
    expect(door.lines).toEqual(['["error","signature refused",{"requestId":"request-1"}]']);
  });

  it('refuses a megabyte (S12, B51)', async () => {
    await expect(aDoor().send(aRequest(`payload=${'x'.repeat(1_000_000)}`))).resolves.toEqual(REFUSED);
  });

  it.each(['GET', 'HEAD', 'OPTIONS'])('refuses %s (B53)', async (method) => {
    const door = aDoor();
    await expect(door.send(aRequest(formOf(aClick()), { method }))).resolves.toEqual(REFUSED);
    expect(door.effects()).toEqual([]);
  });
});

describe('interact, asked something senseless by Slack', () => {
  it.each([
    ['a click as JSON', JSON.stringify(aClick()), 'application/json'],
    ['no payload', 'x=1'],
    ['a payload that is no JSON', 'payload=%7B'],
    ['another type', formOf({ ...aClick(), type: 'shortcut' })],
    ['no action', formOf(aClick({}, { actions: [] }))],
    ['another button', formOf(aClick({ action_id: 'x' }))],
    ['no gate', formOf(aClick({ value: '*' }))],
    ['a compressed click', gzipSync(formOf(aClick()))],
  ])(
    'refuses %s and does nothing (B42, B43, B44, B45, B46, B47, B52, S12, S17)',
    async (_what, body, type = 'application/x-www-form-urlencoded') => {
      const door = aDoor();
      await expect(door.send(aRequest(body, { headers: { 'content-type': type } }))).resolves.toEqual(SENSELESS);
      expect(door.effects()).toEqual([]);
    },
  );
});

describe('interact, asked on behalf of somebody else', () => {
  const refusesAll = async (more: object) => {
    const door = aDoor();
    for (const payload of [
      aClick({}, more),
      aClick({ action_id: 'gate.reject-in-modal' }, more),
      aForm('why', {}, more),
    ]) {
      await expect(door.send(post(payload))).resolves.toEqual({ statusCode: 403, body: '' });
    }
    expect(door.effects()).toEqual([]);
  };

  it('refuses another app, whichever way it comes, and does nothing (S16, B48)', () =>
    refusesAll({ api_app_id: 'A0OTHER' }));

  it.each([
    ['another workspace', { team: { id: 'T0OTHER' } }],
    ['an organisation that has the app as a whole', { team: null, enterprise: { id: 'E0ORG' } }],
  ])('refuses %s, whichever way it comes, and does nothing (S16, B49)', (_what, more) => refusesAll(more));

  it('goes by the secret where gatehouse.yml names no app', async () => {
    const door = aDoor({ app: undefined });
    await expect(door.send(post(aClick({}, { api_app_id: 'A0OTHER' })))).resolves.toEqual(NOTHING);
    expect(door.votes).toEqual([{ ...VOTE, app: 'A0OTHER' }]);
  });

  it('lets `decide` tell a person of another workspace why it does not count (S23, B49)', async () => {
    const door = aDoor();
    await door.send(post(aClick({}, { user: { id: 'U0EVE', team_id: 'T0OTHER' } })));
    expect(door.votes).toEqual([{ ...VOTE, by: { user: 'U0EVE', team: 'T0OTHER' } }]);
  });
});

describe('interact, when something goes wrong', () => {
  it('gives a replayed click the key it had, by which it counts once (S10, F48)', async () => {
    const door = aDoor();
    const request = post(aClick());
    await door.send(request);
    door.setNow(REQUESTED_AT + 60_000);
    await door.send(request);
    expect(door.votes.map(({ gate, by, key }) => [gate, by.user, key])).toEqual([
      [GATE, 'U0ADA', VOTE.key],
      [GATE, 'U0ADA', VOTE.key],
    ]);
    door.setNow(REQUESTED_AT + 301_000);
    await expect(door.send(request)).resolves.toEqual(REFUSED);
    expect(door.votes).toHaveLength(2);
  });

  const down = () => Promise.reject(new Error('down'));

  it('tells whoever clicked that it was not recorded, and tells Slack (F49)', async () => {
    const door = aDoor({ enqueue: down });
    await expect(door.send(post(aClick()))).resolves.toEqual(FAILED);
    expect(door.told).toEqual([
      [
        RESPONSE_URL,
        'Your click was not recorded: Gatehouse cannot take votes right now. Click again in a minute, or decide in the console.',
      ],
    ]);
    expect(door.lines).toEqual([
      `["error","click not taken",{"requestId":"request-1","gate":"${GATE}","reason":"the vote was not queued","error":"Error: down"}]`,
    ]);
  });

  it('tells Slack where nobody could be told (F49)', async () => {
    const door = aDoor({ enqueue: down, respond: down });
    await expect(door.send(post(aClick()))).resolves.toEqual(FAILED);
    await expect(door.send(post(aClick({}, { response_url: undefined })))).resolves.toEqual(FAILED);
  });

  it('keeps a form open, with what was typed, when it was not recorded (F49)', async () => {
    const door = aDoor({ enqueue: down });
    const { statusCode, body } = await door.send(post(aForm('breaks the login')));
    expect([statusCode, body]).toEqual([
      200,
      '{"response_action":"errors","errors":{"note":"This was not recorded: Gatehouse cannot take votes right now. Try again in a minute."}}',
    ]);
  });

  it('says that the form did not open, and counts nothing', async () => {
    const door = aDoor({
      openView: () => Promise.resolve({ ok: false, failure: { kind: 'refused', error: 'expired_trigger_id' } }),
    });
    await expect(door.send(post(aClick({ action_id: 'gate.reject-in-modal' })))).resolves.toEqual(FAILED);
    expect(door.effects()).toEqual([
      [RESPONSE_URL, 'Slack did not open the form, and nothing was decided. Click again.'],
    ]);
    expect(door.lines).toEqual([
      `["error","click not taken",{"requestId":"request-1","gate":"${GATE}","reason":"the form was not opened: expired_trigger_id"}]`,
    ]);
  });

  it('fails visibly when the secrets cannot be had, for it cannot tell whose click it is (F50)', async () => {
    const door = aDoor({ signingSecrets: down });
    await expect(door.send(post(aClick()))).resolves.toEqual(FAILED);
    expect(door.effects()).toEqual([]);
  });

  it('is through before Slack’s three seconds are over, counted from when the click came to AWS (F50)', async () => {
    const door = aDoor({ enqueue: down });
    door.setNow(REQUESTED_AT + 900);
    await door.send(post(aClick()));
    // Until when: the secrets, and telling people of what went wrong.
    expect(door.untils).toEqual([REQUESTED_AT + 2_000, REQUESTED_AT + 2_500]);
  });

  it('tries all the same what comes late, or from a clock that is ahead (F50)', async () => {
    const door = aDoor();
    door.setNow(REQUESTED_AT + 5_000);
    await door.send(post(aClick()));
    await door.send(post(aClick()), REQUESTED_AT + 60_000);
    expect(door.untils).toEqual([
      REQUESTED_AT + 5_500,
      REQUESTED_AT + 5_500,
      REQUESTED_AT + 7_000,
      REQUESTED_AT + 7_000,
    ]);
  });

  it('writes nothing of body, signature, trigger or token into its log, whatever happens (S13)', async () => {
    const secrets = /canary|v0=|8f742231b1|payload=|hooks\.slack/;
    const doors = [
      aDoor(),
      aDoor({ enqueue: down, respond: down }),
      aDoor({ signingSecrets: down }),
      aDoor({ openView: () => Promise.resolve({ ok: false, failure: { kind: 'refused', error: 'x' } }) }),
    ];
    const forged = { ...post(aClick()), body: Buffer.from('payload=canary') };
    const requests = [
      post(aClick()),
      post(aClick({ action_id: 'gate.approve-in-modal' })),
      post(aForm('the canary sings')),
      post({ ...aClick(), type: 'canary' }),
      post(aClick({ action_id: 'canary' })),
      post(aClick({ value: 'canary' })),
      post(aClick({}, { api_app_id: 'A0OTHER' })),
      aRequest('canary'),
      forged,
      withHeaders(forged, { 'x-slack-signature': 'canary' }),
    ];
    for (const door of doors) {
      for (const request of requests) {
        await door.send(request);
      }
      expect(door.lines.length).toBeGreaterThan(8);
      expect(door.lines.filter((line) => secrets.test(line))).toEqual([]);
    }
  });
});
