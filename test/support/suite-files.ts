import { expect } from 'vitest';
import { compileSuite } from '../../scripts/suites/compile-suite.ts';
import type { Surroundings } from '../../scripts/suites/compile-suite.ts';
import { problemLine, SuiteInvalid } from '../../scripts/suites/suite-problem.ts';

/** What is wrong with the text of a suite, one line each. */
export const problemsOf = (text: string, surroundings: Surroundings = {}): readonly string[] => {
  try {
    compileSuite(text, 'suites/test.yml', surroundings);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(SuiteInvalid);
    return error instanceof SuiteInvalid ? error.problems.map(problemLine) : [String(error)];
  }
};
