import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseVoteMessage, voteText } from '../../../shared/gate/vote-message.ts';
import { readInteraction } from '../../../shared/interaction/read-interaction.ts';
import { aClick, aForm, aRequest, formOf, GATE } from '../../support/slack-requests.ts';

const read = (payload: unknown) => readInteraction(aRequest(formOf(payload)));

const readBody = (body: string | Buffer, contentType = 'application/x-www-form-urlencoded') =>
  readInteraction(aRequest(body, { headers: { 'content-type': contentType } }));

const PLACE = { gate: GATE, channel: 'C0APPROVALS', ts: '1795428858.000100' };
const TOLD = { app: 'A0GATEHOUSE', team: 'T0GATEHOUSE' };
const ADA = { user: 'U0ADA', team: 'T0GATEHOUSE', name: 'Ada' };
const RESPONSE_URL = 'https://hooks.slack.com/actions/T0GATEHOUSE/1/canary';
const NOT_ASKED_FOR = { kind: 'senseless', why: 'its payload is not one that Gatehouse asks for' };
const NO_BUTTON = { kind: 'senseless', why: 'it is no button of a gate' };

describe('a click', () => {
  it('on Approve is a vote', () => {
    expect(read(aClick())).toEqual({
      ...TOLD,
      kind: 'vote',
      vote: { ...PLACE, verdict: 'approve', step: 'button', by: ADA, app: 'A0GATEHOUSE', key: '1795428900.123456' },
      responseUrl: RESPONSE_URL,
    });
  });

  it.each([
    ['gate.approve-in-modal', 'approve'],
    ['gate.reject-in-modal', 'reject'],
  ])('on %s asks for the form, with what the message says', (action_id, verdict) => {
    expect(read(aClick({ action_id }))).toEqual({
      ...TOLD,
      kind: 'form',
      verdict,
      place: PLACE,
      text: 'shop-prod waits for approval: 3f2a1bc Fix &lt;login&gt;',
      triggerId: '398738663015.47445629121.canary',
      responseUrl: RESPONSE_URL,
    });
  });

  it('on a link is nothing to us', () => {
    expect(read(aClick({ action_id: 'gate.link', value: undefined }))).toEqual({ ...TOLD, kind: 'nothing' });
  });

  it('makes no sense without exactly one action (B45)', () => {
    const { actions } = aClick();
    expect(read(aClick({}, { actions: [] }))).toEqual(NOT_ASKED_FOR);
    expect(read(aClick({}, { actions: [...actions, ...actions] }))).toEqual(NOT_ASKED_FOR);
  });

  it.each(['', 'gate.', 'gate.approve ', 'GATE.APPROVE', 'constructor', '__proto__'])(
    'on a button called %j makes no sense (B46)',
    (action_id) => {
      expect(read(aClick({ action_id }))).toEqual(NO_BUTTON);
    },
  );

  it.each([undefined, '', 'x', `${GATE}x`, `${GATE.slice(1)}#`, '{"gate":1}', null])(
    'whose value is %j names no gate (B47)',
    (value) => {
      expect(read(aClick({ value }))).toEqual(NO_BUTTON);
    },
  );

  it('in something else than a message makes no sense', () => {
    expect(read(aClick({}, { message: undefined }))).toEqual(NO_BUTTON);
    expect(read(aClick({}, { channel: null }))).toEqual(NO_BUTTON);
  });

  it('tells the workspace of a person of another one, and none where an organisation has the app (B49)', () => {
    const stranger = { user: { id: 'U0EVE', name: 'eve', team_id: 'T0OTHER' } };
    expect(read(aClick({}, stranger))).toMatchObject({ ...TOLD, vote: { by: { user: 'U0EVE', team: 'T0OTHER' } } });
    const ofOrganisation = { user: { id: 'W0EVE', name: 'eve', team_id: 'E0ORG' } };
    expect(read(aClick({}, ofOrganisation))).toMatchObject({ vote: { by: { user: 'W0EVE', team: 'E0ORG' } } });
    expect(read(aClick({}, { team: null, enterprise: { id: 'E0ORG' } }))).toMatchObject({ team: null });
  });

  it('has a name that forges nothing, and goes by the id', () => {
    const user = { id: 'U0EVE', name: `<!channel>\u202e${'x'.repeat(300)}`, team_id: 'T0GATEHOUSE' };
    const { vote } = { vote: undefined, ...read(aClick({}, { user })) };
    expect(vote?.by.name).toMatch(/^<!channel>x+…$/);
    expect(vote?.by.name?.length).toBeLessThanOrEqual(100);
  });
});

