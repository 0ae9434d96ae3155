import { isIP } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { HttpPolicy } from '../../../shared/config/config.ts';
import { judgeAddresses, judgeRedirect, judgeUrl } from '../../../shared/probe/url-policy.ts';
import type { JudgedUrl, Reach } from '../../../shared/probe/url-policy.ts';

const POLICY: HttpPolicy = {
  hosts: ['*.example.com', 'EXAMPLE.org', '93.184.216.34', '2606:4700::*', 'xn--mnchen-3ya.de'],
  privateHosts: ['internal.example.com', '10.*'],
  ports: [8443],
};

const REACH: Reach = { policy: POLICY, runtimeApi: '127.0.0.1:9001' };

/** An owner who lists everything: what is refused then is refused always. */
const ANYTHING: Reach = {
  policy: { hosts: ['*'], privateHosts: ['*'], ports: [8443] },
  runtimeApi: 'runtime.local:9001',
};

const NAMES: Readonly<Record<string, string>> = {
  localhost: '127.0.0.1',
  '127.0.0.1.nip.io': '127.0.0.1',
  '169-254-169-254.nip.io': '169.254.169.254',
  'metadata.example.com': '169.254.169.254',
  'ip6-localhost': '::1',
  'mapped.example.com': '::ffff:a9fe:a9fe',
  'metadata.google.internal': '169.254.169.254',
  'instance-data.ec2.internal': '169.254.169.254',
};

/** What comes of a URL before anything is connected to. */
const refusalOf = (text: string, reach: Reach): string | undefined => {
  const judged = judgeUrl(text, reach);
  if (judged.kind === 'refused') {
    return judged.says;
  }
  const { host } = judged;
  return judgeAddresses(host, [isIP(host) === 0 ? (NAMES[host] ?? '93.184.216.34') : host], reach);
};

const hostOf = (judged: JudgedUrl): string => (judged.kind === 'allowed' ? judged.host : judged.says);

