/** Whether a line matches. */
export type LineFilter = (line: string) => boolean;

const TERM = /([?-]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|([^\s"%]+))(?=\s|$)\s*/gy;

/**
 * A filter pattern for lines without a form of their own: all terms, or one of those after a `?`, and none after a `-`.
 * Undefined for what is no such pattern, as are those for JSON and for columns.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export const readFilterPattern = (pattern: string): LineFilter | undefined => {
  const text = pattern.trim();
  if (/^[{[]/.test(text)) {
    return undefined;
  }
  const terms = [...text.matchAll(TERM)];
  if (terms.map(([whole]) => whole).join('') !== text) {
    return undefined;
  }
  const of = (wanted: string): readonly LineFilter[] =>
    terms
      .filter(([, sign]) => sign === wanted)
      .map(([, , quoted, expression, word]) => filterOf(quoted, expression, word));
  const [all, some, none] = [of(''), of('?'), of('-')];
  return (line) =>
    all.every((isIn) => isIn(line)) &&
    !none.some((isIn) => isIn(line)) &&
    // AWS leaves optional terms out of account beside others.
    (some.length === 0 || all.length + none.length > 0 || some.some((isIn) => isIn(line)));
};

const filterOf = (quoted: string | undefined, expression: string | undefined, word = ''): LineFilter => {
  if (expression !== undefined) {
    const wanted = new RegExp(expression);
    return (line) => wanted.test(line);
  }
  const wanted = quoted?.replaceAll(/\\(.)/g, '$1') ?? word;
  return (line) => line.includes(wanted);
};
