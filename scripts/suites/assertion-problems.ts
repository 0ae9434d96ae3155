import { compile, isRegistered } from '@jmespath-community/jmespath';
import { RE2JS } from 're2js';
import type { Assertion, Operator, Probe } from '../../shared/validation/suite.ts';
import { didYouMean } from '../config/near-name.ts';
import type { Path } from '../config/problem.ts';
import type { LintedSuite, LintProblem } from './lint-problem.ts';

/** Assertions that say nothing, or that nothing could fulfil. */
export const assertionProblems = ({ checks }: LintedSuite): readonly LintProblem[] =>
  checks.flatMap(({ index, check: { probe, expect } }) => {
    const path = ['checks', index, 'expect'];
    if (probe.kind === 'approval') {
      return [];
    }
    if (probe.kind === 'alarms') {
      return expect.length === 0 ? [] : [{ path, says: 'has no meaning for alarms: each has to be OK' }];
    }
    if (probe.kind === 'compare') {
      return expect.length === 0
        ? []
        : [{ path, says: 'has no meaning for compare: it is tolerate that says what is worse' }];
    }
    if (probe.kind === 'calendar') {
      return expect.length === 0 ? [] : [{ path, says: 'has no meaning for calendars: each has to be open' }];
    }
    if (probe.kind === 'metric' && expect.length === 0) {
      return [{ path: ['checks', index, 'metric'], says: 'expects nothing: add expect', dependsOn: [path] }];
    }
    return expect.flatMap((assertion, place) => problemsOf(assertion, probe, [...path, place]));
  });

const problemsOf = (assertion: Assertion, probe: Probe, path: Path): readonly LintProblem[] => [
  ...stepProblems(assertion, probe, [...path, 'step']),
  ...pathProblems(assertion.path, fieldsOf(probe), [...path, 'path']),
  ...valueProblems(assertion, path),
];

const stepProblems = ({ step }: Assertion, probe: Probe, path: Path): readonly LintProblem[] => {
  if (step === undefined) {
    return [];
  }
  if (probe.kind !== 'http') {
    return [{ path, says: 'has no meaning: only http has steps' }];
  }
  const ids = probe.steps.map(({ id }) => id);
  return ids.includes(step) ? [] : [{ path, says: `no step of that name${didYouMean(step, ids)}` }];
};

/** What answers to http requests hold. */
export const HTTP_FIELDS: readonly string[] = ['status', 'headers', 'body', 'timings', 'url'];

const INVOKE_FIELDS = ['statusCode', 'functionError', 'payload', 'body', 'executedVersion', 'durationMs', 'logTail'];

/** What an assertion finds at the top; undefined where only the answer tells. */
const fieldsOf = (probe: Probe): readonly string[] | undefined => {
  switch (probe.kind) {
    case 'invoke':
      return probe.qualifiers.length > 1 ? ['old', 'new', 'differences'] : INVOKE_FIELDS;
    case 'http':
      return HTTP_FIELDS;
    case 'metric':
      return ['value', 'dataPoints', 'min', 'max', 'sum', 'average'];
    case 'logs':
      return ['matches', 'streams'];
    case 'targetHealth':
      return ['healthy', 'unhealthy', 'total', 'states'];
    case 'alarms':
    case 'calendar':
    case 'approval':
    case 'compare':
    case 'lambda':
      return undefined;
  }
};

/** What keeps a text from being a JMESPath into what has these fields; undefined when nothing does. */
const pathProblem = (text: string, fields: readonly string[] | undefined): string | undefined => {
  try {
    compile(text);
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message.replaceAll(/\s+/g, ' ').slice(0, 120)}` : '';
    return `is no JMESPath${why}`;
  }
  const unknown = [...withoutLiterals(text).matchAll(/([A-Za-z_]\w*)\s*\(/g)].find(
    ([, name = '']) => !isRegistered(name),
  );
  if (unknown !== undefined) {
    return `JMESPath has no function "${unknown[1] ?? ''}"`;
  }
  const [, field] = /^\s*([A-Za-z_]\w*)\s*(?:$|[.[|=!<>&])/.exec(text) ?? [];
  return field === undefined || fields === undefined || fields.includes(field)
    ? undefined
    : `there is no "${field}" in what is found, there are ${fields.join(', ')}${didYouMean(field, fields)}`;
};

/** Parentheses in quotes call nothing. */
const withoutLiterals = (text: string): string =>
  text.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`/g, '0');

const pathProblems = (text: string, fields: readonly string[] | undefined, path: Path): readonly LintProblem[] => {
  const says = pathProblem(text, fields);
  return says === undefined ? [] : [{ path, says }];
};

const WITHOUT_VALUE: readonly Operator[] = ['exists', 'absent'];

const valueProblems = ({ op, value }: Assertion, path: Path): readonly LintProblem[] => {
  if (WITHOUT_VALUE.includes(op)) {
    return value === undefined
      ? []
      : [{ path: [...path, 'value'], says: `has no meaning: ${op} compares with nothing` }];
  }
  if (value === undefined) {
    return [{ path: [...path, 'op'], says: `${op} needs a value`, dependsOn: [[...path, 'value']] }];
  }
  const says = valueProblem(op, value);
  return says === undefined ? [] : [{ path: [...path, 'value'], says, dependsOn: [[...path, 'op']] }];
};

const valueProblem = (op: Operator, value: NonNullable<Assertion['value']> | null): string | undefined => {
  switch (op) {
    case 'lt':
    case 'lte':
    case 'gt':
    case 'gte':
      return typeof value === 'number' || (typeof value === 'string' && value.includes('${'))
        ? undefined
        : `should be a number: ${op} compares numbers`;
    case 'length':
      return typeof value === 'number' && Number.isInteger(value) && value >= 0
        ? undefined
        : 'should be a whole number, 0 or more';
    case 'in':
      return Array.isArray(value) && value.length > 0 ? undefined : 'should be a list of what it may be';
    case 'matches':
      return typeof value === 'string' ? patternProblem(value) : 'should be a regular expression';
    case 'eq':
    case 'ne':
    case 'contains':
    case 'exists':
    case 'absent':
      return undefined;
  }
};

const patternProblem = (pattern: string): string | undefined => {
  if (pattern.includes('${')) {
    return 'may hold no variable: what it stands for would be read as a part of the expression';
  }
  try {
    RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? `: ${error.message.slice(0, 120)}` : '';
    return `is no regular expression of RE2's${why}`;
  }
};
