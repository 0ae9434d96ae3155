// Line breaks of every kind, tabs and other controls: one space, so that no text forges a second line.
const CONTROL_OR_SPACE = /[\s\p{Cc}\p{Z}]+/gu;

// What is there and not seen: bidi overrides, zero-width and tag characters, fillers; and the two code points that XML,
// and with it SNS and SQS, refuses.
const INVISIBLE = /\p{Cf}|\u034f|\u17b4|\u17b5|[\u115f\u1160\u3164\uffa0\ufffe\uffff]/gu;

/** Text of strangers as one honest line: well-formed, without control, bidi-override and zero-width characters. */
export const cleanText = (text: string): string =>
  text.toWellFormed().replace(INVISIBLE, '').replace(CONTROL_OR_SPACE, ' ').trim();