describe('a URL', () => {
  it.each([
    // Plain.
    'http://127.0.0.1/',
    'http://127.0.0.1:443/',
    'http://127.255.255.254/',
    'http://0.0.0.0/',
    'http://0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/v2/credentials',
    'http://[::]/',
    'http://[::1]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'http://[fd00:ec2::23]/v1/credentials',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    // Decimal, octal, hexadecimal, short, mixed.
    'http://2130706433/',
    'http://2852039166/',
    'http://017700000001/',
    'http://0177.0.0.1/',
    'http://0251.0376.0251.0376/',
    'http://0x7f000001/',
    'http://0x7f.1/',
    'http://0xa9fea9fe/',
    'http://0xa9.0xfe.0xa9.0xfe/',
    'http://127.1/',
    'http://127.0.1/',
    'http://169.254.43518/',
    'http://0x7f.0.0.01/',
    // Full-width, circled, with soft hyphens.
    'http://１２７.０.０.１/',
    'http://①②⑦.⓪.⓪.①/',
    'http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/',
    'http://127。0。0。1/',
    'http://local\u00adhost/',
    // IPv4 inside IPv6.
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[0:0:0:0:0:ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[::ffff:0:7f00:1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[64:ff9b:1::a9fe:a9fe]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:a9fe:a9fe::1]/',
    // Names.
    'http://localhost/',
    'http://LOCALHOST/',
    'http://127.0.0.1.nip.io/',
    'http://169-254-169-254.nip.io/',
    'http://metadata.example.com/',
    'http://mapped.example.com/',
    'http://ip6-localhost/',
    'http://metadata.google.internal/',
    'http://instance-data.ec2.internal/',
    // A dot at the end.
    'http://localhost./',
    'http://127.0.0.1./',
    'http://example.com./',
    // User names, also empty ones.
    'http://user:password@example.com/',
    'http://example.com@127.0.0.1/',
    'http://user@example.com/',
    'http://@example.com/',
    'http://:@example.com/',
    'http:user@example.com/',
    'http:////user@example.com/',
    // What parsers drop, or turn.
    'http:\\\\example.com\\',
    'http://example.com\\@127.0.0.1/',
    'http://exam\tple.com/',
    'http://example.com/\n',
    ' http://example.com/',
    'http://example.com/a b',
    'http://example.com/\u0000',
    'http://example.com/\u007f',
    // Ports.
    'http://example.com:0/',
    'http://example.com:22/',
    'http://example.com:9001/',
    'http://example.com:08080/',
    'https://example.com:6443/',
    'http://example.com:65536/',
    // Lambda's runtime, by its name.
    'http://runtime.local/2018-06-01/runtime/invocation/next',
    'http://RUNTIME.local:8443/',
    // Other schemes, and none.
    'file:///etc/passwd',
    'ftp://example.com/',
    'gopher://127.0.0.1:6379/_INFO',
    'data:text/plain,x',
    'javascript:alert(1)',
    'ws://example.com/',
    'unix:/var/run/docker.sock',
    '//example.com/',
    'example.com',
    'http://',
    'http:///',
    'http://[::1/',
    '',
  ])('%j is refused, even where everything is listed (S28)', (text) => {
    expect(refusalOf(text, ANYTHING)).toEqual(expect.stringMatching(/^\S/));
  });

  it.each([
    ['http://shop.example.com/health', 'shop.example.com'],
    ['https://SHOP.example.com:8443/a?b=c@d#e', 'shop.example.com'],
    ['http://shop.example.com:443/', 'shop.example.com'],
    ['https://shop.example.com:80/', 'shop.example.com'],
    ['https://shop.example.com/@user', 'shop.example.com'],
    ['https://shop.example.com/a:b@c', 'shop.example.com'],
    ['https://shop.example.com?to=user@example.com', 'shop.example.com'],
    ['https://shop.example.com#user@example.com', 'shop.example.com'],
    ['https://example.org/', 'example.org'],
    ['https://93.184.216.34/', '93.184.216.34'],
    ['https://[2606:4700::1111]/', '2606:4700::1111'],
    ['https://münchen.de/', 'xn--mnchen-3ya.de'],
    ['http://internal.example.com/', 'internal.example.com'],
  ])('%j is asked when its host is listed', (text, host) => {
    expect(hostOf(judgeUrl(text, REACH))).toBe(host);
    expect(refusalOf(text, REACH)).toBeUndefined();
  });

  it.each([
    ['https://example.net/', 'has the host example.net, which validation.http.hosts does not list'],
    ['https://example.com/', 'has the host example.com, which validation.http.hosts does not list'],
    [
      'https://shop.example.com.evil.test/',
      'has the host shop.example.com.evil.test, which validation.http.hosts does not list',
    ],
    ['https://shop.example.com:444/', 'has the port 444, which validation.http.ports does not list'],
    ['https://shop.example.com./', 'has a host that ends with a dot'],
    ['https://me@shop.example.com/', 'holds a user name'],
    ['ftp://shop.example.com/', 'begins with ftp:, which is neither http: nor https:'],
    ['https://shop.example.com/ ', 'holds a space, a control character or a backslash'],
    ['https://shop.example.com:x/', 'is no URL'],
  ])('%j is refused with its reason', (text, says) => {
    expect(refusalOf(text, REACH)).toBe(says);
  });

  it('that leads to Lambda’s runtime is refused, by name and by address, on any port (S32)', () => {
    const says = 'leads to Lambda’s own runtime';
    expect(refusalOf('http://runtime.local/', ANYTHING)).toBe(says);
    expect(refusalOf('http://127.0.0.1/', REACH)).toBe(says);
    const public6 = { ...ANYTHING, runtimeApi: '[2606:4700::1]:9001' };
    expect(refusalOf('http://[2606:4700:0::1]/', public6)).toBe(says);
    expect(judgeAddresses('a.example.com', ['2606:4700::1'], public6)).toMatch(/nobody may connect/);
    expect(judgeAddresses('a.example.com', ['2606:4700::2'], public6)).toBeUndefined();
  });

  it('needs no runtime to be judged: there is none on a desk', () => {
    for (const runtimeApi of [undefined, '', ':x']) {
      expect(refusalOf('http://shop.example.com/', { policy: POLICY, runtimeApi })).toBeUndefined();
      expect(refusalOf('http://undefined/', { ...ANYTHING, runtimeApi })).toBeUndefined();
      expect(refusalOf('http://127.0.0.1/', { ...ANYTHING, runtimeApi })).toMatch(/nobody may connect/);
    }
  });
});

describe('the addresses of a host', () => {
  const judge = (host: string, ...addresses: readonly string[]) => judgeAddresses(host, addresses, REACH);

  it('are all looked at: one that is forbidden forbids them all (S30)', () => {
    const says = 'shop.example.com has an address that nobody may connect to';
    expect(judge('shop.example.com', '93.184.216.34', '169.254.169.254')).toBe(says);
    expect(judge('shop.example.com', '169.254.169.254', '93.184.216.34')).toBe(says);
    expect(judge('shop.example.com', '93.184.216.34', '::1', '2606:4700::1')).toBe(says);
    expect(judge('shop.example.com', '93.184.216.34', '2606:4700::1')).toBeUndefined();
  });

  it('may be private where the owner lists the host, and nowhere else', () => {
    expect(judge('internal.example.com', '10.0.0.7', '93.184.216.34')).toBeUndefined();
    expect(judge('10.0.0.7', '10.0.0.7')).toBeUndefined();
    expect(judge('shop.example.com', '93.184.216.34', '10.0.0.7')).toBe(
      'shop.example.com has a private address, and validation.http.private does not list it',
    );
    expect(judge('internal.example.com', '127.0.0.1')).toMatch(/nobody may connect/);
    expect(judge('internal.example.com', '10.0.0.7', 'fd00:ec2::254')).toMatch(/nobody may connect/);
  });

  it('are needed', () => {
    expect(judge('shop.example.com')).toBe('shop.example.com has no address');
  });
});

describe('a redirect', () => {
  const from = (url: string, location: string, hops = 0) => judgeRedirect(new URL(url), location, hops, REACH);

  it('is judged like any URL, from where it stands (S31)', () => {
    expect(from('https://shop.example.com/a/b', '../c')).toMatchObject({ url: new URL('https://shop.example.com/c') });
    expect(from('https://shop.example.com/a', '//other.example.com/')).toMatchObject({ host: 'other.example.com' });
    expect(from('http://shop.example.com/', 'https://shop.example.com/')).toMatchObject({ kind: 'allowed' });
    expect(from('http://shop.example.com/', 'http://other.example.com/')).toMatchObject({ kind: 'allowed' });
    expect(from('https://shop.example.com/', 'https://other.example.com/')).toMatchObject({ kind: 'allowed' });
    expect(hostOf(from('http://shop.example.com/', 'http://169.254.169.254/'))).toMatch(/does not list/);
    expect(hostOf(from('http://shop.example.com/', 'file:///etc/passwd'))).toMatch(/neither http: nor https:/);
    expect(hostOf(from('http://shop.example.com/', 'http://me@shop.example.com/'))).toBe('holds a user name');
    expect(hostOf(from('http://shop.example.com/', 'http://[::1'))).toBe('is redirected to what is no URL');
  });

  it('never leads from https: to http: (S31)', () => {
    expect(hostOf(from('https://shop.example.com/', 'http://shop.example.com/'))).toBe(
      'is redirected from https: to http:',
    );
  });

  it('is followed three times (S31)', () => {
    expect(from('https://shop.example.com/', '/d', 2)).toMatchObject({ kind: 'allowed' });
    expect(hostOf(from('https://shop.example.com/', '/e', 3))).toBe('is redirected more than 3 times');
    expect(hostOf(from('https://shop.example.com/', '/f', 4))).toBe('is redirected more than 3 times');
  });
});
