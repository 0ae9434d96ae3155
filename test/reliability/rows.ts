import { APPROVAL_ROWS } from './approval-rows.ts';
import { BAKE_ROWS } from './bake-rows.ts';
import { ENGINE_ROWS } from './engine-rows.ts';
import { FAULT_ROWS } from './fault-rows.ts';
import { HOOK_ROWS } from './hook-rows.ts';
import { INPUT_ROWS } from './input-rows.ts';
import { JOB_ROWS } from './job-rows.ts';
import { COMPARE_ROWS } from './compare-rows.ts';
import { PROBE_ROWS } from './probe-rows.ts';
import type { Row } from './row.ts';
import { SUITE_ROWS } from './suite-rows.ts';

const LETTERS = 'FBS';

const placeOf = ({ row }: Row): number => LETTERS.indexOf(row.charAt(0)) * 1_000 + Number(row.slice(1));

/** All rows, by their letters and numbers. */
export const ROWS: readonly Row[] = [
  ...FAULT_ROWS,
  ...INPUT_ROWS,
  ...APPROVAL_ROWS,
  ...BAKE_ROWS,
  ...ENGINE_ROWS,
  ...HOOK_ROWS,
  ...JOB_ROWS,
  ...PROBE_ROWS,
  ...COMPARE_ROWS,
  ...SUITE_ROWS,
].sort((a, b) => placeOf(a) - placeOf(b));
