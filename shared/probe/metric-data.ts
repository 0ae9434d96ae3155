import * as v from 'valibot';
import type { AwsClient } from '../aws/aws-client.ts';

const Answer = v.object({
  MetricDataResults: v.array(
    v.object({
      Id: v.optional(v.string(), ''),
      StatusCode: v.optional(v.string(), 'Complete'),
      Values: v.optional(v.array(v.union([v.number(), v.string()])), []),
      Messages: v.optional(v.array(v.object({ Value: v.optional(v.string(), '') })), []),
    }),
  ),
  NextToken: v.optional(v.nullable(v.string())),
});

const MOST_PAGES = 5;

/** All that GetMetricData has for its input: the data points of each query, by its id. Rejects when one of them is no number. */
export const readMetricData = async (
  input: object,
  cloudwatch: AwsClient,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly number[]>> => {
  const values = new Map<string, number[]>();
  let NextToken: string | null | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = v.parse(
      Answer,
      await cloudwatch('GetMetricData', { ...input, ...(NextToken && { NextToken }) }, signal),
    );
    for (const { Id, StatusCode, Values, Messages } of answer.MetricDataResults) {
      if (StatusCode !== 'Complete' && StatusCode !== 'PartialData') {
        throw new Error(`CloudWatch says ${[StatusCode, ...Messages.map(({ Value }) => Value)].join(': ')}`);
      }
      values.set(Id, [...(values.get(Id) ?? []), ...Values.map(Number)]);
    }
    ({ NextToken } = answer);
    if (!NextToken) {
      const all = [...values.values()].flat();
      const odd = all.find((value) => !Number.isFinite(value));
      if (odd !== undefined) {
        throw new Error(`One of ${all.length} data points is ${odd}`);
      }
      return values;
    }
  }
  throw new Error(`CloudWatch has more than ${MOST_PAGES} pages of data points`);
};
