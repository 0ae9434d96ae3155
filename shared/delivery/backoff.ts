const FIRST_MS = 5_000;
const LONGEST_MS = 300_000;

/** How long to wait after the given number of failures, in milliseconds: full jitter, up to five minutes. */
export const backoffMs = (failures: number, random: number): number =>
  Math.round(random * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 20)));
