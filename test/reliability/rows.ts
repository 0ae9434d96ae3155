import { FAULT_ROWS } from './fault-rows.ts';
import { INPUT_ROWS } from './input-rows.ts';
import type { Row } from './row.ts';

export const ROWS: readonly Row[] = [...FAULT_ROWS, ...INPUT_ROWS];
