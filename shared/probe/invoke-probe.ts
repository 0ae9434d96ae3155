import type { AwsConnection } from '../aws/aws-client.ts';
import { createInvokeLambda } from '../aws/lambda-invoke.ts';
import type { Invoked } from '../aws/lambda-invoke.ts';
import { redactStart } from '../redact.ts';
import { matchesGlob } from '../routing/glob.ts';
import type { JsonValue } from '../validation/json-value.ts';
import type { InvokeProbe } from '../validation/suite.ts';
import { differencesOf } from './differences.ts';
import type { Finding, Judgement, Task } from './finding.ts';
import { isRecord, ownValue, parseJson } from './json.ts';
import { quoteAnswer } from './quote.ts';
import { fillJson, fillText } from './templates.ts';

/** Takes a sample by calling one version of the function, or the old one and the new one with the same payload. */
export const sampleInvoke = async (probe: InvokeProbe, task: Task, connection: AwsConnection): Promise<Finding> => {
  const { variables } = task;
  const functionName = await functionOf(probe, variables);
  const versions = await Promise.all(probe.qualifiers.map((template) => fillText(template, { variables })));
  const wrong = versions.find((version) => !/^[1-9]\d{0,15}$/.test(version));
  if (wrong !== undefined) {
    throw new Error(`${wrong} is not the number of a version`);
  }
  const payload = JSON.stringify(await fillJson(probe.payload, { variables, secret: task.secret }));
  const invoke = createInvokeLambda(connection);
  const { logTail } = probe;
  const { timeoutMs } = task;
  const called = await Promise.all(
    versions.map(async (qualifier) =>
      readCall(
        `${functionName}:${qualifier}`,
        qualifier,
        await invoke({ functionName, qualifier, payload, logTail, timeoutMs }),
        task,
      ),
    ),
  );
  const [first, second] = called;
  if (first === undefined) {
    throw new Error('It names no version');
  }
  return second === undefined ? judgeOne(first, task) : judgeTwo(first, second, probe, task);
};

/** The function that is deployed, where it is known which that is: none but that one is invoked. */
const functionOf = async (probe: InvokeProbe, variables: Task['variables']): Promise<string> => {
  const wanted = await fillText(probe.function, { variables });
  const deployed = variables['function.name'];
  if (deployed === undefined && /[*?]/.test(wanted)) {
    throw new Error(`It is not known which function is deployed, and ${wanted} names many`);
  }
  if (deployed !== undefined && !matchesGlob(wanted, deployed)) {
    throw new Error(`${deployed} is deployed, which is not ${wanted}`);
  }
  return deployed ?? wanted;
};

/** What a call of one version came to: `failure` without `answer` when there is nothing to judge. */
type Called = {
  readonly failure?: Finding;
  readonly answer?: Answer;
  readonly evidence: string;
};

type Answer = {
  readonly statusCode: number;
  readonly functionError?: string;
  readonly payload: JsonValue;
  /** What a payload with a `body` says in it: so functions answer HTTP. */
  readonly body?: JsonValue;
  readonly executedVersion: string;
  readonly durationMs: number;
  readonly logTail: string;
};

const readCall = (name: string, version: string, invoked: Invoked, { conceal }: Task): Called => {
  switch (invoked.kind) {
    case 'refused':
      return failed('error', `${name}: ${invoked.name}: ${invoked.says}`, `Invoke ${name}`);
    case 'unanswered':
      return failed('fail', `${name}: ${invoked.says}`, `Invoke ${name}`);
    case 'answered':
  }
  const { statusCode, functionError, executedVersion, durationMs, logTail } = invoked;
  const evidence = [
    `Invoke ${name}: status ${statusCode} after ${durationMs} ms`,
    ...quoteAnswer(
      invoked.payload,
      functionError ?? 'answer',
      conceal,
      functionError === undefined ? undefined : MOST_ERROR,
    ),
    ...(logTail === '' ? [] : ['The end of its log:', redactStart(conceal(logTail), LONGEST_LOG).slice(-MOST_LOG)]),
  ].join('\n');
  if (executedVersion === undefined) {
    return failed('error', `${name}: Lambda does not say which version ran`, evidence);
  }
  if (executedVersion !== version) {
    return failed('fail', `${name}: version ${executedVersion} ran instead`, evidence);
  }
  const payload = opened(invoked.payload);
  const body = bodyOf(payload);
  const answer: Answer = {
    statusCode,
    payload,
    ...(body !== undefined && { body }),
    executedVersion,
    durationMs,
    logTail,
    ...(functionError !== undefined && { functionError }),
  };
  return functionError === undefined
    ? { answer, evidence }
    : { ...failed('fail', `${name} fails: ${describeError(payload, functionError)}`, evidence), answer };
};

