import * as v from 'valibot';
import { LineCounter, parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { inheritedKeys } from './inherited-keys.ts';
import type { Path, Problem } from './problem.ts';
import { withoutListsForMappings } from './schema-keys.ts';
import { secretsIn } from './secret-literals.ts';
import { lineOf, pathAt } from './yaml-place.ts';

/** What a file says before any schema has looked at it. */
export type ReadYaml = {
  /** For a schema to parse. */
  readonly value: unknown;
  /** Of what no file may hold. */
  readonly problems: readonly Problem[];
  /** The line of what stands at a path, or of what it would stand in. */
  readonly lineAt: (path: Path) => number;
};

/** A file that is no YAML. `line` is undefined where the file as a whole is meant. */
export type Unreadable = { readonly unreadable: readonly { readonly line?: number; readonly says: string }[] };

/** Reads the text of a YAML file for a schema. No problem says what is written there: it might be secret. */
export const readYaml = (schema: v.GenericSchema, text: string): ReadYaml | Unreadable => {
  const lines = new LineCounter();
  // Its own warnings, on stderr, would say what is written there.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
  // A warning tells of a tag, such as !Ref: nobody would follow it.
  const unread = [...document.errors, ...document.warnings];
  if (unread.length > 0) {
    return { unreadable: unread.map(({ message, pos }) => ({ line: lines.linePos(pos[0]).line, says: message })) };
  }
  let written: unknown;
  try {
    written = document.toJS({ maxAliasCount: 50 });
  } catch {
    // The library's own words would say what is written there.
    return { unreadable: [{ says: 'the file: an alias (*name) leads nowhere, or there are too many of them' }] };
  }
  return {
    // An empty file lacks everything.
    value: withoutListsForMappings(schema, written ?? {}),
    problems: [...inheritedKeys(document), ...secretProblems(text, document, lines)],
    lineAt: (path) => lineOf(document, lines, path),
  };
};

const secretProblems = (text: string, document: Document.Parsed, lines: LineCounter): readonly Problem[] =>
  secretsIn(text).map((offset) => ({
    path: pathAt(document.contents, offset),
    line: lines.linePos(offset).line,
    says: 'looks like a secret, which has no place here: it belongs into a parameter of SSM; replace it where it came from',
  }));
