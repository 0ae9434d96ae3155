import { RE2JS } from 're2js';

/** Whether a regular expression of RE2's is found in a text: in time linear in both. Throws when it is none. */
export const matches = (expression: string, text: string): boolean => RE2JS.compile(expression).matcher(text).find();
