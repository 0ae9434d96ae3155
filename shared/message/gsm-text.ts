// GSM 03.38, which SMS speaks at seven bits a character: https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-character.html
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

/** Sent as two characters each. */
const EXTENSION = '^{}\\[~]|€';

const escaped = (characters: string): string => characters.replace(/[\\\]^-]/g, '\\$&');

const GSM = new RegExp(`^[${escaped(BASIC + EXTENSION)}]*$`);

const EXTENDED = new RegExp(`[${escaped(EXTENSION)}]`, 'g');

/** What typesetters and keyboards make of plain signs, and letters that do not come apart into one and its accent. */
const PLAIN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "'": '‘’‚‛′`´',
    '"': '“”„‟″«»',
    '-': '‐‑‒–—―−•·‧',
    '...': '…',
    '/': '⁄∕',
    x: '×',
    '<': '‹',
    '>': '›',
    i: 'ı',
    d: 'đð',
    D: 'ĐÐ',
    l: 'ł',
    L: 'Ł',
    oe: 'œ',
    OE: 'Œ',
    th: 'þ',
  }).flatMap(([plain, typeset]) => Array.from(typeset, (one) => [one, plain] as const)),
);

/** Whether an SMS of this text needs no more than seven bits a character. */
export const isGsm = (text: string): boolean => GSM.test(text);

/** How much of an SMS a text takes: of 305 in GSM's own characters, else of 133 UTF-16 code units, two parts are made. */
export const gsmLength = (text: string): number => text.length + (text.match(EXTENDED)?.length ?? 0);

/** The text in GSM's characters where all of its letters have one, else as it is: one letter more makes all of it UCS-2. */
export const foldToGsm = (text: string): string => {
  if (isGsm(text)) {
    return text;
  }
  const folded = Array.from(text.normalize('NFC'), plainOf).join('').trim();
  return isGsm(folded) ? folded : text;
};

const plainOf = (character: string): string => {
  if (isGsm(character)) {
    return character;
  }
  const plain = Array.from(character.normalize('NFKD'))
    .filter((part) => !/\p{M}/u.test(part))
    .map((part) => PLAIN.get(part) ?? part)
    .join('');
  // A sign or an emoji is not worth half of the room.
  return isGsm(plain) ? plain : /[\p{L}\p{N}]/u.test(character) ? character : '?';
};
