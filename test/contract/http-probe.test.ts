import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveHost, sampleHttp } from '../../shared/probe/http-probe.ts';
import type { Net } from '../../shared/probe/http-probe.ts';
import type { Task } from '../../shared/probe/finding.ts';
import type { Assertion, HttpStep } from '../../shared/validation/suite.ts';
import { ROOT } from '../support/command.ts';
import { listenHttp, listenTcp, taskOf } from '../support/probes.ts';
import type { Listening } from '../support/probes.ts';
import { checkOf } from '../support/suites.ts';

const PUBLIC = '93.184.216.34';
const METADATA = '169.254.169.254';

const open: Listening[] = [];

afterEach(() => {
  open.splice(0).forEach(({ close }) => {
    close();
  });
});

const opened = <Server extends Listening>(server: Server): Server => {
  open.push(server);
  return server;
};

const aServer = async (...args: Parameters<typeof listenHttp>) => opened(await listenHttp(...args));
const aSocketServer = async (...args: Parameters<typeof listenTcp>) => opened(await listenTcp(...args));

/**
 * A network in which every host is at a public address, and every public address is led to a server of ours once the policy
 * has let it pass: the policy is the real one, and so are the sockets.
 */
const aNet = (port: number, overrides: Partial<Net> = {}) => {
  const asked: string[] = [];
  const led: string[] = [];
  const { resolve = () => Promise.resolve([PUBLIC]), ...others } = overrides;
  const net: Net = {
    policy: { hosts: ['*'], privateHosts: [], ports: [port] },
    lead: (address) => {
      led.push(address);
      return '127.0.0.1';
    },
    resolve: (host) => {
      asked.push(host);
      return resolve(host);
    },
    ...others,
  };
  return { net, asked, led };
};

const stepOf = (overrides: Partial<HttpStep> & Pick<HttpStep, 'url'>): HttpStep => ({
  id: 'step',
  method: 'GET',
  headers: {},
  redirect: 'error',
  ...overrides,
});

type Asked = {
  readonly net: Net;
  readonly steps: readonly HttpStep[];
  readonly expect?: readonly Assertion[];
  readonly task?: Partial<Task>;
};

const ask = ({ net, steps, expect = [], task = {} }: Asked) => {
  const probe = { kind: 'http', steps } as const;
  return sampleHttp(probe, taskOf(checkOf(probe, { expect }), task), net);
};

const askUrl = (net: Net, url: string, more: Partial<Asked> = {}) => ask({ net, steps: [stepOf({ url })], ...more });

const ok = (body: unknown, headers: Readonly<Record<string, string>> = { 'content-type': 'application/json' }) =>
  aServer((response) => response.writeHead(200, headers).end(typeof body === 'string' ? body : JSON.stringify(body)));

