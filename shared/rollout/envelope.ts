import * as v from 'valibot';

const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?$/;

const YEAR_2000 = Date.UTC(2000, 0);
const YEAR_2100 = Date.UTC(2100, 0);

/** The time, unless a clock must have been wrong: one at its zero would be taken for a start decades ago. */
export const plausibleTime = (time: number): number | undefined =>
  time >= YEAR_2000 && time < YEAR_2100 ? time : undefined;

/** Epoch milliseconds of an ISO 8601 time of this century, UTC where it names no zone; undefined for anything else. */
export const timeOf = (value: unknown): number | undefined => {
  const match = typeof value === 'string' ? ISO_8601.exec(value) : null;
  if (match === null) {
    return undefined;
  }
  return plausibleTime(Date.parse(match[1] === undefined ? `${match[0]}Z` : match[0]));
};

/** Text as it may be stored: lone surrogates, which no UTF-8 can hold, become U+FFFD. */
const Text = v.transform((text: string) => text.toWellFormed());

/** A name that AWS gives to its things: at most 100 characters, though of which ones only AWS makes sure. */
export const Name = v.pipe(v.string(), v.nonEmpty('is empty'), v.maxBytes(100, 'is longer than 100 bytes'), Text);

/** An id that a key is made of. */
export const Id = v.pipe(
  v.string(),
  v.nonEmpty('is empty'),
  v.maxLength(100, 'is longer than 100 characters'),
  v.regex(/^[^\s\p{Cc}\p{Cs}]*$/u, 'has spaces or control characters'),
);

/** Seen as a number too, which has lost its leading zeros. */
export const AccountId = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform((account) => (typeof account === 'number' ? String(account).padStart(12, '0') : account)),
  v.regex(/^\d{12}$/, 'is not an account id of 12 digits'),
);

export const Region = v.pipe(v.string(), v.regex(/^[a-z]{2,8}(?:-[a-z0-9]{1,16}){1,4}$/, 'is not a region'));

/** What every event of AWS's own services has around its detail. */
export const Envelope = v.looseObject({
  id: Id,
  account: AccountId,
  region: Region,
  time: v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const time = timeOf(dataset.value);
      if (time === undefined) {
        addIssue({ message: 'is not an ISO 8601 time of this century' });
        return NEVER;
      }
      return time;
    }),
  ),
});

const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
  ['us-iso-', 'aws-iso'],
  ['eusc-', 'aws-eusc'],
] as const;

/** The partition that a region is in. Not read from an event's ARNs, which some events lack. */
export const partitionOf = (region: string): string =>
  PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
