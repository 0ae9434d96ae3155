import { print, tell } from '../local/command.ts';
import { lintSuites } from './suite/lint.ts';
import { runSuite } from './suite/run.ts';
import { simulateSuite } from './suite/simulate.ts';
import type { SuiteCommand } from './suite/suite-command.ts';

const COMMANDS: ReadonlyMap<string, SuiteCommand> = new Map<string, SuiteCommand>([
  ['lint', lintSuites],
  ['simulate', simulateSuite],
  ['run', runSuite],
]);

const HELP = `What can be done with the suites of suites/ at a desk.

  npm run suite -- lint [PATH...]                   finds what is wrong with them; nothing is asked or sent
  npm run suite -- simulate SUITE --scenario FILE   plays one in virtual time; nothing is asked or sent
  npm run suite -- run SUITE                        takes the samples of one, and says what it would come to

Each says more with --help.

Exit code: 0 all is well, 1 there are problems, 2 usage.`;

const [name = '--help', ...args] = process.argv.slice(2);
// Somebody has seen enough, as `head` does.
process.stdout.once('error', () => process.exit(0));
const command = COMMANDS.get(name);
if (command !== undefined) {
  process.exitCode = await command(args, { print, tell });
} else if (['--help', '-h'].includes(name)) {
  print(HELP);
} else {
  tell(`There is no "${name}"\n\n${HELP}`);
  process.exitCode = 2;
}
