import { describe, expect, it } from 'vitest';
import { blockProblems, viewProblems } from '../../../local/slack/block-limits.ts';

const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const header = (text: string) => ({ type: 'header', text: plain(text) });
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) });
const rich = (...elements: unknown[]) => ({ type: 'rich_text', elements });
const line = (...elements: unknown[]) => ({ type: 'rich_text_section', elements });
const button = (more: object = {}) => ({ type: 'button', action_id: 'a', text: plain('Approve'), ...more });
const confirm = { title: plain('t'), text: plain('t'), confirm: plain('Yes'), deny: plain('No') };
const problemsOf = (...blocks: unknown[]) => blockProblems({ blocks });

describe('blockProblems', () => {
  it('has nothing against a message at every limit', () => {
    const blocks = [
      header('h'.repeat(150)),
      section('s'.repeat(3000)),
      { type: 'section', fields: Array.from({ length: 10 }, () => mrkdwn('f'.repeat(2000))) },
      { type: 'context', elements: Array.from({ length: 10 }, () => mrkdwn('c')) },
      {
        type: 'actions',
        elements: Array.from({ length: 25 }, (_, index) =>
          button({ action_id: `a${index}`, value: 'v'.repeat(2000), style: 'danger' }),
        ),
      },
      { type: 'divider' },
      { type: 'image', image_url: 'https://example.com/a.png', alt_text: 'a' },
      rich(
        line({ type: 'text', text: 'x', style: { bold: true } }, { type: 'link', url: 'https://example.com' }),
        { type: 'rich_text_list', style: 'bullet', elements: [line({ type: 'emoji', name: 'x' })] },
        { type: 'rich_text_quote', elements: [{ type: 'user', user_id: 'U1' }] },
        { type: 'rich_text_preformatted', elements: [{ type: 'text', text: 'x' }] },
        line({ type: 'date', timestamp: 1, format: '{time}' }, { type: 'broadcast', range: 'here' }),
      ),
      ...Array.from({ length: 42 }, () => ({ type: 'divider' })),
    ];
    expect(blockProblems({ text: 'x', blocks, attachments: [{ color: '#fff', blocks: [header('h')] }] })).toEqual([]);
  });

  it('counts characters, not halves of them', () => {
    expect(problemsOf(header('🚀'.repeat(150)))).toEqual([]);
  });

  it.each<[unknown, string]>([
    [header('h'.repeat(151)), 'blocks[0].text.text is longer than 150 characters'],
    [header(''), 'blocks[0].text.text is empty'],
    [{ type: 'header', text: mrkdwn('x') }, 'blocks[0].text is not a plain_text object'],
    [section('s'.repeat(3001)), 'blocks[0].text.text is longer than 3000 characters'],
    [section(''), 'blocks[0].text.text is empty'],
    [{ type: 'section' }, 'blocks[0] has neither text nor fields'],
    [{ type: 'section', text: 'bare' }, 'blocks[0].text is not a text object'],
    [{ type: 'section', fields: [] }, 'blocks[0].fields is empty'],
    [
      { type: 'section', fields: [mrkdwn('f'.repeat(2001))] },
      'blocks[0].fields[0].text is longer than 2000 characters',
    ],
    [
      { type: 'section', text: mrkdwn('x'), accessory: { type: 'odd' } },
      'blocks[0].accessory is of an unknown type: odd',
    ],
    [{ type: 'context', elements: [] }, 'blocks[0].elements is empty'],
    [
      { type: 'context', elements: Array.from({ length: 11 }, () => mrkdwn('c')) },
      'blocks[0].elements has more than 10 items',
    ],
    [{ type: 'context', elements: [button()] }, 'blocks[0].elements[0] is of an unknown type: button'],
    [
      { type: 'actions', elements: Array.from({ length: 26 }, (_, index) => button({ action_id: `a${index}` })) },
      'blocks[0].elements has more than 25 items',
    ],
    [
      { type: 'actions', elements: [button({ text: plain('b'.repeat(76)) })] },
      'blocks[0].elements[0].text.text is longer than 75 characters',
    ],
    [
      { type: 'actions', elements: [button({ value: 'v'.repeat(2001) })] },
      'blocks[0].elements[0].value is longer than 2000 characters',
    ],
    [
      { type: 'actions', elements: [button({ style: 'green' })] },
      'blocks[0].elements[0].style is none of primary, danger',
    ],
    [
      { type: 'actions', elements: [button({ action_id: 'a'.repeat(256) })] },
      'blocks[0].elements[0].action_id is longer than 255 characters',
    ],
    [{ type: 'actions', elements: [button(), button()] }, 'blocks[0].elements use the same action_id twice'],
    [
      { type: 'actions', elements: [button({ confirm: { ...confirm, text: plain('t'.repeat(301)) } })] },
      'blocks[0].elements[0].confirm.text.text is longer than 300 characters',
    ],
    [
      { type: 'actions', elements: [button({ confirm: { ...confirm, style: 'green' } })] },
      'blocks[0].elements[0].confirm.style is none of primary, danger',
    ],
    [{ type: 'alert', text: plain('modals only') }, 'blocks[0] is of an unknown type: alert'],
    [{ type: 'image', image_url: 'https://example.com/a.png' }, 'blocks[0].alt_text is not a text'],
    [{ type: 'blink' }, 'blocks[0] is of an unknown type: blink'],
    [{ type: 'constructor' }, 'blocks[0] is of an unknown type: constructor'],
    ['text', 'blocks[0] is not an object'],
    [rich(), 'blocks[0].elements is empty'],
    [rich({ type: 'text', text: 'x' }), 'blocks[0].elements[0] is of an unknown type: text'],
    [rich(line({ type: 'text', text: '' })), 'blocks[0].elements[0].elements[0].text is empty'],
    [rich(line({ type: 'link' })), 'blocks[0].elements[0].elements[0].url is not a text'],
    [rich({ type: 'rich_text_list', elements: [line()] }), 'blocks[0].elements[0].style is none of bullet, ordered'],
    [
      rich({ type: 'rich_text_preformatted', elements: [{ type: 'emoji', name: 'x' }] }),
      'blocks[0].elements[0].elements[0] is of an unknown type: emoji',
    ],
  ])('names what is wrong with %j', (block, problem) => {
    expect(problemsOf(block)).toEqual([problem]);
  });

  it('refuses more than 50 blocks', () => {
    expect(problemsOf(...Array.from({ length: 51 }, () => ({ type: 'divider' })))).toEqual([
      'blocks has more than 50 items',
    ]);
  });

  it('refuses a block_id that is used twice', () => {
    const twice = { type: 'divider', block_id: 'a' };
    expect(problemsOf(twice, twice)).toEqual(['blocks use the same block_id twice']);
  });

  it('looks into attachments', () => {
    expect(blockProblems({ attachments: [{ blocks: [header('')] }] })).toEqual([
      'attachments[0].blocks[0].text.text is empty',
    ]);
  });

  it('refuses blocks that are no array', () => {
    expect(blockProblems({ blocks: { type: 'divider' } })).toEqual(['blocks is not an array']);
  });
});

