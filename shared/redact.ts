const REDACTED = '[redacted]';

/** Words that look like a secret, whatever they stand in. */
const SECRETS = [
  /\bx(?:ox[a-z]|app)-[\w-]+/g,
  /\bhooks\.slack(?:-gov)?\.com\/[\w/-]+/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,32}/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /\b(?:Bearer|Basic) [\w.~+/=-]+/gi,
  /(?<=:\/\/)[^\s/@:]{1,200}:[^\s/@]{1,200}(?=@)/g,
  /("?(?:token|secret|password|passwd|authorization|credentials?|api_?key|access_?key|session_?token|response_url|trigger_id)"?\s*[:=]\s*)(?:"[^"]*"?|[^\s,;&}]+)/gi,
];

const SECRET_KEY =
  /token|secret|passw|authorization|cookie|credential|api_?key|access_?key|signature|response_?url|trigger_?id/i;

/** The text without what looks like a secret. */
export const redact = (text: string): string =>
  SECRETS.reduce(
    (clean, secret) =>
      clean.replace(secret, (_match, kept: unknown) => (typeof kept === 'string' ? kept : '') + REDACTED),
    text,
  );

/** For `JSON.stringify`: leaves out what stands under a telling name or looks like a secret. */
export const redactEntry = (key: string, value: unknown): unknown => {
  if (key !== '' && value !== undefined && value !== null && typeof value !== 'object' && SECRET_KEY.test(key)) {
    return REDACTED;
  }
  return typeof value === 'string' ? redact(value) : value;
};
