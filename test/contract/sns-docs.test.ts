import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { readRecordedAnswers, recordedJoin, recordedLookUp } from '../../local/recorded/recorded-answers.ts';
import { readRecordedEvents } from '../../local/replay/read-recorded-events.ts';
import { replayEvents } from '../../local/replay/replay-events.ts';
import type { Replayed } from '../../local/replay/replay-events.ts';
import { scheduleEvents } from '../../local/replay/schedule-events.ts';
import { compileConfig } from '../../scripts/config/compile-config.ts';
import { protocolWords } from '../../shared/message/sns-message.ts';

let page: string;
let published: Replayed['sns'][number];

beforeAll(async () => {
  page = await readFile('docs/sns.md', 'utf8');
  const config = compileConfig(await readFile('gatehouse.yml', 'utf8'));
  const events = await readRecordedEvents(['events/runs/failure-and-retry'], process.stdin);
  const answers = await readRecordedAnswers();
  const { sns } = await replayEvents(config, scheduleEvents(events, { repeat: 1, shuffle: undefined }), {
    lookUp: recordedLookUp(answers),
    join: recordedJoin(answers),
  });
  const failure = sns.find(({ attributes }) => attributes['state'] === 'failed');
  if (failure === undefined) {
    throw new Error('The run was not published as failed');
  }
  published = failure;
});

/** The blocks under a heading. */
const blocks = (heading: string): readonly string[] => {
  const from = page.indexOf(`\n## ${heading}\n`);
  const section = page.slice(from, page.indexOf('\n## ', from + 1));
  return [...section.matchAll(/^```\w*\n([^]*?)^```$/gm)].map(([, block = '']) => block);
};

/** The words in code in the first column of the table under a text. */
const rows = (after: string): readonly string[] => {
  const table = page.slice(page.indexOf(after)).split('\n\n')[0] ?? '';
  return table
    .split('\n')
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([\w-]+)`/g)].map(([, word = '']) => word));
};

describe('docs/sns.md', () => {
  it('shows the mail that is sent', () => {
    expect(blocks('Mail')).toEqual([`Subject: ${published.subject}\n\n${published.message}`]);
  });

  it('shows the SMS that is sent', () => {
    expect(blocks('SMS')).toEqual([`${published.sms}\n`]);
  });

  it('shows the document that machines get', () => {
    const json: unknown = JSON.parse(JSON.stringify(published.json));
    expect(blocks('The document').map((block): unknown => JSON.parse(block))).toEqual([json]);
  });

  it('says what each protocol gets', () => {
    const { message, sms, json: document, attributes, subject } = published;
    const { default: others, ...words } = protocolWords({ subject, message, sms, document, attributes });
    expect(others).toBe(words['sqs']);
    expect(rows('| protocol').toSorted()).toEqual(Object.keys(words).sort());
  });

  it('explains every attribute, and filters by nothing else', () => {
    expect(rows('| attribute').toSorted()).toEqual(Object.keys(published.attributes).sort());
    const Policy = v.record(v.string(), v.array(v.unknown()));
    const asked = blocks('Filters').flatMap((block) => Object.keys(v.parse(Policy, JSON.parse(block))));
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.filter((name) => !Object.hasOwn(published.attributes, name))).toEqual([]);
  });
});