describe('viewProblems', () => {
  const input = (element: object = {}, more: object = {}) => ({
    type: 'input',
    label: plain('Reason'),
    element: { type: 'plain_text_input', ...element },
    ...more,
  });
  const view = (more: object = {}) => ({
    type: 'modal',
    title: plain('t'.repeat(24)),
    submit: plain('s'.repeat(24)),
    close: plain('c'.repeat(24)),
    callback_id: 'c'.repeat(255),
    private_metadata: 'm'.repeat(3000),
    blocks: [
      input({ min_length: 3, max_length: 3000, initial_value: '', placeholder: plain('p'.repeat(150)) }),
      { type: 'alert', level: 'warning', text: plain('a'.repeat(200)) },
      ...Array.from({ length: 98 }, () => ({ type: 'divider' })),
    ],
    ...more,
  });

  it('has nothing against a modal at every limit', () => {
    expect(viewProblems(view())).toEqual([]);
  });

  it.each<[unknown, string]>([
    [undefined, 'view is not an object'],
    [view({ type: 'dialog' }), 'view.type is none of modal'],
    [view({ title: plain('t'.repeat(25)) }), 'view.title.text is longer than 24 characters'],
    [view({ title: undefined }), 'view.title is not a plain_text object'],
    [view({ submit: plain('s'.repeat(25)) }), 'view.submit.text is longer than 24 characters'],
    [view({ submit: undefined }), 'view has inputs and no submit'],
    [view({ close: plain('c'.repeat(25)) }), 'view.close.text is longer than 24 characters'],
    [view({ callback_id: 'c'.repeat(256) }), 'view.callback_id is longer than 255 characters'],
    [view({ private_metadata: 'm'.repeat(3001) }), 'view.private_metadata is longer than 3000 characters'],
    [view({ blocks: undefined }), 'view.blocks is not an array'],
    [view({ blocks: Array.from({ length: 101 }, () => ({ type: 'divider' })) }), 'view.blocks has more than 100 items'],
    [view({ blocks: [input({}, { label: mrkdwn('x') })] }), 'view.blocks[0].label is not a plain_text object'],
    [view({ blocks: [input({ type: 'button' })] }), 'view.blocks[0].element is of an unknown type: button'],
    [
      view({ blocks: [input({ max_length: 3001 })] }),
      'view.blocks[0].element.max_length is not a whole number from 1 to 3000',
    ],
    [
      view({ blocks: [input({ min_length: '3' })] }),
      'view.blocks[0].element.min_length is not a whole number from 0 to 3000',
    ],
    [view({ blocks: [input({}, { optional: 'yes' })] }), 'view.blocks[0].optional is neither true nor false'],
    [
      view({ blocks: [{ type: 'alert', text: plain('a'.repeat(201)) }] }),
      'view.blocks[0].text.text is longer than 200 characters',
    ],
  ])('names what is wrong with a modal (%#)', (modal, problem) => {
    expect(viewProblems(modal)).toEqual([problem]);
  });
});
