import { describe, expect, it } from 'vitest';
import { runVariables } from '../../../scripts/suites/run-variables.ts';
import { parseJson } from '../../../shared/probe/json.ts';
import { fillJson, fillText, fillUrl } from '../../../shared/probe/templates.ts';
import type { Scope } from '../../../shared/probe/templates.ts';

const scopeOf = (overrides: Partial<Scope> = {}): Scope => ({
  variables: {
    'new.version': '7',
    'function.name': 'orders',
    'test.url': 'https://web-test.example.com',
    'test.host': 'web-test.example.com',
    hook: 'https://evil.example.com',
    'old.version': 'https://evil.example.com',
    odd: 'a b/c?d#e&f=ü',
    dots: '..',
    port: '8443',
  },
  steps: new Map([['login', { status: 200, body: { token: 't', user: { id: 7 }, list: ['a', 'b'], none: null } }]]),
  secret: (name) => (name === 'gate' ? Promise.resolve('s3cret') : Promise.reject(new Error(`no secret ${name}`))),
  ...overrides,
});

describe('a template', () => {
  it('names variables, values of earlier steps, and secrets', async () => {
    expect(await fillText('v${new.version} of ${function.name}', scopeOf())).toBe('v7 of orders');
    expect(await fillText('Bearer ${login.body.token}, ${login.body.list.1}', scopeOf())).toBe('Bearer t, b');
    expect(await fillText('${secret:gate}', scopeOf())).toBe('s3cret');
    expect(await fillText('${login.body.user}', scopeOf())).toBe('{"id":7}');
    expect(await fillText('no $ {template} $', scopeOf())).toBe('no $ {template} $');
  });

  it('is filled in once: what comes in is no template', async () => {
    expect(await fillText('${a}', scopeOf({ variables: { a: '${secret:gate}' } }))).toBe('${secret:gate}');
  });

  it.each([
    '${none}',
    '${}',
    '${new}',
    '${login}.${login.body.nothing}',
    '${other.body.token}',
    '${login.body.list.x}',
    '${login.body.list.length}',
    '${login.body.token.length}',
    '${login.constructor}',
    '${login.body.toString}',
    '${login.body.__proto__}',
    '${constructor}',
    '${__proto__}',
    '${secret:other}',
  ])('that names what is not there is refused: %s', async (text) => {
    await expect(fillText(text, scopeOf())).rejects.toThrow(/nothing for|no secret/);
  });

  it('holds no secret where none may be', async () => {
    await expect(fillText('${secret:gate}', scopeOf({ secret: undefined }))).rejects.toThrow(
      'A secret may be in headers, bodies and payloads only: ${secret:gate}',
    );
  });

  it('tells what was carried over from a step', async () => {
    const carried: string[] = [];
    await fillText('${login.body.token} ${new.version}', scopeOf({ carried: (value) => carried.push(value) }));
    expect(carried).toEqual(['t']);
  });
});

describe('a payload', () => {
  it('has its texts filled in, however deep, and nothing else', async () => {
    const payload = {
      path: '/v${new.version}',
      deep: [{ user: '${login.body.user}', id: '${login.body.user.id}', none: '${login.body.none}' }],
      '${key}': 1,
      yes: true,
      nothing: null,
    };
    expect(await fillJson(payload, scopeOf())).toEqual({
      path: '/v7',
      deep: [{ user: { id: 7 }, id: 7, none: null }],
      '${key}': 1,
      yes: true,
      nothing: null,
    });
    expect(await fillJson('${new.version}', scopeOf())).toBe('7');
    expect(await fillJson('${login.status}!', scopeOf())).toBe('200!');
  });

  it('may have any key (S44)', async () => {
    const filled = await fillJson(parseJson('{"__proto__": {"a": "${new.version}"}}') ?? null, scopeOf());
    expect(JSON.stringify(filled)).toBe('{"__proto__":{"a":"7"}}');
  });
});

describe('a URL with templates', () => {
  it.each([
    ['${test.url}/health', 'https://web-test.example.com/health'],
    ['https://${test.host}/health', 'https://web-test.example.com/health'],
    ['https://${function.name}.example.com/', 'https://orders.example.com/'],
    ['https://a.example.com:${port}/', 'https://a.example.com:8443/'],
    ['https://a.example.com/${odd}/x', 'https://a.example.com/a%20b%2Fc%3Fd%23e%26f%3D%C3%BC/x'],
    ['https://a.example.com/?q=${odd}', 'https://a.example.com/?q=a%20b%2Fc%3Fd%23e%26f%3D%C3%BC'],
    ['https://a.example.com?q=${test.url}', 'https://a.example.com?q=https%3A%2F%2Fweb-test.example.com'],
    ['https://a.example.com#${test.url}', 'https://a.example.com#https%3A%2F%2Fweb-test.example.com'],
    ['https://a.example.com/${login.body.user.id}', 'https://a.example.com/7'],
    ['https://a.example.com/v${dots}1', undefined],
    ['https://a.example.com/${dots}/admin', undefined],
    // The run's own variables are of strangers, and so is what a step was answered.
    ['${hook}/', undefined],
    ['${old.version}/', undefined],
    ['${login.body.token}/', undefined],
    ['${test.host}/', undefined],
    ['${secret:gate}', undefined],
    ['https://a.example.com/${secret:gate}', undefined],
    ['https://${login.body.token}.example.com/', undefined],
    ['https://${odd}.example.com/', undefined],
    ['https://${test.url}/', undefined],
    ['HTTPS://a@${odd}/', undefined],
  ])('%s becomes %s', async (text, url) => {
    const filled = fillUrl(text, scopeOf({ secret: undefined }));
    await (url === undefined ? expect(filled).rejects.toThrow() : expect(filled).resolves.toBe(url));
  });

  it.each(runVariables())('never begins with what the run gives: ${%s}', async (name) => {
    const scope = scopeOf({ variables: { [name]: 'https://evil.example.com' } });
    await expect(fillUrl(`\${${name}}/`, scope)).rejects.toThrow(/cannot begin with/);
  });
});
