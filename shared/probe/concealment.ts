import { REDACTED } from '../redact.ts';

/** Remembers what was secret, and takes it out of texts again. */
export type Concealment = {
  readonly keepSecret: (value: string) => void;
  readonly conceal: (text: string) => string;
};

/** For one sample: whoever answers may give back what they were sent. */
export const createConcealment = (): Concealment => {
  const secrets = new Set<string>();
  return {
    keepSecret: (value) => {
      spellingsOf(value)
        .filter((spelling) => spelling !== '')
        .forEach((spelling) => secrets.add(spelling));
    },
    conceal: (text) =>
      // The longest first: one may be a part of another.
      [...secrets]
        .sort((a, b) => b.length - a.length)
        .reduce((clean, secret) => clean.replaceAll(secret, () => REDACTED), text),
  };
};

/** As it is, and as JSON (also within JSON), URLs and base64 write it. */
const spellingsOf = (value: string): readonly string[] => {
  const inJson = JSON.stringify(value).slice(1, -1);
  const encoded = encodeURIComponent(value.toWellFormed());
  return [
    value,
    inJson,
    JSON.stringify(inJson).slice(1, -1),
    encoded,
    encoded.replaceAll('%20', '+'),
    Buffer.from(value)
      .toString('base64')
      .replace(/={1,2}$/, ''),
  ];
};
