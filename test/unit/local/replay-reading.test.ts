import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRecordedEvents, Unreadable } from '../../../local/replay/read-recorded-events.ts';
import { splitJsonArray } from '../../../local/replay/split-json-array.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const textsOf = async (name: string, content: string): Promise<readonly string[]> => {
  await writeFile(join(folder, name), content);
  const events = await readRecordedEvents([join(folder, name)], Readable.from([]));
  expect(events.map(({ index }) => index)).toEqual(events.map((_, index) => index));
  return events.map(({ text }) => text);
};

describe('recorded events', () => {
  it.each([
    ['one event', 'one.json', '{\n "attempt": 1.0 }\n', ['{\n "attempt": 1.0 }\n']],
    ['an array', 'array.json', '[{"a":1.0}, 2, "x,]", [[]], null]', ['{"a":1.0}', '2', '"x,]"', '[[]]', 'null']],
    ['an array of nothing', 'empty-array.json', '[ ]', []],
    ['an event a line', 'lines.ndjson', '{"a":1}\n\n{"b":2}\r\n', ['{"a":1}', '{"b":2}']],
    ['an event a line, under another name', 'lines.json', '{"a":1}\n{"b":2}', ['{"a":1}', '{"b":2}']],
    ['lines of which one is broken', 'broken.json', '{"a":1}\n{"b":\n{"c":3}', ['{"a":1}', '{"b":', '{"c":3}']],
    ['only broken lines', 'broken.jsonl', '{"a"\nx', ['{"a"', 'x']],
    ['a broken document', 'half.json', '{\n  "a": {},\n  "b": [\n    {}', ['{\n  "a": {},\n  "b": [\n    {}']],
    ['an array that was cut off', 'cut.json', '[\n{"a":1},\n{"b":2},', ['[\n{"a":1},\n{"b":2},']],
    ['nothing', 'empty.json', '', ['']],
    ['nothing, of lines', 'empty.ndjson', '\n', ['\n']],
    ['a scalar', 'scalar.json', '3', ['3']],
    ['a byte order mark', 'bom.json', '\ufeff{"a":1}', ['{"a":1}']],
  ])('are read from a file with %s', async (_what, name, content, texts) => {
    expect(await textsOf(name, content)).toEqual(texts);
  });

  it('are the bodies of what SQS hands to Lambda', async () => {
    const batch = {
      Records: [
        { messageId: 'm1', body: '{"a":1.0}', eventSource: 'aws:sqs' },
        { messageId: 'm2', body: 'broken', eventSource: 'aws:sqs' },
      ],
    };
    expect(await textsOf('batch.json', JSON.stringify(batch))).toEqual(['{"a":1.0}', 'broken']);
    expect(await textsOf('other.json', '{"Records":[{"eventSource":"aws:s3"}]}')).toEqual([
      '{"Records":[{"eventSource":"aws:s3"}]}',
    ]);
  });

  it('keep their text, however deep they are', async () => {
    const deep = `{"a":${'['.repeat(10_000)}${']'.repeat(10_000)}}`;
    expect(await textsOf('deep.json', `[${deep},${deep}]`)).toEqual([deep, deep]);
  });

  it('are read from a folder in the order of names, and from the folders in it', async () => {
    await mkdir(join(folder, 'b'));
    for (const name of ['c.jsonl', 'a.json', 'b/2.ndjson', 'b/1.JSON', 'notes.txt']) {
      await writeFile(join(folder, name), '{}');
    }
    const events = await readRecordedEvents([folder], Readable.from([]));
    expect(events.map(({ path }) => path)).toEqual(
      ['a.json', 'b/1.JSON', 'b/2.ndjson', 'c.jsonl'].map((name) => join(folder, name)),
    );
  });

  it('are read from standard input', async () => {
    const events = await readRecordedEvents(['-'], Readable.from(['{"a":1}\n{"b"', ':2}\n']));
    expect(events).toEqual([
      { path: '-', index: 0, text: '{"a":1}' },
      { path: '-', index: 1, text: '{"b":2}' },
    ]);
  });

  it('are missed where there is no file, or a folder holds none', async () => {
    const nothing = readRecordedEvents([join(folder, 'nothing.json')], Readable.from([]));
    await expect(nothing).rejects.toThrow(new Unreadable(`There is no ${join(folder, 'nothing.json')}`));
    await expect(readRecordedEvents([folder], Readable.from([]))).rejects.toThrow(Unreadable);
  });
});

describe('splitJsonArray', () => {
  it.each([
    ['[]', []],
    [' [ 1 , 2 ] ', ['1', '2']],
    [String.raw`["a\"],b", {"k":"]"}]`, [String.raw`"a\"],b"`, '{"k":"]"}']],
    [String.raw`["\\", 1]`, [String.raw`"\\"`, '1']],
    ['[[1,[2]],{"a":[3,{"b":4}]}]', ['[1,[2]]', '{"a":[3,{"b":4}]}']],
  ])('splits %s', (text, elements) => {
    expect(splitJsonArray(text)).toEqual(elements);
  });
});
