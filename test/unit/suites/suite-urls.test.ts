import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileConfig } from '../../../scripts/config/compile-config.ts';
import { judgeUrl } from '../../../shared/probe/url-policy.ts';
import { problemsOf } from '../../support/suite-files.ts';

const CONFIG = compileConfig(`slack: { workspace: T012345, channels: { ops: C012345 } }
validation: { http: { hosts: [web.example.com, '*.shop.example'], ports: [8443] } }
`);

const policy = CONFIG.validation?.http ?? { hosts: [], privateHosts: [], ports: [] };

const lint = (url: string): readonly string[] =>
  problemsOf(
    `name: test\nmatch: { platform: codedeploy-lambda }\nchecks: [{ name: a, http: { url: ${JSON.stringify(url)} } }]\n`,
    { config: CONFIG },
  );

const part = (...usual: readonly string[]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...usual) },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('@', '\\', ' ', '.', ':', '0x7f.1', '[::1]', '%41', 'ＡＢ', '//', '#', '?'),
    },
  );

describe('the URL of an http check', () => {
  it('is refused by the lint wherever it would be refused when the suite runs', () => {
    const urls = fc
      .tuple(
        part('https://', 'http://', 'ftp://'),
        part('', 'ada@'),
        part('web.example.com', 'a.shop.example', 'other.example'),
        part('', ':443', ':8443', ':22'),
        part('', '/', '/health', '/a?b=c'),
      )
      .map((parts) => parts.join(''))
      .filter((url) => !url.includes('$'));
    fc.assert(
      fc.property(urls, (url) => {
        if (lint(url).length === 0) {
          expect(judgeUrl(url, { policy })).toMatchObject({ kind: 'allowed' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it.each(['https://web.example.com/health', 'https://a.shop.example:8443/', 'http://WEB.example.com/?a=${region}'])(
    'is let through where it may be asked: %s',
    (url) => {
      expect(lint(url)).toEqual([]);
    },
  );

  it('holds no backslash, which is a slash to one reader and none to another', () => {
    expect(lint('https://web.example.com/a\\b')).toEqual([
      'suites/test.yml:3  checks[0].http.url: holds a space, a control character or a backslash',
    ]);
  });
});
