import { closestMatch } from 'leven';

/** Asks whether a known word was meant that is written nearly the same; nothing when there is none. */
export const didYouMean = (word: string, known: readonly string[]): string => {
  const near = closestMatch(word.toLowerCase(), [...known], { maxDistance: 1 + Math.floor(word.length / 4) });
  return near === undefined ? '' : `, did you mean "${near}"?`;
};
