import { randomUUID } from 'node:crypto';

/** A line of a log. Times are epoch milliseconds. */
export type LogLine = {
  readonly id: string;
  readonly stream: string;
  readonly at: number;
  readonly message: string;
};

/** Log groups, with the newest of what was written to each. */
export type LogGroups = {
  readonly names: () => readonly string[];
  /** Undefined for a group that is not there. */
  readonly lines: (group: string) => readonly LogLine[] | undefined;
  readonly create: (group: string) => void;
  /** Creates the group, too, as Lambda does. */
  readonly put: (group: string, stream: string, at: number, messages: readonly string[]) => void;
};

/** How many lines of a group are kept at least. */
const MOST_LINES = 20_000;

/** No log groups yet. */
export const createLogGroups = (): LogGroups => {
  const groups = new Map<string, LogLine[]>();
  return {
    names: () => [...groups.keys()].sort(),
    lines: (group) => groups.get(group),
    create: (group) => {
      groups.set(group, groups.get(group) ?? []);
    },
    put: (group, stream, at, messages) => {
      const lines = groups.get(group) ?? [];
      groups.set(group, lines);
      lines.push(...messages.map((message) => ({ id: randomUUID(), stream, at, message })));
      // Not with each line: users of an application may be many.
      if (lines.length > 2 * MOST_LINES) {
        lines.splice(0, lines.length - MOST_LINES);
      }
    },
  };
};
