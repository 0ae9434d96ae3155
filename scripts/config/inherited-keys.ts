import { isScalar, visit } from 'yaml';
import type { Document } from 'yaml';
import type { Problem } from './problem.ts';
import { pathAt } from './yaml-place.ts';

/** What valibot passes over in silence, for the sake of its callers' objects. */
const INHERITED: ReadonlySet<unknown> = new Set(['__proto__', 'prototype', 'constructor']);

/** Keys that would be lost, because every object has something of that name. */
export const inheritedKeys = (document: Document.Parsed): readonly Problem[] => {
  const problems: Problem[] = [];
  visit(document, {
    Pair: (_key, { key }) => {
      if (isScalar(key) && INHERITED.has(key.value) && key.range) {
        problems.push({ path: pathAt(document.contents, key.range[0]), says: 'cannot be a key' });
      }
    },
  });
  return problems;
};
