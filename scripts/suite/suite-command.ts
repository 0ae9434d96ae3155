/** Where a command prints what was asked for, and where it tells about its work. */
export type SuiteIo = { readonly print: (text: string) => void; readonly tell: (text: string) => void };

/** One of the things that `npm run suite -- NAME` does; resolves with the exit code. */
export type SuiteCommand = (args: readonly string[], io: SuiteIo) => Promise<number>;
