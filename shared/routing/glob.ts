/**
 * Whether a name matches a glob, in which `*` stands for any text and `?` for one character. Takes at most name x glob
 * steps for any glob, unlike a regular expression made of one.
 */
export const matchesGlob = (glob: string, name: string): boolean => {
  let at = 0;
  let inName = 0;
  let star: { readonly at: number; inName: number } | undefined;
  while (inName < name.length) {
    const wanted = glob[at];
    if (wanted === '*') {
      star = { at, inName };
      at += 1;
    } else if (wanted === '?' || wanted === name[inName]) {
      at += 1;
      inName += 1;
    } else if (star !== undefined) {
      // The last star swallows one character more, and the rest of the pattern is tried again.
      star.inName += 1;
      at = star.at + 1;
      inName = star.inName;
    } else {
      return false;
    }
  }
  return /^\**$/.test(glob.slice(at));
};
