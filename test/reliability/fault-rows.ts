import type { Row } from './row.ts';

/** What fails around us: repetition, disorder, loss, crashes, AWS and Slack out of order. */
export const FAULT_ROWS: readonly Row[] = [
  {
    row: 'F13',
    what: 'One topic of a route refuses every message: it is gone, or may not be published to.',
    outcome:
      'The event comes again for that topic alone; the other topics have it once, Slack is told, and after 100 receives it is in the queue of failed events, which an alarm watches.',
    guard: 'Each topic is tried, and the record of the event says which have it.',
    file: 'functions/notify/notify.ts',
    takeOut: {
      from: 'audience.topics.filter(({ topic }) => !record.published.includes(topic))',
      to: 'audience.topics',
    },
  },
];
