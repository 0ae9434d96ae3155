import { join } from 'node:path';
import { ROOT } from '../support/command.ts';
import type { Row } from './row.ts';
import type { RowTest } from './row-tests.ts';

export const PAGE = join(ROOT, 'docs/reliability.md');

const INTRO = `# What goes wrong, and what happens then

<!-- Written by \`npm run guards -- --write\` from test/reliability/ and the titles of the tests. -->

Gatehouse promises that every event which reaches its queue is published to every topic whose route asks for it, and that
each Slack channel has one message per rollout which in the end shows the newest state, and stays there; and that an
approval takes effect at most once, by somebody who may decide, for the execution that was shown. It keeps these promises
while events and clicks are repeated, disordered and lost, while functions crash, and while AWS or Slack refuse, throttle or
are away for days.

This page lists what may go wrong. Each row has a test that brings the fault about and sees what comes of it, and a guard:
the piece of code that sees to it. A test that would be green without the guard would prove nothing, so

\`\`\`
npm run guards
\`\`\`

takes each guard out, in a copy of the repository, and runs the tests of its row: they have to turn red. \`npm run guards -- F13\`
does that for one row. The numbers of the rows are those in the titles of the tests.

What operators see of all this, and what they can do, is in [operations.md](operations.md).
`;

type Section = {
  readonly title: string;
  readonly says: string;
  readonly has: (letter: string, number: number) => boolean;
};

const SECTIONS: readonly Section[] = [
  {
    title: 'Faults',
    says: 'What fails around the functions, or inside them.',
    has: (letter) => letter === 'F',
  },
  {
    title: 'Bad input',
    says: 'What comes in and cannot be used as it is: events, and from B34 on what comes to the door that Slack uses.',
    has: (letter) => letter === 'B',
  },
  {
    title: 'Signatures',
    says: 'Who may come in at the door that Slack uses.',
    has: (letter, number) => letter === 'S' && number <= 14,
  },
  {
    title: 'Decisions',
    says: 'Who may decide, and about what.',
    has: (letter, number) => letter === 'S' && number > 14 && number <= 27,
  },
  {
    title: 'Output',
    says: 'What must not go out.',
    has: (letter, number) => letter === 'S' && number > 27,
  },
];

/** The page of all rows, as it is to be in docs/. */
export const drawPage = (rows: readonly Row[], tests: readonly RowTest[]): string => {
  const sections = SECTIONS.flatMap(({ title, says, has }) => {
    const own = rows.filter(({ row }) => has(row.charAt(0), Number(row.slice(1))));
    return own.length === 0 ? [] : [`## ${title}\n\n${says}\n\n${drawTable(own, tests)}\n`];
  });
  return [INTRO, ...sections].join('\n');
};

const drawTable = (rows: readonly Row[], tests: readonly RowTest[]): string =>
  [
    '| Row | What goes wrong | What happens | Tests | Guard |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(({ row, what, outcome, guard, file }) => {
      const own = tests.filter(({ rows: named }) => named.includes(row));
      const cells = [row, what, outcome, own.map(drawTest).join('<br>'), `${guard} ${drawFile(file)}`];
      return `| ${cells.map(escapeCell).join(' | ')} |`;
    }),
  ].join('\n');

const drawTest = ({ file, title }: RowTest): string => `“${title}” ${drawFile(file)}`;

const drawFile = (file: string): string => `([${file.split('/').at(-1) ?? file}](../${file}))`;

const escapeCell = (text: string): string => text.replaceAll('|', String.raw`\|`);