describe('an http check', () => {
  it('passes when what answers has a status of 2xx', async () => {
    const { port, heard } = await ok({ up: true });
    const { net, led } = aNet(port);
    expect(await askUrl(net, `http://shop.example.com:${port}/health?a=1`)).toEqual({
      outcome: 'pass',
      says: 'status is 200, expected 2xx',
      value: '200',
      expected: '2xx',
    });
    expect(heard).toMatchObject([{ method: 'GET', url: '/health?a=1', headers: { host: `shop.example.com:${port}` } }]);
    expect(led).toEqual([PUBLIC]);
  });

  it('sees status, headers, body, timings and URL', async () => {
    const { port } = await aServer((response) => {
      response.setHeader('X-Version', '7').setHeader('Content-Type', 'application/json; charset=utf-8');
      response.end('{"version": 7, "items": [{"id": "a"}, {"id": "b"}]}');
    });
    const found = await askUrl(aNet(port).net, `http://shop.example.com:${port}/a`, {
      expect: [
        { path: 'status', op: 'eq', value: 200 },
        { path: 'headers."x-version"', op: 'eq', value: '7' },
        { path: 'body.version', op: 'eq', value: 7 },
        { path: 'body.items[*].id', op: 'eq', value: ['a', 'b'] },
        { path: 'timings.total', op: 'lt', value: 2000 },
        { path: 'timings.firstByte >= timings.connect', op: 'eq', value: true },
        { path: 'timings.dns', op: 'gte', value: 0 },
        { path: 'url', op: 'eq', value: `http://shop.example.com:${port}/a` },
      ],
    });
    expect(found).toMatchObject({ outcome: 'pass', value: '200' });
  });

  it('sees a body that is no JSON as text', async () => {
    const { port } = await ok('<h1>{}</h1>', { 'content-type': 'text/html' });
    expect(
      await askUrl(aNet(port).net, `http://shop.example.com:${port}/`, {
        expect: [{ path: 'body', op: 'contains', value: '<h1>' }],
      }),
    ).toMatchObject({ outcome: 'pass' });
  });

  it('fails with path, value and expectation, and with evidence that has the begin of the body alone', async () => {
    const body = `{"error": "database is away", "token": "canary-in-body", "filler": "${'x'.repeat(400)}END"}`;
    const { port } = await aServer((response) =>
      response.writeHead(503, { 'content-type': 'application/json' }).end(body),
    );
    const found = await ask({
      net: aNet(port).net,
      steps: [
        stepOf({
          url: `http://shop.example.com:${port}/health`,
          headers: { authorization: 'Bearer canary-in-header' },
        }),
      ],
      expect: [
        { path: 'status', op: 'eq', value: 200 },
        { path: 'body.error', op: 'absent' },
      ],
    });
    expect(found).toMatchObject({
      outcome: 'fail',
      says: 'status is 503, expected 200; body.error is "database is away", expected nothing',
      value: '503',
      expected: '200',
    });
    const { evidence = '' } = found;
    expect(evidence).toMatch(/^GET http:\/\/shop\.example\.com:\d+\/health\nstatus 503 after \d+ ms\n/);
    expect(evidence).toContain(
      `application/json, ${body.length} bytes, sha256 ${createHash('sha256').update(body).digest('hex')}`,
    );
    expect(evidence).toContain('database is away');
    expect(evidence).not.toMatch(/canary|END|authorization/i);
  });

  it('carries values from step to step, and takes them out of what is told', async () => {
    const { port, heard } = await aServer((response, { url, headers }) => {
      if (url === '/login') {
        response.setHeader('content-type', 'application/json').end('{"token": "t-0123456789", "user": {"id": 7}}');
      } else {
        response.writeHead(500).end(`no cart for ${headers.authorization ?? ''}`);
      }
    });
    const found = await ask({
      net: aNet(port).net,
      task: {
        variables: { 'test.url': `http://shop.example.com:${port}` },
        secret: () => Promise.resolve('pass word'),
      },
      steps: [
        stepOf({
          id: 'login',
          method: 'POST',
          url: '${test.url}/login',
          body: { kind: 'json', value: { user: 'synthetic', password: '${secret:gate}' } },
        }),
        stepOf({
          id: 'cart',
          method: 'PUT',
          url: '${test.url}/users/${login.body.user.id}/cart',
          headers: { Authorization: 'Bearer ${login.body.token}' },
          body: { kind: 'json', value: { id: '${login.body.user.id}' } },
        }),
      ],
    });
    expect(heard.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/login', '{"user":"synthetic","password":"pass word"}'],
      ['PUT', '/users/7/cart', '{"id":7}'],
    ]);
    expect(heard[1]?.headers).toMatchObject({
      authorization: 'Bearer t-0123456789',
      'content-type': 'application/json',
    });
    expect(found).toMatchObject({ outcome: 'fail', says: 'cart: status is 500, expected 2xx' });
    expect(found.evidence).toContain('no cart for');
    expect(found.evidence).not.toContain('t-0123456789');
  });

  it('stops at the first step that does not do what it should', async () => {
    const { port, heard } = await aServer((response) => response.writeHead(401).end());
    const url = `http://shop.example.com:${port}/`;
    const found = await ask({
      net: aNet(port).net,
      steps: [stepOf({ id: 'login', url }), stepOf({ id: 'cart', url: `${url}\${login.body.token}` })],
      expect: [{ path: 'status', op: 'eq', value: 200 }],
    });
    expect(found).toMatchObject({ outcome: 'fail', says: 'login: status is 401, expected 2xx' });
    expect(heard).toHaveLength(1);
  });

  it('asserts about the step that is named, and about the last one otherwise', async () => {
    const { port } = await aServer((response, { url }) => response.writeHead(url === '/a' ? 201 : 204).end());
    const url = `http://shop.example.com:${port}`;
    const steps = [stepOf({ id: 'a', url: `${url}/a` }), stepOf({ id: 'b', url: `${url}/b` })];
    const expectAll: readonly Assertion[] = [
      { step: 'a', path: 'status', op: 'eq', value: 201 },
      { path: 'status', op: 'eq', value: 204 },
    ];
    expect(await ask({ net: aNet(port).net, steps, expect: expectAll })).toMatchObject({
      outcome: 'pass',
      value: '204',
    });
    expect(
      await ask({ net: aNet(port).net, steps, expect: [{ step: 'a', path: 'status', op: 'eq', value: 200 }] }),
    ).toMatchObject({ outcome: 'fail', says: 'a: status is 201, expected 200' });
  });

  it.each<readonly [string, Parameters<typeof listenTcp>[0], string]>([
    ['resets', (socket) => socket.resetAndDestroy(), 'It breaks the connection off'],
    ['ends', (socket) => socket.end(), 'It breaks the connection off'],
    [
      'breaks its answer off',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
      'It breaks the connection off',
    ],
    [
      'speaks something else',
      (socket) => socket.end('SSH-2.0-OpenSSH\r\n'),
      'The connection has failed: HPE_INVALID_CONSTANT',
    ],
    ['says nothing', () => undefined, 'There is no answer after 300 ms'],
  ])('fails when what it asks %s', async (_what, connected, says) => {
    const { port } = await aSocketServer(connected);
    const task = { timeoutMs: 300 };
    expect(await askUrl(aNet(port).net, `http://shop.example.com:${port}/`, { task })).toMatchObject({
      outcome: 'fail',
      says,
      evidence: `GET http://shop.example.com:${port}/\n${says}`,
    });
  });

  it('fails when it is refused, and when there is no TLS where there should be', async () => {
    const { port, close } = await aServer((response) => response.end());
    const tls = await askUrl(aNet(port).net, `https://shop.example.com:${port}/`);
    expect([tls.outcome, tls.says]).toEqual(['fail', expect.stringMatching(/^The connection has failed: E/)]);
    close();
    expect(await askUrl(aNet(port).net, `http://shop.example.com:${port}/`)).toMatchObject({
      outcome: 'fail',
      says: 'It refuses the connection',
    });
  });

  it.each<readonly [string, Partial<HttpStep>, RegExp]>([
    ['a variable is missing', { url: 'http://shop.example.com/${new.version}' }, /nothing for \$\{new\.version\}/],
    ['a URL holds a secret', { url: 'http://shop.example.com/${secret:gate}' }, /secret may be in headers/],
    ['a header is not for it to set', { headers: { Host: 'internal' } }, /header host cannot be set/],
    ['a header would make two', { headers: { 'x-a': '${two.lines}' } }, /Invalid character in header/],
    ['a URL is not listed', { url: 'http://other.example.net/' }, /validation\.http\.hosts does not list/],
    ['a name is not known', { url: 'http://unknown.example.com/' }, /unknown\.example\.com cannot be resolved/],
  ])('is an error when %s', async (_what, step, says) => {
    const { port, heard } = await ok('');
    const { net } = aNet(port, {
      policy: { hosts: ['*.example.com'], privateHosts: [], ports: [port] },
      resolve: (host) =>
        host.startsWith('unknown') ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve([PUBLIC]),
    });
    const steps = [stepOf({ url: `http://shop.example.com:${port}/`, ...step })];
    const task = { variables: { 'two.lines': 'a\r\nx-b: c' }, secret: () => Promise.resolve('canary') };
    await expect(ask({ net, steps, task })).rejects.toThrow(says);
    expect(heard).toEqual([]);
  });

  it('is an error when an expression throws', async () => {
    const { port } = await ok({});
    for (const path of ['body.[', 'length(status)', 'nope(@)']) {
      await expect(
        askUrl(aNet(port).net, `http://shop.example.com:${port}/`, { expect: [{ path, op: 'exists' }] }),
      ).rejects.toThrow();
    }
  });

  it('is an error when its own time is over before it has asked', async () => {
    const { port, heard } = await ok({});
    await expect(
      askUrl(aNet(port).net, `http://shop.example.com:${port}/`, { task: { timeoutMs: 0 } }),
    ).rejects.toThrow(/time was over before shop\.example\.com could be asked/);
    expect(heard).toEqual([]);
  });

  it('reaches hosts of the local stack at their loopback addresses, if they are listed', async () => {
    const { port, heard } = await ok({});
    const localHosts = { 'web.example.com': `http://127.0.0.1:${port}` };
    const { net, asked } = aNet(port, {
      localHosts,
      policy: { hosts: ['*.example.com'], privateHosts: [], ports: [] },
    });
    expect(await askUrl(net, 'http://web.example.com/health')).toMatchObject({ outcome: 'pass' });
    expect(await askUrl(net, 'https://web.example.com/health')).toMatchObject({ outcome: 'pass' });
    expect(heard.map(({ headers }) => headers.host)).toEqual(['web.example.com', 'web.example.com']);
    expect(asked).toEqual([]);
    await expect(askUrl({ ...net, policy: { ...net.policy, hosts: [] } }, 'http://web.example.com/')).rejects.toThrow(
      /does not list/,
    );
  });

  it('takes what a body of JSON does to its readers (S44, S46)', async () => {
    const answers = ['[', ']'].map((bracket) => bracket.repeat(10_000)).join('');
    const deep = await ok(answers);
    expect(
      await askUrl(aNet(deep.port).net, `http://a.example.com:${deep.port}/`, {
        expect: [{ path: 'body', op: 'eq', value: 1 }],
      }),
    ).toMatchObject({ outcome: 'fail', says: 'body is something too deep to be shown, expected 1' });
    const polluted = await ok('{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}');
    const paths = ['body.isAdmin', 'isAdmin', 'body.toString', 'body.constructor.name', 'constructor'];
    for (const path of paths) {
      expect(
        await askUrl(aNet(polluted.port).net, `http://a.example.com:${polluted.port}/`, {
          expect: [{ path, op: 'absent' }],
        }),
      ).toMatchObject({ outcome: 'pass' });
    }
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
  });
});

