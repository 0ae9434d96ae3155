import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawMail } from '../../../local/terminal/draw-mail.ts';
import { drawModal } from '../../../local/terminal/draw-modal.ts';
import { drawSlackMessage } from '../../../local/terminal/draw-slack-message.ts';
import { hostileText } from '../../support/arbitraries.ts';

const RULE = '─'.repeat(75);

/** The lines between the title and the bottom of a box. */
const linesOf = (drawn: string): readonly string[] => drawn.split('\n').slice(1, -2);

const drawn = (...blocks: readonly unknown[]): readonly string[] =>
  linesOf(drawSlackMessage({ channel: 'deployments', text: 'fallback', blocks, edits: 0 }));

const richText = (...elements: readonly unknown[]): unknown => ({ type: 'rich_text', elements });
const section = (...elements: readonly unknown[]): unknown => ({ type: 'rich_text_section', elements });
const text = (content: string, style?: object): unknown => ({ type: 'text', text: content, ...(style && { style }) });

const A_MESSAGE = {
  channel: 'deployments',
  text: 'shop-prod failed',
  blocks: [
    { type: 'header', text: { type: 'plain_text', text: '❌ shop-prod failed', emoji: false } },
    richText(section(text('✅ Build succeeded → '), text('❌ Deploy failed', { bold: true }))),
    {
      type: 'context',
      elements: [
        { type: 'mrkdwn', text: 'Started <!date^1795168800^{time}|2026-11-20T10:00:00Z>' },
        { type: 'plain_text', text: 'eu-west-1' },
        { type: 'mrkdwn', text: '<https://a.example/|Open>' },
      ],
    },
  ],
  edits: 2,
};

describe('drawSlackMessage', () => {
  it('draws a message as people would see it', () => {
    expect(drawSlackMessage(A_MESSAGE))
      .toBe(`╭─ Slack #deployments ─────────────────────────────────────── edited 2 times
│ ❌ shop-prod failed
│
│ ✅ Build succeeded → ❌ Deploy failed
│
│ Started 2026-11-20T10:00:00Z  eu-west-1  Open (https://a.example/)
╰${RULE}
`);
  });

  it('says who alone sees it', () => {
    const [title] = drawSlackMessage({ ...A_MESSAGE, edits: 0, isReply: true, onlyFor: 'ada' }).split('\n');
    expect(title).toMatch(/^╭─ Slack #deployments, in the thread, only for @ada ─+$/);
  });

  it('draws the button beside a section', () => {
    const accessory = { type: 'button', text: { type: 'plain_text', text: 'Details' } };
    expect(drawn({ type: 'section', text: { type: 'mrkdwn', text: 'waits' }, accessory })).toEqual([
      '│ waits',
      '│ [ Details ]',
    ]);
  });

  it('draws in colours when asked to, and the same text', () => {
    const coloured = drawSlackMessage(A_MESSAGE, true);
    expect(coloured).toContain('\u001b[1m❌ ');
    expect(stripVTControlCharacters(coloured)).toBe(drawSlackMessage(A_MESSAGE));
  });

  it.each([
    ['no list', { type: 'section' }],
    ['nothing', undefined],
    ['an empty list', []],
  ])('draws the text of a message of which the blocks are %s', (_, blocks) => {
    expect(linesOf(drawSlackMessage({ channel: '#a', text: '*a* &lt;b&gt;', blocks, edits: 1 }))).toEqual(['│ a <b>']);
  });

  it.each([
    [
      'a section',
      { type: 'section', text: { type: 'mrkdwn', text: '*Bold* and `code`\n<!channel> <@U1|ada>' } },
      ['Bold and code', '@channel ada'],
    ],
    [
      'fields',
      {
        type: 'section',
        fields: [
          { type: 'mrkdwn', text: '*Region*' },
          { type: 'plain_text', text: '*eu-west-1*' },
        ],
      },
      ['Region', '*eu-west-1*'],
    ],
    ['a divider', { type: 'divider' }, ['─'.repeat(40)]],
    [
      'buttons',
      {
        type: 'actions',
        elements: [
          { type: 'button', text: { type: 'plain_text', text: 'Approve' } },
          { type: 'button', text: { type: 'plain_text', text: 'Open' }, url: 'https://a.example/' },
          { type: 'datepicker' },
        ],
      },
      ['[ Approve ]  [ Open ] https://a.example/  [datepicker]'],
    ],
    [
      'a quote, which is marked in every line',
      richText({ type: 'rich_text_quote', elements: [text(`${'word '.repeat(16).trim()}\nend`)] }),
      [`▎ ${'word '.repeat(14).trim()}`, '▎ word word', '▎ end'],
    ],
    ['preformatted text', richText({ type: 'rich_text_preformatted', elements: [text('a\nb')] }), ['  a', '  b']],
    [
      'lists',
      richText(
        { type: 'rich_text_list', style: 'bullet', elements: [section(text('a')), section(text('b'))] },
        { type: 'rich_text_list', style: 'ordered', elements: [section(text('c')), section(text('d\ne'))] },
      ),
      ['• a', '• b', '1. c', '2. d', '  e'],
    ],
    [
      'what rich text can hold',
      richText(
        section(
          { type: 'link', url: 'https://a.example/', text: 'details' },
          text(' '),
          { type: 'link', url: 'https://b.example/' },
          text(' '),
          { type: 'date', timestamp: 1795168800, format: '{time}', fallback: '2026-11-20T10:00:00Z' },
          text(' '),
          { type: 'date', timestamp: 7, format: '{time}' },
          text(' '),
          { type: 'user', user_id: 'U1' },
          { type: 'usergroup', usergroup_id: 'S1' },
          { type: 'channel', channel_id: 'C1' },
          { type: 'broadcast', range: 'here' },
          { type: 'emoji', name: 'wave' },
          { type: 'hologram' },
        ),
      ),
      ['details (https://a.example/) https://b.example/ 2026-11-20T10:00:00Z at 7', '@U1@S1#C1@here:wave:[hologram]'],
    ],
    ['a block it does not know', { type: 'hologram', text: 'x' }, ['[hologram]']],
    ['a block that is none', 7, ['[unknown block]']],
    ['a block that is broken', { type: 'header', text: 7 }, ['[header]']],
    ['an element that is broken', { type: 'context', elements: [{ type: 'image' }] }, ['[image]']],
    ['a part it does not know', richText({ type: 'rich_text_hologram' }), ['[rich_text_hologram]']],
  ])('draws %s', (_, block, lines) => {
    expect(drawn(block)).toEqual(lines.map((line) => `│ ${line}`));
  });

  it('leaves an address whole, so that it can be clicked', () => {
    const url = `https://a.example/${'x'.repeat(100)}`;
    expect(drawn({ type: 'section', text: { type: 'mrkdwn', text: `See <${url}|it>` } })).toEqual([
      '│ See it',
      `│ (${url})`,
    ]);
  });

  it('lets nothing foreign drive the terminal', () => {
    fc.assert(
      fc.property(hostileText(120), (foreign) => {
        const all = drawSlackMessage({
          channel: foreign,
          text: foreign,
          edits: 0,
          blocks: [
            { type: 'header', text: { type: 'plain_text', text: foreign } },
            { type: 'section', text: { type: 'mrkdwn', text: foreign } },
            richText(
              section(text(foreign), { type: 'link', url: foreign, text: foreign }, { type: 'user', user_id: foreign }),
            ),
            { type: foreign },
          ],
        });
        expect(all.replaceAll('\n', '')).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
        expect(linesOf(all).every((line) => line.startsWith('│'))).toBe(true);
      }),
    );
  });

  it('has an answer to anything', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.anything(),
            fc.record({ type: fc.constantFrom('header', 'rich_text', 'context'), elements: fc.anything() }),
          ),
        ),
        (blocks) => {
          expect(drawSlackMessage({ channel: 'a', text: 'b', blocks, edits: 0 })).toMatch(/^╭─ Slack #a [^]*\n╰─+\n$/);
        },
      ),
    );
  });
});

