import type { Row } from './row.ts';

/** What may be wrong with a suite: it is refused before anything is deployed. */
export const SUITE_ROWS: readonly Row[] = [
  {
    row: 'B63',
    what: 'A check goes to a URL with a user name, to `file:`, `gopher:` or a socket, or to a host in disguise: other letters, numbers of other kinds.',
    outcome:
      'The suite is refused. A host that would be read as another one is told as that one; one that `gatehouse.yml` does not allow is refused, whether the URL or a variable names it.',
    guard: 'A URL is taken apart before it is compiled, as it would be when it is used.',
    file: 'scripts/suites/probe-problems.ts',
    takeOut: {
      from: "return says === undefined ? [] : [{ path, says, dependsOn: [['vars']] }];\n};\n\nconst urlProblem =",
      to: "return says === undefined || true ? [] : [{ path, says, dependsOn: [['vars']] }];\n};\n\nconst urlProblem =",
    },
  },
  {
    row: 'B64',
    what: 'A check may take longer than its suite has: by its timeout, its samples, or what it waits for.',
    outcome: 'The suite is refused, and told how long it may take.',
    guard: 'The longest way through the checks is added up, and held against the budget and CodeDeploy’s hour.',
    file: 'scripts/suites/time-problems.ts',
    takeOut: {
      from: 'worstCase(suite, check) > totalMs',
      to: 'worstCase(suite, check) > totalMs * 100',
    },
  },
  {
    row: 'B65',
    what: 'A suite has no checks, or none of them counts.',
    outcome: 'It is refused, unless the owner of the environment allows it by name in `gatehouse.yml`.',
    guard: 'One check at least is required and enforced.',
    file: 'scripts/suites/decision-problems.ts',
    takeOut: {
      from: "suite.checks.some(({ severity, mode }) => severity === 'required' && mode === 'enforce')",
      to: 'suite.checks.length >= 0',
    },
  },
  {
    row: 'B69',
    what: 'A template names what is not there: a typing error, what the platform does not have, a secret nobody named.',
    outcome: 'The suite is refused, and told what was meant.',
    guard: 'Every text that may be a template is held against what a run knows.',
    file: 'scripts/suites/template-problems.ts',
    takeOut: {
      from: 'return `there is no \\${${name}}${near}`;',
      to: 'return near === undefined ? near : undefined;',
    },
  },
];
