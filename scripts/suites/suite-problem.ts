/** What is wrong in a file of `suites/`. */
export type SuiteProblem = {
  readonly file: string;
  readonly line: number;
  /** Where in the file, and what. */
  readonly says: string;
};

/** `suites/orders.yml:3  checks[0].name: is missing`. */
export const problemLine = ({ file, line, says }: SuiteProblem): string => `${file}:${line}  ${says}`;

/** Suites cannot be used: every problem with its place, none with a value that might be secret. */
export class SuiteInvalid extends Error {
  override readonly name = 'SuiteInvalid';
  readonly problems: readonly SuiteProblem[];

  constructor(problems: readonly SuiteProblem[]) {
    const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
    super([`The suites have ${count}:`, ...problems.map(problemLine)].join('\n  '));
    this.problems = problems;
  }
}