describe('the policy of what an http check may reach', () => {
  it.each([
    'http://127.0.0.1:PORT/',
    'http://2130706433:PORT/',
    'http://0x7f.1:PORT/',
    'http://[::1]:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://localhost:PORT/',
    'http://shop.example.com@127.0.0.1:PORT/',
    'http://runtime.local:PORT/2018-06-01/runtime/invocation/next',
    'http://rebound.example.com:PORT/',
    'http://mixed.example.com:PORT/',
    'http://private.example.com:PORT/',
  ])('keeps %s from being connected to (S28, S30, S32)', async (url) => {
    const { port, sockets } = await aSocketServer((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    );
    const addresses: Readonly<Record<string, readonly string[]>> = {
      localhost: ['127.0.0.1'],
      'rebound.example.com': [METADATA],
      'mixed.example.com': [PUBLIC, METADATA],
      'private.example.com': ['10.0.0.7'],
    };
    const { net, led } = aNet(port, {
      runtimeApi: `runtime.local:${port}`,
      resolve: (host) => Promise.resolve(addresses[host] ?? [PUBLIC]),
    });
    await expect(askUrl(net, url.replace('PORT', String(port)))).rejects.toThrow();
    expect([led, sockets.size]).toEqual([[], 0]);
  });

  it('lets a host be private that the owner lists', async () => {
    const { port } = await ok({});
    const { net, led } = aNet(port, {
      policy: { hosts: ['*'], privateHosts: ['internal.*'], ports: [port] },
      resolve: () => Promise.resolve(['10.0.0.7', 'fd00::7']),
    });
    expect(await askUrl(net, `http://internal.example.com:${port}/`)).toMatchObject({ outcome: 'pass' });
    expect(led).toEqual(['10.0.0.7', 'fd00::7']);
  });

  it('connects to the address that was checked, wherever the name leads a moment later (F59, S29)', async () => {
    const { port, heard } = await ok({});
    const answers = [[PUBLIC], [METADATA]];
    const { net, asked, led } = aNet(port, { resolve: () => Promise.resolve(answers.shift() ?? [METADATA]) });
    expect(await askUrl(net, `http://flip.example.com:${port}/`)).toMatchObject({ outcome: 'pass' });
    expect([asked, led, heard.length]).toEqual([['flip.example.com'], [PUBLIC], 1]);
    await expect(askUrl(net, `http://flip.example.com:${port}/`)).rejects.toThrow(/nobody may connect/);
    expect([led, heard.length]).toEqual([[PUBLIC], 1]);
  });

  it('judges each hop of a redirect anew, also one to the same name (S29, S31)', async () => {
    const { port, heard } = await aServer((response) => response.writeHead(302, { location: '/next' }).end());
    const answers = [[PUBLIC], [METADATA]];
    const { net, led } = aNet(port, { resolve: () => Promise.resolve(answers.shift() ?? [METADATA]) });
    const steps = [stepOf({ url: `http://flip.example.com:${port}/`, redirect: 'follow' })];
    await expect(ask({ net, steps })).rejects.toThrow(/nobody may connect/);
    expect([led, heard.length]).toEqual([[PUBLIC], 1]);
  });

  it('follows no redirect to the metadata of an instance, and no fourth one (S31)', async () => {
    const metadata = await aServer((response) =>
      response.writeHead(302, { location: `http://${METADATA}/latest/` }).end(),
    );
    const to = (port: number) => [stepOf({ url: `http://shop.example.com:${port}/0`, redirect: 'follow' })];
    await expect(ask({ net: aNet(metadata.port).net, steps: to(metadata.port) })).rejects.toThrow(/nobody may connect/);
    const chain = await aServer((response, { url }) => {
      const hop = Number(url.slice(1));
      response.writeHead(hop < 4 ? 302 : 200, { location: `/${hop + 1}` }).end();
    });
    await expect(ask({ net: aNet(chain.port).net, steps: to(chain.port) })).rejects.toThrow(/more than 3 times/);
    expect(chain.heard.map(({ url }) => url)).toEqual(['/0', '/1', '/2', '/3']);
  });

  it('follows three, and says where they led', async () => {
    const { port } = await aServer((response, { url }) => {
      const hop = Number(url.slice(1));
      response.writeHead(hop < 3 ? 307 : 200, { location: `/${hop + 1}` }).end();
    });
    const found = await ask({
      net: aNet(port).net,
      steps: [stepOf({ url: `http://shop.example.com:${port}/0`, redirect: 'follow' })],
      expect: [{ path: 'url', op: 'eq', value: `http://shop.example.com:${port}/3` }],
    });
    expect(found).toMatchObject({ outcome: 'pass' });
  });

  it('takes a redirect for a failure where none is to be followed, and for an answer where it is to be seen', async () => {
    const { port } = await aServer((response) => response.writeHead(301, { location: '/elsewhere' }).end());
    const step = stepOf({ url: `http://shop.example.com:${port}/` });
    expect(await ask({ net: aNet(port).net, steps: [step] })).toMatchObject({
      outcome: 'fail',
      says: 'It answers with a redirect (status 301), which this check does not take',
    });
    const seen = { ...step, redirect: 'manual' } as const;
    expect(
      await ask({
        net: aNet(port).net,
        steps: [seen],
        expect: [{ path: 'headers.location', op: 'eq', value: '/elsewhere' }],
      }),
    ).toMatchObject({ outcome: 'pass' });
    expect(await ask({ net: aNet(port).net, steps: [seen] })).toMatchObject({ outcome: 'fail' });
    expect(
      await ask({
        net: aNet(port).net,
        steps: [seen, { ...seen, id: 'again' }],
        expect: [{ path: 'status', op: 'eq', value: 301 }],
      }),
    ).toMatchObject({ outcome: 'pass' });
  });

  it('gives another host neither the headers nor the body of a step (S31)', async () => {
    const { port, heard } = await aServer((response, { url }) => {
      response
        .writeHead(url === '/away' ? 302 : url === '/keep' ? 307 : 200, {
          location: `http://other.example.com:${port}/`,
        })
        .end();
    });
    const step = (path: string) =>
      stepOf({
        method: 'POST',
        url: `http://shop.example.com:${port}/${path}`,
        headers: { 'x-api-key': 'canary' },
        body: { kind: 'text', text: 'canary' },
        redirect: 'follow',
      });
    expect(await ask({ net: aNet(port).net, steps: [step('away')] })).toMatchObject({ outcome: 'pass' });
    expect(heard[0]).toMatchObject({ method: 'POST', body: 'canary', headers: { 'x-api-key': 'canary' } });
    expect(heard[1]).toMatchObject({ method: 'GET', body: '', headers: { host: `other.example.com:${port}` } });
    expect(JSON.stringify(heard[1])).not.toContain('canary');
    await expect(ask({ net: aNet(port).net, steps: [step('keep')] })).rejects.toThrow(/to another host/);
    expect(heard).toHaveLength(3);
  });

  it('obeys no proxy of the environment (S35)', { timeout: 20_000 }, async () => {
    const { port } = await ok({});
    const proxy = await aSocketServer((socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    const address = `http://127.0.0.1:${proxy.port}`;
    const code = `
      import { request } from 'node:http';
      import { sampleHttp } from './shared/probe/http-probe.ts';
      const probe = { kind: 'http', steps: [{ id: 'a', method: 'GET', url: 'http://shop.example.com:${port}/', headers: {}, redirect: 'error' }] };
      const net = {
        policy: { hosts: ['*'], privateHosts: [], ports: [${port}] },
        resolve: async () => ['${PUBLIC}'],
        lead: () => '127.0.0.1',
      };
      const task = { check: { expect: [] }, variables: {}, timeoutMs: 5000, conceal: String };
      const { outcome } = await sampleHttp(probe, task, net);
      // That the environment says so at all is seen by a request of anybody else.
      const other = await new Promise((resolve) => request('http://other.example.com/', ({ statusCode }) => resolve(statusCode)).end());
      console.log(outcome, other);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', code], {
      cwd: join(ROOT),
      env: {
        NODE_USE_ENV_PROXY: '1',
        HTTP_PROXY: address,
        HTTPS_PROXY: address,
        http_proxy: address,
        ALL_PROXY: address,
      },
    });
    expect(stdout.trim()).toBe('pass 502');
    expect(proxy.sockets.size).toBe(1);
  });

  it('resolves names as the machine does', async () => {
    expect(await resolveHost('localhost')).toEqual(expect.arrayContaining([expect.stringMatching(/^127\.|^::1$/)]));
    await expect(resolveHost('nowhere.invalid')).rejects.toThrow();
  });
});

describe('an answer without end', () => {
  const head = 'HTTP/1.1 200 OK\r\n';

  it.each<readonly [string, Parameters<typeof listenTcp>[0], RegExp]>([
    [
      'of a gigabyte is read for a megabyte',
      (socket) => {
        socket.write(`${head}content-length: 1000000000\r\n\r\n`);
        const part = Buffer.alloc(65_536, 'x');
        const write = () => {
          while (!socket.destroyed && socket.write(part)) {
            // Until it is full.
          }
        };
        socket.on('drain', write);
        write();
      },
      /^It answers with more than 1000000 bytes$/,
    ],
    [
      'that drips is given up when its time is over',
      (socket) => {
        socket.write(`${head}content-length: 1000\r\n\r\n`);
        const timer = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => {
          clearInterval(timer);
        });
      },
      /^The answer has not ended after 400 ms$/,
    ],
    [
      'whose headers drip is given up when its time is over',
      (socket) => {
        socket.write(head);
        const timer = setInterval(() => socket.write('x-a: b\r\n'), 20);
        socket.on('close', () => {
          clearInterval(timer);
        });
      },
      /^There is no answer after 400 ms$/,
    ],
    [
      'of headers is given up after 16 KB',
      (socket) => socket.write(head + `x-a: ${'b'.repeat(1_000)}\r\n`.repeat(100)),
      /^It answers with more than 16384 bytes of headers$/,
    ],
    [
      'of small headers is given up after a hundred',
      (socket) => socket.write(`${head}${'a: b\r\n'.repeat(101)}content-length: 0\r\n\r\n`),
      /^It answers with more than 100 headers$/,
    ],
    [
      'of hints is given up after ten',
      (socket) => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(11)),
      /^It answers with more than 10 provisional answers$/,
    ],
    [
      'of another protocol is none',
      (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
      /^It answers with another protocol$/,
    ],
  ])('%s (S33)', async (_what, connected, says) => {
    const { port, sockets } = await aSocketServer((socket) => {
      socket.once('data', () => {
        connected(socket);
      });
    });
    const began = Date.now();
    // What a busy machine takes before it asks is none of its time, which the text names.
    vi.useFakeTimers({ toFake: ['performance'] });
    const found = await askUrl(aNet(port).net, `http://a.example.com:${port}/`, { task: { timeoutMs: 400 } }).finally(
      () => vi.useRealTimers(),
    );
    expect(found.outcome).toBe('fail');
    expect(found.says).toMatch(says);
    expect(Date.now() - began).toBeLessThan(1_500);
    await vi.waitFor(() => {
      expect([...sockets].map(({ destroyed }) => destroyed)).toEqual([true]);
    });
  });

  it('as gzip is unpacked to ten megabytes at most (S34)', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    expect(bomb.length).toBeLessThan(1_000_000);
    const { port } = await aServer((response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    const before = process.memoryUsage().rss;
    expect(await askUrl(aNet(port).net, `http://a.example.com:${port}/`)).toMatchObject({
      outcome: 'fail',
      says: 'It answers with gzip that cannot be read, or with more than 10000000 bytes',
    });
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('is unpacked when it is gzip, and not taken in any other encoding', async () => {
    const { port } = await aServer((response, { url, headers }) => {
      response.setHeader('content-encoding', url.slice(1)).setHeader('x-asked', headers['accept-encoding'] ?? '');
      response.end(gzipSync('{"up": true}'));
    });
    const to = (path: string) =>
      askUrl(aNet(port).net, `http://a.example.com:${port}/${path}`, {
        expect: [
          { path: 'body.up', op: 'eq', value: true },
          { path: 'headers."x-asked"', op: 'eq', value: 'gzip' },
        ],
      });
    expect(await to('gzip')).toMatchObject({ outcome: 'pass' });
    const other = await to('br');
    expect([other.outcome, other.says]).toEqual(['fail', 'It answers in an encoding that it was not asked for']);
    expect(await to('identity')).toMatchObject({ outcome: 'fail' });
  });
});
