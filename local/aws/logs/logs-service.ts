import * as v from 'valibot';
import type { JsonRecord } from '../../json.ts';
import { ACCOUNT, REGION } from '../account.ts';
import { answer, jsonService, refusal } from '../service.ts';
import type { Operation, Outcome, Service } from '../service.ts';
import { readFilterPattern } from './filter-pattern.ts';
import type { LogGroups, LogLine } from './log-groups.ts';

const Token = v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number)), '0');

const Filter = v.object({
  logGroupName: v.pipe(v.string(), v.minLength(1)),
  logStreamNamePrefix: v.optional(v.string(), ''),
  logStreamNames: v.optional(v.array(v.string())),
  startTime: v.optional(v.number(), 0),
  endTime: v.optional(v.number(), Infinity),
  filterPattern: v.optional(v.string(), ''),
  limit: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(10_000)), 10_000),
  nextToken: Token,
});

const Group = v.object({ logGroupName: v.pipe(v.string(), v.regex(/^[\w./#-]{1,512}$/)) });

const Streams = v.object({ ...Group.entries, logStreamNamePrefix: v.optional(v.string(), '') });

const Groups = v.object({ logGroupNamePrefix: v.optional(v.string(), '') });

const Put = v.object({
  ...Group.entries,
  logStreamName: v.pipe(v.string(), v.regex(/^[^:*]{1,512}$/)),
  logEvents: v.pipe(v.array(v.object({ timestamp: v.number(), message: v.string() })), v.minLength(1)),
});

/**
 * CloudWatch Logs as far as checks of deployments need it, and the AWS CLI to write and to `tail`.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
 */
export const createLogsService = (groups: LogGroups): Service => {
  const read =
    <Schema extends v.GenericSchema>(schema: Schema, work: (input: v.InferOutput<Schema>) => Outcome): Operation =>
    (input) => {
      const parsed = v.safeParse(schema, input);
      return parsed.success ? work(parsed.output) : refusal('InvalidParameterException', v.summarize(parsed.issues));
    };
  const within = (group: string, work: (lines: readonly LogLine[]) => Outcome): Outcome => {
    const lines = groups.lines(group);
    return lines === undefined
      ? refusal('ResourceNotFoundException', 'The specified log group does not exist.')
      : work(lines);
  };

  return jsonService(
    new Map<string, Operation>([
      [
        'FilterLogEvents',
        read(Filter, (asked) =>
          within(asked.logGroupName, (lines) => {
            const isWanted = readFilterPattern(asked.filterPattern);
            if (isWanted === undefined) {
              return refusal('InvalidParameterException', 'Invalid filter pattern, or one that is not supported here');
            }
            const found = lines
              .filter(({ at }) => at >= asked.startTime && at <= asked.endTime)
              .filter(({ stream }) => stream.startsWith(asked.logStreamNamePrefix))
              .filter(({ stream }) => asked.logStreamNames?.includes(stream) ?? true)
              .filter(({ message }) => isWanted(message))
              .toSorted((a, b) => a.at - b.at);
            const end = asked.nextToken + asked.limit;
            return answer({
              events: found.slice(asked.nextToken, end).map(toldLine),
              searchedLogStreams: [],
              ...(end < found.length && { nextToken: String(end) }),
            });
          }),
        ),
      ],
      [
        'DescribeLogGroups',
        read(Groups, ({ logGroupNamePrefix }) =>
          answer({
            logGroups: groups
              .names()
              .filter((name) => name.startsWith(logGroupNamePrefix))
              .map((name) => ({ logGroupName: name, arn: `${arnOf(name)}:*`, logGroupArn: arnOf(name) })),
          }),
        ),
      ],
      [
        'DescribeLogStreams',
        read(Streams, ({ logGroupName, logStreamNamePrefix }) =>
          within(logGroupName, (lines) =>
            answer({
              logStreams: [...Map.groupBy(lines, ({ stream }) => stream)]
                .filter(([name]) => name.startsWith(logStreamNamePrefix))
                .map(([name, own]) => toldStream(logGroupName, name, own)),
            }),
          ),
        ),
      ],
      [
        'CreateLogGroup',
        read(Group, ({ logGroupName }) => {
          groups.create(logGroupName);
          return answer({});
        }),
      ],
      [
        'PutLogEvents',
        read(Put, ({ logGroupName, logStreamName, logEvents }) =>
          within(logGroupName, () => {
            logEvents.forEach(({ timestamp, message }) => {
              groups.put(logGroupName, logStreamName, timestamp, [message]);
            });
            return answer({});
          }),
        ),
      ],
    ]),
  );
};

const arnOf = (group: string): string => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${group}`;

const toldLine = ({ id, stream, at, message }: LogLine): JsonRecord => ({
  eventId: id,
  logStreamName: stream,
  timestamp: at,
  ingestionTime: at,
  message,
});

const toldStream = (group: string, name: string, lines: readonly LogLine[]): JsonRecord => ({
  logStreamName: name,
  arn: `${arnOf(group)}:log-stream:${name}`,
  creationTime: lines[0]?.at,
  firstEventTimestamp: lines[0]?.at,
  lastEventTimestamp: lines.at(-1)?.at,
});
