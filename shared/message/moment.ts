/** A point in time for people: epoch seconds for Slack, which shows it in the reader's time zone, and UTC for the rest. */
export type Moment = { readonly epochSeconds: number; readonly utc: string };

const YEAR_2100 = Date.UTC(2100, 0);

/** The moment of epoch milliseconds; undefined outside of the years that anybody deploys in and Slack can show. */
export const momentOf = (milliseconds: number): Moment | undefined =>
  milliseconds >= 0 && milliseconds < YEAR_2100
    ? {
        epochSeconds: Math.floor(milliseconds / 1000),
        utc: `${new Date(milliseconds).toISOString().slice(0, 19)}Z`,
      }
    : undefined;
