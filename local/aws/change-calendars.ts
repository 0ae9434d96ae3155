import * as v from 'valibot';
import { ACCOUNT, REGION } from './account.ts';
import { answer, refusal } from './service.ts';
import type { Operation, Outcome } from './service.ts';

/** A change calendar. Times are epoch milliseconds; `to` is no part of an event. */
type ChangeCalendar = {
  readonly opensByDefault: boolean;
  readonly events: readonly { readonly from: number; readonly to: number }[];
};

const Create = v.object({
  Name: v.pipe(v.string(), v.regex(/^[\w.-]{3,128}$/)),
  Content: v.string(),
  DocumentType: v.literal('ChangeCalendar'),
  DocumentFormat: v.literal('TEXT'),
});

const GetState = v.object({
  CalendarNames: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(10)),
  AtTime: v.optional(v.pipe(v.string(), v.transform(Date.parse), v.finite())),
});

const PREFIX = `arn:aws:ssm:${REGION}:${ACCOUNT}:document/`;

/**
 * SSM's change calendars: documents of that type, in iCalendar with times in UTC and without repetition.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-change-calendar.html
 */
export const changeCalendarOperations = (now: () => Date): ReadonlyMap<string, Operation> => {
  const calendars = new Map<string, ChangeCalendar>();
  const checked =
    <Schema extends v.GenericSchema>(schema: Schema, work: (input: v.InferOutput<Schema>) => Outcome): Operation =>
    (input) => {
      const parsed = v.safeParse(schema, input);
      return parsed.success ? work(parsed.output) : refusal('ValidationException', v.summarize(parsed.issues));
    };
  return new Map([
    [
      'CreateDocument',
      checked(Create, ({ Name, Content, DocumentType }) => {
        const calendar = readCalendar(Content);
        if (calendar === undefined || calendars.has(Name)) {
          return calendar === undefined
            ? refusal('InvalidDocumentContent', 'It is no calendar that can be read here.')
            : refusal('DocumentAlreadyExists', 'The specified document already exists.');
        }
        calendars.set(Name, calendar);
        return answer({ DocumentDescription: { Name, DocumentType, DocumentFormat: 'TEXT', Status: 'Active' } });
      }),
    ],
    [
      'GetCalendarState',
      checked(GetState, ({ CalendarNames, AtTime = now().getTime() }) => {
        const found = CalendarNames.map((name) => calendars.get(name.replace(PREFIX, '')));
        const those = found.flatMap((one) => one ?? []);
        if (those.length < found.length) {
          return refusal('InvalidDocument', 'The specified SSM document doesn’t exist.');
        }
        const isOpen = isOpenAt(those, AtTime);
        const next = those
          .flatMap(({ events }) => events.flatMap(({ from, to }) => [from, to]))
          .sort((a, b) => a - b)
          .find((at) => at > AtTime && isOpenAt(those, at) !== isOpen);
        return answer({
          State: isOpen ? 'OPEN' : 'CLOSED',
          AtTime: new Date(AtTime).toISOString(),
          ...(next !== undefined && { NextTransitionTime: new Date(next).toISOString() }),
        });
      }),
    ],
  ]);
};

const isOpenAt = (calendars: readonly ChangeCalendar[], at: number): boolean =>
  calendars.every(
    ({ opensByDefault, events }) => events.some(({ from, to }) => from <= at && at < to) !== opensByDefault,
  );

const readCalendar = (content: string): ChangeCalendar | undefined => {
  const [, type] = /^X-CALENDAR-TYPE:(DEFAULT_OPEN|DEFAULT_CLOSED)\s*$/m.exec(content) ?? [];
  const texts = [...content.matchAll(/^BEGIN:VEVENT\s*$([\s\S]*?)^END:VEVENT\s*$/gm)].map(([, event = '']) => event);
  const events = texts.flatMap((text) => {
    const [from, to] = [timeIn(text, 'DTSTART'), timeIn(text, 'DTEND')];
    return from === undefined || to === undefined || /^RRULE/m.test(text) ? [] : [{ from, to }];
  });
  return type === undefined || events.length < texts.length
    ? undefined
    : { opensByDefault: type === 'DEFAULT_OPEN', events };
};

const timeIn = (event: string, key: string): number | undefined => {
  const [, y = '', mo = '', d = '', h = '', mi = '', s = ''] =
    new RegExp(`^${key}:(\\d{4})(\\d\\d)(\\d\\d)T(\\d\\d)(\\d\\d)(\\d\\d)Z\\s*$`, 'm').exec(event) ?? [];
  const at = Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
  return Number.isNaN(at) ? undefined : at;
};
