import * as v from 'valibot';
import type { AwsClient } from '../aws/aws-client.ts';
import { nextOpening, openingAt, utc } from '../validation/calendar.ts';
import type { CalendarProbe } from '../validation/suite.ts';
import type { Finding, Task } from './finding.ts';

const Answer = v.object({
  State: v.picklist(['OPEN', 'CLOSED']),
  NextTransitionTime: v.fallback(v.optional(v.pipe(v.string(), v.transform(Date.parse), v.finite())), undefined),
});

const CLOSED = { outcome: 'fail', value: 'closed', expected: 'open' } as const;

/**
 * Takes a sample of calendars: hours, freezes, and what SSM says of its change calendars, which are open together only when
 * each of them is.
 */
export const sampleCalendar = async (probe: CalendarProbe, task: Task, ssm: AwsClient): Promise<Finding> => {
  const { now, signal } = task;
  const opening = openingAt(probe, now);
  if (opening.kind === 'closed') {
    return { ...CLOSED, says: `Closed, ${opening.why}; ${opens(nextOpening(probe, now))}` };
  }
  if (probe.ssm.length > 0) {
    const asked = { CalendarNames: probe.ssm };
    const { State, NextTransitionTime } = v.parse(Answer, await ssm('GetCalendarState', asked, signal));
    if (State === 'CLOSED') {
      const from = NextTransitionTime === undefined ? undefined : nextOpening(probe, Math.max(now, NextTransitionTime));
      return { ...CLOSED, says: `Closed by ${probe.ssm.join(', ')}; ${opens(from)}` };
    }
  }
  return { outcome: 'pass', says: 'It is open', value: 'open', expected: 'open' };
};

const opens = (at: number | undefined): string =>
  at === undefined ? 'when it opens is not known' : `opens ${utc(at)}`;