describe('a form', () => {
  it('to reject is a vote with its reason, in one line', () => {
    expect(read(aForm('  breaks\nthe   login  '))).toEqual({
      ...TOLD,
      kind: 'vote',
      vote: {
        ...PLACE,
        verdict: 'reject',
        step: 'modal',
        note: 'breaks the login',
        by: ADA,
        app: 'A0GATEHOUSE',
        key: 'V0FORM1',
      },
    });
  });

  it('to approve needs no note', () => {
    const vote = { ...PLACE, verdict: 'approve', step: 'modal', by: ADA, app: 'A0GATEHOUSE', key: 'V0FORM1' };
    expect(read(aForm(null, { callback_id: 'gate.approve' }))).toEqual({ ...TOLD, kind: 'vote', vote });
  });

  it.each([[null], [''], ['no'], [' \n '], ['\u200b\u200b\u200b']])(
    'to reject with the reason %j is not finished',
    (note) => {
      expect(read(aForm(note))).toEqual({
        ...TOLD,
        kind: 'unfinished',
        problem: 'Give a reason: whoever made this reads it.',
      });
    },
  );

  it('with more than fits is not finished', () => {
    expect(read(aForm('x'.repeat(301)))).toEqual({ ...TOLD, kind: 'unfinished', problem: 'At most 300 characters.' });
  });

  it('that is closed is nothing to us', () => {
    expect(read({ ...aForm(null), type: 'view_closed', is_cleared: false })).toEqual({ ...TOLD, kind: 'nothing' });
  });

  it.each([
    ['another form', { callback_id: 'gate.other' }, { kind: 'senseless', why: 'it is no form of a gate' }],
    ['no place', { private_metadata: '' }, NOT_ASKED_FOR],
    ['a place that is none', { private_metadata: '{"gate":"x","channel":"C1","ts":"1.1"}' }, NOT_ASKED_FOR],
    ['no fields', { state: { values: {} } }, NOT_ASKED_FOR],
  ])('makes no sense with %s (B47)', (_what, view, outcome) => {
    expect(read(aForm('breaks the login', view))).toEqual(outcome);
  });
});

describe('whatever else Slack signs', () => {
  it('is answered when Slack asks whether anybody listens', () => {
    const asked = JSON.stringify({ type: 'url_verification', token: 'x', challenge: 'c1' });
    expect(readBody(asked, 'application/json; charset=utf-8')).toEqual({ kind: 'challenge', challenge: 'c1' });
    expect(readBody('ssl_check=1&token=x')).toEqual({ kind: 'ssl-check' });
  });

  it('is read whatever stands behind the type of its form', () => {
    expect(readBody(formOf(aClick()), 'Application/X-WWW-Form-Urlencoded; charset=UTF-8').kind).toBe('vote');
  });

  it.each([
    ['a click as JSON', JSON.stringify(aClick()), 'application/json', 'it is an event'],
    ['an event', '{"type":"event_callback"}', 'application/json', 'it is an event'],
    ['JSON that is none', '{', 'application/json', 'it is an event'],
    ['a click under no type', formOf(aClick()), '', 'it is neither a form nor JSON'],
    ['text', 'hello', 'text/plain', 'it is neither a form nor JSON'],
  ])('makes no sense as %s (B42)', (_what, body, type, why) => {
    expect(readBody(body, type)).toEqual({ kind: 'senseless', why });
  });

  it('makes no sense without a payload, with two, or with one that is no JSON (B43)', () => {
    const once = formOf(aClick());
    expect(readBody('')).toEqual({ kind: 'senseless', why: 'it has no payload' });
    expect(readBody('command=%2Fdeploy&text=x')).toEqual({ kind: 'senseless', why: 'it has no payload' });
    expect(readBody(`${once}&${once}`)).toEqual({ kind: 'senseless', why: 'it has more than one payload' });
    expect(readBody(`\ufeff${once}`)).toEqual({ kind: 'senseless', why: 'it has no payload' });
    for (const payload of ['', '{', 'null', '1', '[]', '"x"']) {
      expect(readBody(new URLSearchParams({ payload }).toString())).toEqual(NOT_ASKED_FOR);
    }
  });

  it.each(['message_action', 'shortcut', 'block_suggestion', 'constructor', undefined])(
    'makes no sense as a %s (B44)',
    (type) => {
      expect(read({ ...aClick(), type })).toEqual(NOT_ASKED_FOR);
    },
  );

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('makes no sense when it is compressed by %s: nothing is unpacked (B52)', (encoding, compress) => {
    const headers = { 'content-encoding': encoding };
    expect(readInteraction(aRequest(compress(formOf(aClick())), { headers }))).toEqual({
      kind: 'senseless',
      why: 'it has no payload',
    });
  });

  it('never throws, and what is a vote is one that the queue takes', () => {
    const strange = fc.oneof(fc.json(), fc.string(), fc.constantFrom('__proto__', '', '\u0000', '9'.repeat(70)));
    const payloads = fc.record({
      id: strange,
      note: fc.string({ maxLength: 400, unit: 'binary' }),
      name: fc.string({ maxLength: 300, unit: 'binary' }),
      key: fc.oneof(strange, fc.constant('V1')),
    });
    fc.assert(
      fc.property(payloads, fc.boolean(), ({ id, note, name, key }, odd) => {
        const user = { id: odd ? id : 'U1', name };
        const interaction = read(aForm(note, { id: key }, { user }));
        if (interaction.kind === 'vote') {
          const vote = { ...interaction.vote, kind: 'vote', at: 1, requestId: 'r' } as const;
          expect(parseVoteMessage(voteText(vote))).toEqual(vote);
        }
      }),
    );
  });
});