const MOST_ERROR = 600;
const MOST_LOG = 1_000;
const LONGEST_LOG = 10_000;

const failed = (outcome: 'fail' | 'error', says: string, evidence: string): Called => ({
  failure: { outcome, says, expected: 'an answer', evidence },
  evidence,
});

const describeError = (payload: JsonValue, functionError: string): string => {
  const said = isRecord(payload) ? [ownValue(payload, 'errorType'), ownValue(payload, 'errorMessage')] : [];
  const texts = said.flatMap((text) => (typeof text === 'string' && text !== '' ? [text] : []));
  return texts.length === 0 ? functionError : texts.join(': ');
};

/** What a text says as JSON, or else the text. */
const opened = (text: string): JsonValue => {
  const value = parseJson(text);
  return value === undefined ? text : value;
};

const bodyOf = (payload: JsonValue): JsonValue | undefined => {
  const body = isRecord(payload) ? ownValue(payload, 'body') : undefined;
  return typeof body === 'string' ? opened(body) : body;
};

const judgeOne = async ({ failure, answer, evidence }: Called, task: Task): Promise<Finding> => {
  if (failure !== undefined || answer === undefined) {
    return failure ?? { outcome: 'error', says: 'There is no answer' };
  }
  const judged: Judgement =
    task.check.expect.length === 0
      ? {
          holds: true,
          told: { says: `It answers after ${answer.durationMs} ms`, value: 'an answer', expected: 'an answer' },
        }
      : await judgeAll(answer, task);
  return told(judged, evidence);
};

const judgeTwo = async (old: Called, next: Called, { ignore }: InvokeProbe, task: Task): Promise<Finding> => {
  // That the new one fails is never hidden; and without an answer of each there is nothing to compare.
  if (next.failure?.outcome === 'fail') {
    return next.failure;
  }
  const [before, after] = [old.answer, next.answer];
  if (before === undefined || after === undefined) {
    const says = (next.failure ?? old.failure)?.says ?? '';
    return { outcome: 'error', says, evidence: `${old.evidence}\n${next.evidence}` };
  }
  const differences = [
    ...differencesOf(before.functionError, after.functionError, ignore, 'functionError'),
    ...differencesOf(before.payload, after.payload, ignore, 'payload'),
  ];
  const judged: Judgement =
    task.check.expect.length === 0
      ? {
          holds: differences.length === 0,
          told: {
            says: differences.length === 0 ? 'Both answer alike' : `They differ in ${differences.join(', ')}`,
            value: differences.length === 0 ? 'no differences' : differences.join(', '),
            expected: 'no differences',
          },
        }
      : await judgeAll({ old: before, new: after, differences }, task);
  const list = differences.length === 0 ? [] : [`They differ in ${differences.join(', ').slice(0, MOST_LOG)}`];
  return told(judged, [...list, next.evidence, old.evidence].join('\n'));
};

const judgeAll = async (seen: JsonValue, { check, variables }: Task): Promise<Judgement> => {
  const { judgeAll: judge } = await import('./assertions.ts');
  return judge(check.expect, seen, (value) => fillJson(value, { variables }));
};

const told = ({ holds, told }: Judgement, evidence: string): Finding =>
  holds ? { outcome: 'pass', ...told } : { outcome: 'fail', ...told, evidence };
