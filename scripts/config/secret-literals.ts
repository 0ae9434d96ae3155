/** Fewer than what logs are cleaned of: a file must not be refused for what only might be a secret. */
const SECRET =
  /\bxox[a-z]-[\w-]+|\bxapp-\d-[\w-]+|\bhooks\.slack(?:-gov)?\.com\b[\w/-]*|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bgh[a-z]_\w{20,}|-----BEGIN [A-Z ]+-----/g;

/** Where in a text something stands that looks like a secret, by its offset. */
export const secretsIn = (text: string): readonly number[] => [...text.matchAll(SECRET)].map(({ index }) => index);

/** The text without what looks like a secret. */
export const withoutSecrets = (text: string): string => text.replace(SECRET, '[secret]');
