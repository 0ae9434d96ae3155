import type { Row } from './row.ts';

/** What may go wrong between CodeDeploy's hook and its verdict, as far as the function sees to it. */
export const HOOK_ROWS: readonly Row[] = [
  {
    row: 'F54',
    what: 'CodeDeploy fails or throttles when it is told a verdict.',
    outcome: 'The same verdict is told again, later and later, until it is taken or nobody waits for it any more.',
    guard: 'What is not refused for good is told again.',
    file: 'shared/aws/hooked-deployments.ts',
    takeOut: {
      from: 'const says = REFUSED[error.name];',
      to: 'const says = REFUSED[error.name] ?? error.name;',
    },
  },
  {
    row: 'F55',
    what: 'CodeDeploy says that the hook has ended already.',
    outcome:
      'Where it has our verdict, it was ours. Otherwise the run is moot, which raises an alarm, and nothing else is told.',
    guard: 'What the lifecycle event says is compared with the verdict on record.',
    file: 'shared/aws/hooked-deployments.ts',
    takeOut: {
      from: 'const ended = found?.status;',
      to: 'const ended: string = status;',
    },
  },
  {
    row: 'F57',
    what: 'The role lacks the permission to tell a verdict, or to read the deployment.',
    outcome:
      'The template has both, as a test holds. What may not be read fails in seconds; a verdict that may not be told raises an alarm with the first try.',
    guard: 'A denied call is no matter of patience.',
    file: 'shared/validation/drive-run.ts',
    takeOut: {
      from: 'if (isDenied || tries > PATIENT_REPORTS) {',
      to: 'if (tries > PATIENT_REPORTS) {',
    },
  },
];
