import { join } from 'node:path';
import { ROOT } from '../support/command.ts';

export const PAGE = join(ROOT, 'docs/performance.md');
