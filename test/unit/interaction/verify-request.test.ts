import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHttpEvent } from '../../../shared/interaction/http-event.ts';
import { verifyRequest } from '../../../shared/interaction/verify-request.ts';
import type { RawRequest } from '../../../shared/interaction/verify-request.ts';
import { ROOT } from '../../support/command.ts';
import { aRequest, REQUESTED_AT, signatureOf, SIGNING_SECRET, withHeaders } from '../../support/slack-requests.ts';

// The request of https://docs.slack.dev/authentication/verifying-requests-from-slack, with its signature.
const PUBLISHED_BODY =
  'token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c';
const PUBLISHED = 'v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503';

const BODY = 'payload=%7B%22a%22%3A%22caf%C3%A9+%26+%E2%9C%93%22%7D';

const verify = (request: RawRequest, { now = REQUESTED_AT, secrets = [SIGNING_SECRET] } = {}) =>
  verifyRequest(request, secrets, now);

const SIGNATURE = 'x-slack-signature';
const TIMESTAMP = 'x-slack-request-timestamp';

const flipped = (text: string): string => String.fromCharCode(text.charCodeAt(0) ^ 1) + text.slice(1);

describe('the door for Slack', () => {
  it('takes the request that Slack publishes, with the signature that Slack publishes (S1)', () => {
    const request = aRequest(PUBLISHED_BODY, { headers: { [SIGNATURE]: PUBLISHED } });
    expect(verify(request)).toBeUndefined();
  });

  it('takes what Slack has signed (S1)', () => {
    expect(verify(aRequest(BODY))).toBeUndefined();
  });

  it('refuses a request of which one bit is another: body, time, signature or secret (S2)', () => {
    const request = aRequest(BODY);
    const signature = request.headers[SIGNATURE] ?? '';
    expect(verify({ ...request, body: Buffer.from(flipped(BODY)) })).toBe('signature');
    expect(verify(withHeaders(request, { [TIMESTAMP]: '1531420619' }))).toBe('signature');
    const last = signature.endsWith('0') ? '1' : '0';
    expect(verify(withHeaders(request, { [SIGNATURE]: signature.slice(0, -1) + last }))).toBe('signature');
    expect(verify(request, { secrets: [flipped(SIGNING_SECRET)] })).toBe('signature');
  });

  it('refuses every change of any byte of a body (S2)', () => {
    const request = aRequest(BODY);
    fc.assert(
      fc.property(fc.nat(BODY.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const body = Buffer.from(request.body);
        body[at] = (body[at] ?? 0) ^ change;
        expect(verify({ ...request, body })).toBe('signature');
      }),
    );
  });

  it.each([
    [-301, 'time'],
    [-300, undefined],
    [-299, undefined],
    [299, undefined],
    [300, undefined],
    [301, 'time'],
  ])('meets a clock that is %i seconds off with %s (S3)', (seconds, outcome) => {
    const request = aRequest(BODY, { at: REQUESTED_AT + seconds * 1000 });
    expect(verify(request)).toBe(outcome);
  });

  it('is not led to take a part of the body for the time (S4)', () => {
    // Both are signed over the same bytes: v0:1531420618:a:b
    const request = aRequest('a:b');
    const split = withHeaders({ ...request, body: Buffer.from('b') }, { [TIMESTAMP]: '1531420618:a' });
    expect(signatureOf('1531420618', 'a:b')).toBe(signatureOf('1531420618:a', 'b'));
    expect(verify(request)).toBeUndefined();
    expect(verify(split)).toBe('headers');
    // And of a longer number: v0:1531420618:1:x is not v0:1531420618:1 followed by x.
    expect(verify(withHeaders(request, { [TIMESTAMP]: '153142061' }))).toBe('headers');
  });

  it('knows its headers in whatever case they are written (S5)', () => {
    const request = aRequest(BODY);
    const written = Object.fromEntries(
      Object.entries(request.headers).map(([name, value], index) => [
        index % 2 === 0 ? name.toUpperCase() : name.replace(/\b\w/g, (letter) => letter.toUpperCase()),
        value,
      ]),
    );
    expect(verify({ ...request, headers: written })).toBeUndefined();
  });

  it.each([[[SIGNATURE]], [[TIMESTAMP]], [[SIGNATURE, TIMESTAMP]]])(
    'refuses a request without %j (S5, B34)',
    (names) => {
      const none = Object.fromEntries(names.map((name) => [name, undefined]));
      expect(verify(withHeaders(aRequest(BODY), none))).toBe('headers');
      const empty = Object.fromEntries(names.map((name) => [name, '']));
      expect(verify(withHeaders(aRequest(BODY), empty))).toBe('headers');
    },
  );

  it('refuses a header that is there twice, under two spellings or as API Gateway joins them (S5, B39)', () => {
    const request = aRequest(BODY);
    const signature = request.headers[SIGNATURE] ?? '';
    expect(verify(withHeaders(request, { 'X-Slack-Signature': signature }))).toBe('headers');
    expect(verify(withHeaders(request, { [SIGNATURE]: `${signature},${signature}` }))).toBe('headers');
    expect(verify(withHeaders(request, { [TIMESTAMP]: '1531420618,1531420618' }))).toBe('headers');
  });

  it.each([
    ['another version', (hex: string) => `v1=${hex}`],
    ['no version', (hex: string) => hex],
    ['no sign', (hex: string) => `v0${hex}`],
    ['a space before it', (hex: string) => ` v0=${hex}`],
    ['a line break after it', (hex: string) => `v0=${hex}\n`],
  ])('refuses a signature with %s (S6, B35)', (_what, write) => {
    const hex = signatureOf('1531420618', BODY).slice(3);
    expect(verify(withHeaders(aRequest(BODY), { [SIGNATURE]: write(hex) }))).toBe('headers');
  });

  it('refuses a signature in upper case (S6, B36)', () => {
    const hex = signatureOf('1531420618', BODY).slice(3);
    expect(verify(withHeaders(aRequest(BODY), { [SIGNATURE]: `v0=${hex.toUpperCase()}` }))).toBe('headers');
  });

  it('refuses a signature of 63 or 65 digits, and of digits that only look like some (S6, S14, B37)', () => {
    const hex = signatureOf('1531420618', BODY).slice(3);
    const fullWidth = hex.replace(/[0-9]/, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
    for (const odd of [hex.slice(1), `${hex}0`, fullWidth, `${hex.slice(0, -1)}g`, '']) {
      expect(verify(withHeaders(aRequest(BODY), { [SIGNATURE]: `v0=${odd}` }))).toBe('headers');
    }
  });

  it.each([
    '1e9',
    '0x5b47c44a',
    ' 1531420618',
    '1531420618 ',
    '-153142061',
    '15314206180',
    '1531420618.0',
    'abc',
    '١٥٣١٤٢٠٦١٨',
    '',
  ])('refuses the time %j, however it was signed (S6, B38)', (timestamp) => {
    const headers = { [TIMESTAMP]: timestamp, [SIGNATURE]: signatureOf(timestamp, BODY) };
    expect(verify(withHeaders(aRequest(BODY), headers))).toBe('headers');
  });

  it.each([
    ['text of other scripts', Buffer.from('payload=é ✓ 🚀 ﷽')],
    ['bytes that are no text', Buffer.from([0x70, 0x3d, 0xff, 0xfe, 0x00, 0x80])],
    ['line breaks of every kind, the last one at the end', Buffer.from('a=1\r\nb=2\n\r\n')],
    ['a byte-order mark', Buffer.from('\ufeffpayload=1')],
    ['nothing', Buffer.alloc(0)],
  ])('takes %s, in base64 too, by the bytes (S7, B41)', (_what, body) => {
    const { headers } = aRequest(body);
    const requestContext = { requestId: 'r1', timeEpoch: REQUESTED_AT, http: { method: 'POST' } };
    const inBase64 = { version: '2.0', headers, body: body.toString('base64'), isBase64Encoded: true, requestContext };
    const { request } = readHttpEvent(inBase64);
    expect(request.body).toEqual(body);
    expect(verify(request)).toBeUndefined();
  });

  it('refuses a body whose line breaks were changed or whose mark was taken away on the way (B41)', () => {
    const request = aRequest('\ufeffa=1\r\nb=2');
    expect(verify({ ...request, body: Buffer.from('\ufeffa=1\nb=2') })).toBe('signature');
    expect(verify({ ...request, body: Buffer.from('a=1\r\nb=2') })).toBe('signature');
  });

  it('refuses a body that is said to be in base64 and is not, or the other way round (B40)', () => {
    const { headers } = aRequest(BODY);
    const requestContext = { requestId: 'r1', timeEpoch: REQUESTED_AT, http: { method: 'POST' } };
    const lying = [
      { version: '2.0', headers, body: BODY, isBase64Encoded: true, requestContext },
      { version: '2.0', headers, body: Buffer.from(BODY).toString('base64'), isBase64Encoded: false, requestContext },
    ];
    expect(lying.map((event) => verify(readHttpEvent(event).request))).toEqual(['signature', 'signature']);
  });

  it('takes both secrets while one takes the other’s place, and the old one no longer than that (S8, F51)', () => {
    const both = { secrets: ['the-new-one', SIGNING_SECRET] };
    expect(verify(aRequest(BODY), both)).toBeUndefined();
    expect(verify(aRequest(BODY, { secret: 'the-new-one' }), both)).toBeUndefined();
    expect(verify(aRequest(BODY), { secrets: ['the-new-one'] })).toBe('signature');
    expect(verify(aRequest(BODY, { secret: 'another-app' }), both)).toBe('signature');
  });

  it('does not open without a secret, nor with an empty one, with which anybody could sign (S9)', () => {
    const request = aRequest(BODY, { secret: '' });
    for (const secrets of [[], [''], [SIGNING_SECRET, '']]) {
      expect(() => verify(request, { secrets })).toThrow('There is no signing secret');
    }
  });

  it('refuses a replay once its time is over (S10)', () => {
    const request = aRequest(BODY);
    expect(verify(request, { now: REQUESTED_AT + 299_000 })).toBeUndefined();
    expect(verify(request, { now: REQUESTED_AT + 301_000 })).toBe('time');
  });

  it('takes a body of 64 KB and none of a byte more (S12, B51)', () => {
    expect(verify(aRequest('a'.repeat(65_536)))).toBeUndefined();
    expect(verify(aRequest('a'.repeat(65_537)))).toBe('size');
    expect(verify(aRequest('a'.repeat(1_000_000)))).toBe('size');
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'post'])('refuses %s, signed or not (B53)', (method) => {
    expect(verify(aRequest(BODY, { method }))).toBe('method');
  });

  it('compares in constant time, and nothing but that (S14)', () => {
    const code = readFileSync(join(ROOT, 'shared/interaction/verify-request.ts'), 'utf8');
    expect(code.match(/timingSafeEqual\(/g)).toHaveLength(1);
    expect(code).not.toMatch(/(?:===|!==|\.equals\(|\.includes\()\s*(?:given|signature)\b(?! === undefined)/);
  });
});
