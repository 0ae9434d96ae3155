import type { Answer } from './answer.ts';

export type Status = 'ok' | 'problem' | 'skipped' | 'note';

/** One thing that was looked at, and what to do about it. */
export type Row = {
  readonly group: string;
  readonly name: string;
  readonly status: Status;
  readonly says: string;
  /** A command, or where to click. */
  readonly remedy?: string;
};

/** A question that was not answered, as a row; an answer makes none. */
export const unanswered = (group: string, name: string, answer: Answer<unknown>): readonly Row[] => {
  switch (answer.kind) {
    case 'told':
    case 'missing':
      return [];
    case 'denied':
      return [
        {
          group,
          name,
          status: 'skipped',
          says: `you may not ask: your credentials lack ${answer.action}`,
          remedy: `allow yourself ${answer.action}, or have somebody run this who may`,
        },
      ];
    case 'unreachable':
      return [
        {
          group: 'Network',
          name: answer.host,
          status: 'problem',
          says: `does not answer: ${answer.because}`,
          remedy: 'look at your connection, proxy and firewall, then run this again',
        },
      ];
    case 'refused':
      return [
        {
          group,
          name,
          status: 'problem',
          says: `AWS refuses to say: ${answer.error}`,
          remedy: 'run this again; if it stays, the error is explained in the documentation of the service',
        },
      ];
  }
};

/** Rows that say the same once: many questions may fail for one reason. */
export const distinctRows = (rows: readonly Row[]): readonly Row[] => [
  ...new Map(rows.map((row) => [[row.group, row.name, row.status, row.says].join('\0'), row])).values(),
];

/** The exit code of a command that found these. */
export const exitCodeOfRows = (rows: readonly Row[]): number =>
  rows.some(({ status }) => status === 'problem') ? 1 : 0;
