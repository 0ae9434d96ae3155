import type { Row } from './row.ts';

/** What may go wrong while a suite runs, as far as the engine sees to it. */
export const ENGINE_ROWS: readonly Row[] = [
  {
    row: 'F52',
    what: 'A check hangs for ever.',
    outcome:
      'Its sample is broken off by its own timeout, and given up five seconds later where nobody has come back. What is not decided at the deadline is Failed, with the names of the checks that had not ended.',
    guard: 'The deadline decides, whatever is under way.',
    file: 'shared/validation/tick.ts',
    takeOut: {
      from: 'const isOver = now >= run.deadline;',
      to: 'const isOver = now >= run.platformDeadline;',
    },
  },
  {
    row: 'F53',
    what: '`validate` crashes, is killed or runs out of memory while it takes samples.',
    outcome:
      'What it had begun is given up, and whoever looks next goes on: the delayed message, the next call, or the sweep. It is decided and reported in time all the same.',
    guard: 'A sample belongs to whoever began it for a while only.',
    file: 'shared/validation/tick.ts',
    takeOut: {
      from: 'return inFlight === undefined || now < inFlight.until',
      to: 'return inFlight === undefined || inFlight.at >= 0',
    },
  },
  {
    row: 'F56',
    what: 'CodeDeploy’s call arrives twice, and two work on one run; they come to different results.',
    outcome:
      'There is one run and one report. What fails counts, also where it comes late, as long as nothing is decided.',
    guard: 'A sample that was given up is taken in its place when somebody does come back with it.',
    file: 'shared/validation/tick.ts',
    takeOut: {
      from: '({ lost }) => lost === input.id',
      to: "({ lost }) => lost === ''",
    },
  },
];
