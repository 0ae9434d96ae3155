/** An element of XML: its children in their order, and the text that is directly in it. */
export type XmlElement = {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
};

/** What answers of AWS are made of, and nothing else: no document types, entities of one's own, comments or CDATA. */
const TOKEN = /<(\/?)([A-Za-z_][\w.-]{0,100})((?:\s+[\w:.-]{1,100}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/gy;

const DEEPEST = 20;

/** The element that a document is. Throws when it is no XML, or more of it than is needed. */
export const readXml = (document: string): XmlElement => {
  const text = document.trim().replace(/^<\?xml[^<>]{0,200}\?>\s*/, '');
  type Open = { readonly name: string; readonly children: XmlElement[]; text: string };
  const root: Open = { name: '', children: [], text: '' };
  const open: Open[] = [root];
  let at = 0;
  for (const [token, closing, name = '', , empty, between] of text.matchAll(TOKEN)) {
    const top = open.at(-1);
    at += token.length;
    if (top === undefined) {
      break;
    }
    if (between !== undefined) {
      top.text += unescape(between);
    } else if (closing === '/') {
      const [parent] = open.slice(-2, -1);
      if (top.name !== name || parent === undefined) {
        throw new Error(`The XML closes ${name} where it is not open`);
      }
      parent.children.push(top);
      open.pop();
    } else if (empty === '/') {
      top.children.push({ name, children: [], text: '' });
    } else if (open.push({ name, children: [], text: '' }) > DEEPEST) {
      throw new Error(`The XML is nested deeper than ${DEEPEST}`);
    }
  }
  const [element, ...others] = root.children;
  if (at < text.length || open.length !== 1 || element === undefined || others.length > 0 || root.text.trim() !== '') {
    throw new Error('The answer is no XML as AWS writes it');
  }
  return element;
};

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

const unescape = (text: string): string =>
  text.replaceAll(
    /&(?:([a-z]{1,10})|#(\d{1,7})|#x([\dA-Fa-f]{1,6}));/g,
    (whole, name?: string, digits?: string, hex?: string) => {
      const code = digits === undefined ? Number.parseInt(hex ?? '', 16) : Number(digits);
      return name === undefined
        ? code <= 0x10ffff
          ? String.fromCodePoint(code)
          : whole
        : (ENTITIES.get(name) ?? whole);
    },
  );

/** The child of that name; undefined when there is none. */
export const childOf = (element: XmlElement | undefined, name: string): XmlElement | undefined =>
  element?.children.find((child) => child.name === name);

/** The text of a child, and no text when there is none. */
export const textIn = (element: XmlElement | undefined, name: string): string =>
  childOf(element, name)?.text.trim() ?? '';

/** What a list in the query protocol holds. */
export const membersOf = (list: XmlElement | undefined): readonly XmlElement[] =>
  list?.children.filter(({ name }) => name === 'member') ?? [];
