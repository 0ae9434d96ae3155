/** Where in a file: keys and places in lists, from the top. */
export type Path = readonly (string | number)[];

/** What is wrong in a file, and where. */
export type Problem = {
  readonly path: Path;
  readonly says: string;
  /** Left out: the line of the path. */
  readonly line?: number;
};

/** A path as people read it: `routes[0].match.state`. */
export const pathName = (path: Path): string =>
  path.length === 0
    ? 'the file'
    : path.map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? part : `.${part}`)).join('');
