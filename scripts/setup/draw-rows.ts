import { span, written } from '../../local/terminal/styled-text.ts';
import type { Span } from '../../local/terminal/styled-text.ts';
import type { Row, Status } from './row.ts';

const MARKS: Readonly<Record<Status, string>> = { ok: '✓', problem: '✗', skipped: '–', note: '·' };

/** Draws what was found, by groups in the order of their first row, and at the end how it all stands. */
export const drawRows = (rows: readonly Row[], colours: boolean): string => {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const lines = groups.flatMap((group) => [
    [span(group, 'bold')],
    ...rows.filter((row) => row.group === group).flatMap(linesOf),
    [span('')],
  ]);
  return [...lines, [span(summary(rows), 'bold')]].map((spans) => written(spans, colours)).join('\n');
};

const linesOf = ({ name, status, says, remedy }: Row): readonly (readonly Span[])[] => {
  const style = status === 'problem' ? 'bold' : status === 'ok' ? 'plain' : 'dim';
  const [begin = '', ...more] = says.split('\n');
  return [
    [span(`  ${MARKS[status]} ${name}: ${begin}`, style)],
    ...more.map((line) => [span(`      ${line}`, style)]),
    ...(remedy === undefined ? [] : [[span(`    → ${remedy}`, status === 'problem' ? 'code' : 'dim')]]),
  ];
};

const summary = (rows: readonly Row[]): string => {
  const count = (status: Status): number => rows.filter((row) => row.status === status).length;
  const [problems, skipped] = [count('problem'), count('skipped')];
  const verdict = problems > 0 ? counted(problems, 'problem') : skipped > 0 ? 'No problem found' : 'All is well';
  const unmade = skipped === 0 ? '' : `, ${skipped} could not be made`;
  return `${verdict}: ${counted(count('ok'), 'check')} passed${unmade}.`;
};

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
