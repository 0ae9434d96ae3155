import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childOf, membersOf, readXml, textIn } from '../../../shared/aws/read-xml.ts';

describe('an answer in XML', () => {
  it('is read with its lists, attributes, empty elements and entities', () => {
    const answer = readXml(`<?xml version="1.0"?>
<A xmlns="http://x/">
  <List><member><Name>a &amp; b</Name><Empty/></member><member><Name> &lt;&#65;&#x42;&nope; </Name></member><other/></List>
</A>
`);
    expect(answer.name).toBe('A');
    expect(membersOf(childOf(answer, 'List')).map((one) => [textIn(one, 'Name'), textIn(one, 'Empty')])).toEqual([
      ['a & b', ''],
      ['<AB&nope;', ''],
    ]);
    expect(textIn(childOf(answer, 'Nope'), 'Name')).toBe('');
  });

  it.each([
    '',
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/>text',
    '<a b=c/>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a><![CDATA[x]]></a>',
    '<a><!-- x --></a>',
    `${'<a>'.repeat(30)}${'</a>'.repeat(30)}`,
  ])('is refused where it is none, or more than AWS writes: %j', (text) => {
    expect(() => readXml(text)).toThrow(/XML/);
  });

  it('gives back every text that was written into it', () => {
    const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(textIn(readXml(`<a><b>${escape(text)}</b></a>`), 'b')).toBe(text.trim());
      }),
    );
  });

  it('takes time in proportion to its length', () => {
    const long = `<a>${'<b c="'.repeat(100_000)}</a>`;
    const began = performance.now();
    expect(() => readXml(long)).toThrow(/XML/);
    expect(() => readXml(`<a>${' '.repeat(500_000)}<b${' '.repeat(300_000)}`)).toThrow(/XML/);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
