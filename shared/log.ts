/** One line about something that happened. The keys are stable; the raw event is never among them. */
export type LogFields = Readonly<Record<string, string | number | boolean | readonly string[] | Error | undefined>>;

export type Log = {
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};
