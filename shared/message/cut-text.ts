/**
 * Cuts text to at most `limit` UTF-16 code units, with an ellipsis where something is missing. Code units, because a
 * limit of Slack's that counts code points is kept then too.
 */
export const cutText = (text: string, limit: number, ellipsis = '…'): string =>
  text.length <= limit ? text : cutPieces(Array.from(text), limit, ellipsis);

/** Joins pieces that must stay whole, as many as fit. */
export const cutPieces = (pieces: readonly string[], limit: number, ellipsis = '…'): string => {
  const whole = pieces.join('');
  if (whole.length <= limit) {
    return whole;
  }
  let kept = '';
  for (const piece of pieces) {
    if (kept.length + piece.length + ellipsis.length > limit) {
      break;
    }
    kept += piece;
  }
  return kept.trimEnd() + ellipsis;
};