describe('drawMail', () => {
  it('draws a mail as its reader would see it', () => {
    expect(
      drawMail({
        topic: 'releases',
        subject: '[production] shop-prod failed',
        message: `❌ shop-prod failed\n\nWhat failed\n  ${'word '.repeat(15)}\n\nRegion     eu-west-1\n`,
      }),
    ).toBe(`╭─ SNS releases ────────────────────────────────────────────────────────────
│ [production] shop-prod failed
│
│ ❌ shop-prod failed
│
│ What failed
│   ${'word '.repeat(14).trim()}
│   word
│
│ Region     eu-west-1
╰${RULE}
`);
  });

  it('keeps columns, but no spaces before a line that was broken', () => {
    const message = `Account    ${'x'.repeat(62)}   end`;
    expect(linesOf(drawMail({ topic: 'a', subject: 'b', message })).slice(2)).toEqual([
      `│ Account    ${'x'.repeat(62)}`,
      '│ end',
    ]);
  });

  it('lets nothing foreign drive the terminal', () => {
    fc.assert(
      fc.property(hostileText(120), (foreign) => {
        const all = drawMail({ topic: foreign, subject: foreign, message: `${foreign}\n  ${foreign}` });
        expect(all.replaceAll('\n', '')).toMatch(/^[^\p{Cc}\p{Cf}\p{Cs}]*$/u);
        expect(linesOf(all).every((line) => line.startsWith('│'))).toBe(true);
      }),
    );
  });
});

describe('drawModal', () => {
  const plain = (content: string) => ({ type: 'plain_text', text: content });

  it('draws a modal as the person sees it who has it open', () => {
    const input = (label: string, more: object = {}) => ({ type: 'input', label: plain(label), element: {}, ...more });
    const blocks = [
      { type: 'alert', level: 'warning', text: plain('This goes to production.') },
      input('Reason'),
      input('Ticket', { optional: true, element: { initial_value: 'GH-1' } }),
    ];
    const view = { title: plain('Reject'), submit: plain('Reject'), close: plain('Back'), blocks };
    expect(drawModal(view, 'ada')).toBe(`╭─ Modal for @ada: Reject ──────────────────────────────────────────────────
│ ▌ This goes to production.
│
│ Reason (required)
│ ________________________________________
│
│ Ticket (optional)
│ GH-1____________________________________
│
│ [ Reject ]  [ Back ]
╰${RULE}
`);
  });

  it('says so when it is no modal', () => {
    expect(linesOf(drawModal({ title: 'bare' }, 'ada'))).toEqual(['│ [unknown view]']);
  });
});
