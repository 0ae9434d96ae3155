import * as v from 'valibot';
import { asError } from '../as-error.ts';
import type { AwsClient } from '../aws/aws-client.ts';
import type { Assertion, LogsProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';
import { quoteLine } from './quote.ts';
import { fillJson, fillText } from './templates.ts';

const Answer = v.object({
  events: v.optional(
    v.array(
      v.object({
        logStreamName: v.optional(v.string(), ''),
        timestamp: v.optional(v.number()),
        message: v.optional(v.string(), ''),
      }),
    ),
    [],
  ),
  nextToken: v.optional(v.nullable(v.string())),
});

type Line = v.InferOutput<typeof Answer>['events'][number];

/** What was read of a log; `isAll`: whether there was no more. */
type Read = { readonly lines: readonly Line[]; readonly isAll: boolean };

const MOST_PAGES = 10;
const LINES_OF_A_PAGE = 1_000;

/** How many lines are shown, and how much of each. */
const MOST_SHOWN = 10;
const LONGEST_SHOWN = 300;

const NO_MATCH: readonly Assertion[] = [{ path: 'matches', op: 'eq', value: 0 }];

/**
 * Takes a sample of a log group: of the lines since the hook began. Where nobody has written anything since, nothing is
 * known, and there is no data.
 */
export const sampleLogs = async (probe: LogsProbe, task: Task, logs: AwsClient): Promise<Finding> => {
  const { variables, check, conceal } = task;
  const group = await fillText(probe.group, { variables });
  const prefix = probe.streamPrefix === undefined ? undefined : await fillText(probe.streamPrefix, { variables });
  const where = prefix === undefined ? group : `${group}, ${prefix}*`;
  const input = {
    logGroupName: group,
    ...(prefix !== undefined && { logStreamNamePrefix: prefix }),
    startTime: task.since,
    endTime: task.now,
    limit: LINES_OF_A_PAGE,
  };
  // Lists of streams lag behind by up to an hour: only lines tell who writes.
  const any = await readLines(input, logs, task.signal, (lines) => lines.length > 0);
  if (any === undefined) {
    return { outcome: 'nodata', says: `There is no log group ${group}`, value: 'no log group', expected: 'lines' };
  }
  if (any.lines.length === 0) {
    if (!any.isAll) {
      throw new Error(`${where}: CloudWatch Logs has more than ${MOST_PAGES} pages without a line`);
    }
    const says = `${where}: nothing has been logged since the hook began`;
    return { outcome: 'nodata', says, value: 'no lines', expected: 'lines' };
  }
  const matching = await readLines({ ...input, filterPattern: probe.pattern }, logs, task.signal, () => false);
  if (matching === undefined) {
    throw new Error(`There is no log group ${group} any more`);
  }
  const { lines, isAll } = matching;
  const streams = new Set([...any.lines, ...lines].map(({ logStreamName }) => logStreamName)).size;
  const expectations = check.expect.length === 0 ? NO_MATCH : check.expect;
  const { judgeAll } = await import('./assertions.ts');
  const judge = (assertions: readonly Assertion[]) =>
    judgeAll(assertions, { matches: lines.length, streams }, (value) => fillJson(value, { variables }));
  const evidence = [
    `${where}, from ${new Date(task.since).toISOString()}: ${probe.pattern}`,
    ...lines.slice(0, MOST_SHOWN).map((line) => quoteLine(textOf(line), conceal, LONGEST_SHOWN)),
    ...(lines.length > MOST_SHOWN ? [`and ${lines.length - MOST_SHOWN} more${isAll ? '' : ', at least'}`] : []),
  ].join('\n');
  if (!isAll) {
    // More lines make it only worse for an upper bound that does not hold already.
    const bounds = expectations.filter(isUpperBound);
    const judged = bounds.length === 0 ? undefined : await judge(bounds);
    if (judged === undefined || judged.holds) {
      const says = `${where}: CloudWatch Logs has more than ${MOST_PAGES} pages of matches: ${lines.length} at least`;
      return { outcome: 'error', says, evidence };
    }
    return { outcome: 'fail', ...judged.told, says: `${where}: ${judged.told.says}, and there are more`, evidence };
  }
  const { holds, told } = await judge(expectations);
  return { outcome: holds ? 'pass' : 'fail', ...told, says: `${where}: ${told.says}`, evidence };
};

const isUpperBound = ({ path, op, value }: Assertion): boolean =>
  path === 'matches' && (op === 'lt' || op === 'lte' || (op === 'eq' && value === 0));

const textOf = ({ timestamp, logStreamName, message }: Line): string =>
  [...(timestamp === undefined ? [] : [new Date(timestamp).toISOString()]), logStreamName, message.trim()].join(' ');

/** Reads pages until there is enough, or no more; undefined when there is no such log group. A page may be empty. */
const readLines = async (
  input: object,
  logs: AwsClient,
  signal: AbortSignal,
  isEnough: (lines: readonly Line[]) => boolean,
): Promise<Read | undefined> => {
  const lines: Line[] = [];
  let nextToken: string | null | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const told = await logs('FilterLogEvents', { ...input, ...(nextToken && { nextToken }) }, signal).catch(
      (error: unknown) => {
        if (asError(error).name === 'ResourceNotFoundException') {
          return undefined;
        }
        throw error;
      },
    );
    if (told === undefined) {
      return undefined;
    }
    const answer = v.parse(Answer, told);
    lines.push(...answer.events);
    ({ nextToken } = answer);
    if (!nextToken || isEnough(lines)) {
      return { lines, isAll: !nextToken };
    }
  }
  return { lines, isAll: false };
};
