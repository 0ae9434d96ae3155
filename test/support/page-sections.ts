import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from './command.ts';

/**
 * A page of docs/ with its generated sections replaced, those for which there is something new: what is between
 * `<!-- begin NAME -->` and `<!-- end NAME -->`. Throws when one has no place.
 */
export const withSections = async (page: string, sections: ReadonlyMap<string, string>): Promise<string> => {
  let next = page;
  for (const [name, text] of sections) {
    const [begin, end] = [`<!-- begin ${name} -->`, `<!-- end ${name} -->`];
    const [from, to] = [next.indexOf(begin), next.indexOf(end)];
    if (from < 0 || to < from) {
      throw new Error(`The page has no section ${name}`);
    }
    next = `${next.slice(0, from)}${begin}\n\n${text}\n\n${next.slice(to)}`;
  }
  return format(next, { ...(await resolveConfig(join(ROOT, 'docs/page.md'))), parser: 'markdown' });
};
