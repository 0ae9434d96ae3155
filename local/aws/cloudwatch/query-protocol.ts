import { isList, isRecord } from '../../json.ts';
import type { JsonRecord } from '../../json.ts';
import { escapeXml } from '../service.ts';

/** What is a number or a boolean in CloudWatch's input; in the query protocol all are texts. */
const NUMBERS: ReadonlySet<string> = new Set([
  'Counts',
  'DatapointsToAlarm',
  'EvaluationPeriods',
  'MaxRecords',
  'Maximum',
  'Minimum',
  'Period',
  'SampleCount',
  'Sum',
  'Threshold',
  'Value',
  'Values',
]);
const BOOLEANS: ReadonlySet<string> = new Set(['ReturnData', 'ActionsEnabled']);

/** The input of a call in the query protocol, which writes `MetricData.member.1.Value=2`. */
export const readQuery = (form: string): JsonRecord => {
  const root: Node = new Map();
  for (const [path, value] of new URLSearchParams(form)) {
    put(root, path.split('.'), value);
  }
  const read = treeOf(root, '', '');
  return isRecord(read) ? read : {};
};

type Node = Map<string, Node | string>;

const put = (node: Node, [first = '', ...rest]: readonly string[], value: string): void => {
  if (rest.length === 0) {
    node.set(first, value);
    return;
  }
  const known = node.get(first);
  const inner: Node = typeof known === 'object' ? known : new Map<string, Node | string>();
  node.set(first, inner);
  put(inner, rest, value);
};

const treeOf = (node: Node | string, name: string, around: string): unknown => {
  if (typeof node === 'string') {
    // Of a dimension, the value is a text.
    const isNumber = NUMBERS.has(name) && !(name === 'Value' && around === 'Dimensions');
    return isNumber ? Number(node) : BOOLEANS.has(name) ? node === 'true' : node;
  }
  const members = node.get('member');
  return typeof members === 'object'
    ? [...members.values()].map((member) => treeOf(member, name, name))
    : Object.fromEntries([...node].map(([key, inner]) => [key, treeOf(inner, key, around)]));
};

/** An answer in XML, whose lists have members and whose times are texts. */
export const writeXml = (value: unknown): string => {
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (isList(value)) {
    return value.map((member) => `<member>${writeXml(member)}</member>`).join('');
  }
  return isRecord(value)
    ? Object.entries(value)
        .map(([key, inner]) => `<${key}>${writeXml(inner)}</${key}>`)
        .join('')
    : escapeXml(String(value));
};
