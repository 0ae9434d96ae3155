declare module 'dynalite' {
  import type { Server } from 'node:http';

  /** How long tables take to change state, in milliseconds; the data is kept in memory unless there is a path. */
  type Options = {
    readonly createTableMs?: number;
    readonly updateTableMs?: number;
    readonly deleteTableMs?: number;
    readonly path?: string;
  };

  const dynalite: (options?: Options) => Server;
  export default dynalite;
}
