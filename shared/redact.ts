const REDACTED = '[redacted]';

/** Names under which secrets stand, in keys, in query strings, in JSON within JSON. */
const NAMES =
  'token|secret|passw(?:or)?d|authorization|cookie|credentials?|signature|sig|api_?key|access_?key|private_?key|response_?url|trigger_?id';

/** Whatever looks like a secret, by itself or by the name before it. Lengths are bounded, so that each is linear. */
const SECRETS: readonly RegExp[] = [
  /-----BEGIN [A-Z ]{1,40}-----[^-]{0,8000}(?:-----END [A-Z ]{1,40}-----)?/g,
  /\bx(?:ox[a-z]|app)-[\w-]{1,300}/g,
  /\bhooks\.slack(?:-gov)?\.com\/[\w/-]{1,300}/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,32}/g,
  /\bgh[a-z]_\w{10,255}/g,
  /\beyJ[\w-]{1,2000}\.[\w-]{1,2000}\.[\w-]{0,2000}/g,
  /\b(?:Bearer|Basic) [\w.~+/=-]{1,2000}/gi,
  /(?<=:\/\/)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)/g,
  new RegExp(
    `([\\w-]{0,40}(?:${NAMES})\\\\{0,8}"?\\s{0,4}[:=]\\s{0,4})(?:\\\\{0,8}"[^"\\\\]{0,4000}|[^\\s,;&}"]{1,4000})`,
    'gi',
  ),
];

const SECRET_NAME = new RegExp(NAMES, 'i');

/** The text without what looks like a secret. */
export const redact = (text: string): string =>
  SECRETS.reduce(
    (clean, secret) =>
      clean.replace(secret, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + REDACTED),
    text,
  );

/** A log line holds no more of a text. */
const MOST = 2_000;

/** For `JSON.stringify`: leaves out what stands under a telling name or looks like a secret. */
export const redactEntry = (key: string, value: unknown): unknown => {
  if (key !== '' && value !== undefined && value !== null && typeof value !== 'object' && SECRET_NAME.test(key)) {
    return REDACTED;
  }
  return typeof value === 'string' ? redact(value.slice(0, MOST)) : value;
};
