import { isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Document, LineCounter } from 'yaml';
import type { Path } from './problem.ts';

/** The line of the nearest thing at a path that is there: what is missing has none. */
export const lineOf = (document: Document.Parsed, lines: LineCounter, path: Path): number => {
  for (let length = path.length; length > 0; length -= 1) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    const pair = isMap(parent)
      ? parent.items.find(({ key: one }) => isScalar(one) && String(one.value) === String(key))?.key
      : undefined;
    const node: unknown = pair ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) {
      return lines.linePos(node.range[0]).line;
    }
  }
  return 1;
};

/** The path of what stands at an offset; of a comment, that of the thing it stands in. */
export const pathAt = (node: unknown, offset: number): Path => {
  if (isSeq(node)) {
    const index = node.items.findIndex((item) => covers(item, offset));
    return index === -1 ? [] : [index, ...pathAt(node.items[index], offset)];
  }
  if (isMap(node)) {
    const pair = node.items.find(({ key, value }) => covers(key, offset) || covers(value, offset));
    return pair === undefined || !isScalar(pair.key) ? [] : [String(pair.key.value), ...pathAt(pair.value, offset)];
  }
  return [];
};

const covers = (node: unknown, offset: number): boolean =>
  isNode(node) && node.range !== null && node.range !== undefined && node.range[0] <= offset && offset < node.range[1];
