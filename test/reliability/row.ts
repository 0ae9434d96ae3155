/** One thing that goes wrong, and what keeps it from doing harm. */
export type Row = {
  readonly row: string;
  readonly what: string;
  /** What happens then. */
  readonly outcome: string;
  /** What sees to it, and the file it is in. */
  readonly guard: string;
  readonly file: string;
  /** Takes the guard out: `from` occurs once in the file, and what replaces it still compiles. */
  readonly takeOut: { readonly from: string; readonly to: string };
};
