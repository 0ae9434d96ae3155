/** What stands in the place of a secret. */
export const REDACTED = '[redacted]';

/** Names under which secrets stand, in keys, in query strings, in JSON within JSON. */
const NAMES =
  'token|secret|passw(?:or)?d|authorization|cookie|credentials?|signature|sig|api_?key|access_?key|private_?key|response_?url|trigger_?id';

/** Whatever looks like a secret, by itself or by the name before it. Lengths are bounded, so that each is linear. */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{1,40}-----[^-]{0,8000}(?:-----END [A-Z ]{1,40}-----)?/g,
  /\bx(?:ox[a-z]-|app-\d-)[\w-]{1,300}/g,
  /\bhooks\.slack(?:-gov)?\.com\/[\w/-]{1,300}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,32}/g,
  /\bgh[a-z]_\w{10,255}/g,
  /\beyJ[\w-]{1,500}\.[\w-]{1,2000}\.[\w-]{0,2000}/g,
  /\b(?:Bearer [\w.~+/=-]{8,2000}|Basic [\w.~+/=-]{16,2000})/gi,
  /(?<=:\/\/)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)/g,
  // The address at which CodePipeline's console asks for an approval ends with its token.
  /(?<=\/approve\/)\w{8}-[\w-]{27}/g,
  new RegExp(
    `([\\w-]{0,40}(?:${NAMES})\\\\{0,8}"?\\s{0,4}[:=]\\s{0,4})(?:\\\\{0,8}"[^"\\\\]{0,4000}|(?:(?:Bearer|Basic) )?[^\\s,;&}"]{1,4000})`,
    'gi',
  ),
];

const SECRET_NAME = new RegExp(NAMES, 'i');

/** Whether what has such a name is likely to be secret. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** The text without what looks like a secret. */
export const redact = (text: string): string =>
  SECRETS.reduce(
    (clean, secret) =>
      clean.replace(secret, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + REDACTED),
    text,
  );

/** More than any of them matches. */
const LONGEST_SECRET = 8_200;

/**
 * The first `limit` UTF-16 code units of the text without what looks like a secret. Cut after it was redacted: half a
 * secret is no longer recognised as one.
 */
export const redactStart = (text: string, limit: number): string => {
  const read = text.slice(0, limit + LONGEST_SECRET);
  const clean = redact(read);
  // Where there was more to be read, the end of what was may be the beginning of a secret.
  return clean.slice(
    0,
    read.length === text.length ? limit : Math.min(limit, Math.max(0, clean.length - LONGEST_SECRET)),
  );
};

/** A log line holds no more of a text. */
const MOST = 2_000;

/** For `JSON.stringify`: leaves out what stands under a telling name or looks like a secret. */
export const redactEntry = (key: string, value: unknown): unknown => {
  if (value !== undefined && value !== null && isSecretName(key)) {
    return REDACTED;
  }
  return typeof value === 'string' ? redactStart(value, MOST) : value;
};
