import * as v from 'valibot';
import type { AwsConnection } from '../aws/aws-client.ts';
import { createInvokeLambda } from '../aws/lambda-invoke.ts';
import type { FunctionProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';
import { parseJson } from './json.ts';
import { quoteAnswer } from './quote.ts';
import { fillJson, fillText } from './templates.ts';

const Verdict = v.object({
  verdict: v.picklist(['pass', 'fail', 'nodata']),
  says: v.optional(v.string()),
  value: v.optional(v.union([v.string(), v.number(), v.boolean()])),
  expected: v.optional(v.union([v.string(), v.number(), v.boolean()])),
  link: v.optional(v.string()),
});

/**
 * Takes a sample by the user's own function. It is called with `{check, variables, since, input}` and answers
 * `{verdict, says?, value?, expected?, link?}`; whatever else it does is an `error`.
 */
export const sampleLambda = async (probe: FunctionProbe, task: Task, connection: AwsConnection): Promise<Finding> => {
  const { check, variables, since, timeoutMs, conceal } = task;
  const functionName = await fillText(probe.function, { variables });
  const input = await fillJson(probe.input, { variables, secret: task.secret });
  const invoked = await createInvokeLambda(connection)({
    functionName,
    payload: JSON.stringify({ check: check.name, variables, since: new Date(since).toISOString(), input }),
    logTail: true,
    timeoutMs,
  });
  if (invoked.kind !== 'answered') {
    const name = invoked.kind === 'refused' ? `${invoked.name}: ` : '';
    return { outcome: 'error', says: `${functionName}: ${name}${invoked.says}` };
  }
  const { payload, functionError } = invoked;
  const evidence = [
    `Invoke ${functionName}: status ${invoked.statusCode} after ${invoked.durationMs} ms`,
    ...quoteAnswer(payload, functionError ?? 'answer', conceal),
    ...(invoked.logTail === '' ? [] : ['Its log:', conceal(invoked.logTail)]),
  ].join('\n');
  if (functionError !== undefined) {
    return { outcome: 'error', says: `${functionName} fails: ${functionError}`, evidence };
  }
  const answer = parseJson(payload) ?? null;
  const parsed = v.safeParse(Verdict, answer);
  if (!parsed.success) {
    const says = `${functionName} answers with something else than a verdict of pass, fail or nodata`;
    return { outcome: 'error', says, evidence };
  }
  const { verdict, link, ...words } = parsed.output;
  const told = {
    says: words.says ?? `${functionName} says ${verdict}`,
    value: String(words.value ?? verdict),
    expected: String(words.expected ?? 'pass'),
    evidence,
    ...(link !== undefined && { link }),
  };
  if (verdict !== 'pass' || check.expect.length === 0) {
    return { outcome: verdict, ...told };
  }
  const { judgeAll } = await import('./assertions.ts');
  const judged = await judgeAll(check.expect, answer, (value) => fillJson(value, { variables }));
  return judged.holds ? { outcome: 'pass', ...told } : { outcome: 'fail', ...told, ...judged.told };
};
