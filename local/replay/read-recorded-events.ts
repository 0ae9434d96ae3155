import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text as readStream } from 'node:stream/consumers';
import * as v from 'valibot';
import { isRecord, parseJson } from '../json.ts';
import { splitJsonArray } from './split-json-array.ts';

/** One recorded event: where it stands, and its text as it would be in the queue. */
export type RecordedEvent = { readonly path: string; readonly index: number; readonly text: string };

/** A path that leads to nothing that can be read. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

const RECORDED = /\.(?:json|ndjson|jsonl)$/i;

/**
 * Reads recorded events from files, folders (all their JSON files, in the order of their names) and standard input
 * (`-`). Throws `Unreadable`; whatever a file holds is for the events' own account.
 */
export const readRecordedEvents = async (
  paths: readonly string[],
  stdin: NodeJS.ReadableStream,
): Promise<readonly RecordedEvent[]> => {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const events: RecordedEvent[] = [];
  for (const path of files) {
    events.push(...eventsOf(path, path === '-' ? await readStream(stdin) : await readText(path)));
  }
  return events;
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  if (path === '-') {
    return [path];
  }
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (!found.isDirectory()) {
    return [path];
  }
  const files = await recordedIn(path);
  if (files.length === 0) {
    throw new Unreadable(`${path} holds no .json, .ndjson or .jsonl file`);
  }
  return files;
};

const recordedIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(folder, error);
  });
  const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = await Promise.all(
    sorted.map((entry): Promise<readonly string[]> => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? recordedIn(path) : Promise.resolve(RECORDED.test(entry.name) ? [path] : []);
    }),
  );
  return files.flat();
};

/** Reads a file of text. Throws `Unreadable`. */
export const readText = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });

const unreadable = (path: string, error: unknown): Unreadable => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return new Unreadable(code === 'ENOENT' ? `There is no ${path}` : `${path} cannot be read: ${String(code)}`);
};

/** The events that a text holds. One that holds none, or nothing that is JSON, is an event of its own: a bad one. */
const eventsOf = (path: string, content: string): readonly RecordedEvent[] => {
  const text = content.replace(/^\ufeff/, '');
  return documentsOf(path, text)
    .flatMap(queuedIn)
    .map((event, index) => ({ path, index, text: event }));
};

const documentsOf = (path: string, text: string): readonly string[] => {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const parsed = parseJson(text);
  if (parsed !== undefined) {
    return Array.isArray(parsed) ? splitJsonArray(text) : [text];
  }
  const events = lines.filter((line) => isRecord(parseJson(line)));
  // A broken document may have a line that is JSON by itself; lines of events with a broken one among them have many.
  const isLines = /\.(?:ndjson|jsonl)$/i.test(path) || 2 * events.length >= lines.length;
  return isLines && lines.length > 0 ? lines : [text];
};

const QueueBatch = v.object({
  Records: v.pipe(v.array(v.object({ eventSource: v.literal('aws:sqs'), body: v.string() })), v.nonEmpty()),
});

/** What Lambda is given by SQS counts as what is in the queue's messages. */
const queuedIn = (text: string): readonly string[] => {
  const batch = v.safeParse(QueueBatch, parseJson(text));
  return batch.success ? batch.output.Records.map(({ body }) => body) : [text];
};
