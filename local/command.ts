/** Prints a line of what was asked for. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** Prints a line about the work itself, apart from what was asked for. */
export const tell = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** The command line says something that means nothing. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A command of this repository. */
export type Command<Options> = {
  readonly help: string;
  /** Reads the arguments. Throws an error whose message says what is wrong with them. */
  readonly readOptions: (args: readonly string[]) => Options;
  /** Resolves with the exit code. */
  readonly run: (options: Options) => Promise<number>;
  /** The exit code of an error whose message is enough; undefined for one that nobody expected. */
  readonly exitCodeOf: (error: Error) => number | undefined;
};

/** Runs a command and resolves with its exit code; 2 when it was called in a way that means nothing. */
export const runCommand = async <Options extends { readonly help: boolean }>(
  { help, readOptions, run, exitCodeOf }: Command<Options>,
  args: readonly string[] = process.argv.slice(2),
): Promise<number> => {
  // Somebody has seen enough, as `head` does.
  process.stdout.once('error', () => process.exit(0));
  let options: Options;
  try {
    options = readOptions(args);
  } catch (error) {
    tell(`${error instanceof Error ? error.message : String(error)}\n\n${help}`);
    return 2;
  }
  if (options.help) {
    print(help);
    return 0;
  }
  try {
    return await run(options);
  } catch (error) {
    const code = error instanceof Error ? exitCodeOf(error) : undefined;
    if (!(error instanceof Error) || code === undefined) {
      throw error;
    }
    if (code !== 0) {
      tell(error.message);
    }
    return code;
  }
};
