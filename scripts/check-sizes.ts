import { join } from 'node:path';
import { bundleFunctions } from './bundle.ts';
import { loadCompiled } from './load-compiled.ts';
import { sizeProblems } from './size-budgets.ts';

// Bundles the functions and ends with 1 when one of them is over what it may weigh.
const ROOT = join(import.meta.dirname, '..');

const problems = sizeProblems(await bundleFunctions(ROOT, await loadCompiled(ROOT)));
if (problems.length > 0) {
  process.stderr.write(`${problems.join('\n')}\n`);
  process.exitCode = 1;
}
