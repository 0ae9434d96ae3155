import type { Row } from './row.ts';

/** What comes in and cannot be used as it is, and what must not go out. */
export const INPUT_ROWS: readonly Row[] = [];
