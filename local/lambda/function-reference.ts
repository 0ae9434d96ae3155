/** What names a function: its name, and perhaps a version or an alias of it. */
export type FunctionReference = { readonly name: string; readonly qualifier?: string };

/** Reads a name, `name:qualifier`, or an ARN, whole or from the account on. */
export const readReference = (text: string, qualifier?: string): FunctionReference => {
  const [, named = text] = /(?:^|:)function:(.+)$/.exec(text) ?? [];
  const [name = '', inside] = named.split(':');
  const asked = qualifier ?? inside;
  return { name, ...(asked !== undefined && { qualifier: asked }) };
};
