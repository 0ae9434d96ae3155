import { span } from './styled-text.ts';
import type { Span, Style } from './styled-text.ts';

const TOKEN = /<([^<>]+)>|\*([^*\s](?:[^*]*[^*\s])?)\*|`([^`]+)`/g;

/** What people see of a line of Slack's mrkdwn. */
export const readMrkdwn = (line: string, style: Style = 'plain'): readonly Span[] => {
  const spans: Span[] = [];
  let end = 0;
  for (const match of line.matchAll(TOKEN)) {
    const [whole, reference, strong, code] = match;
    spans.push(span(unescapeEntities(line.slice(end, match.index)), style));
    if (reference !== undefined) {
      spans.push(...readReference(reference));
    } else if (strong !== undefined) {
      spans.push(...readMrkdwn(strong, 'bold'));
    } else if (code !== undefined) {
      spans.push(span(unescapeEntities(code), 'code'));
    }
    end = match.index + whole.length;
  }
  return [...spans, span(unescapeEntities(line.slice(end)), style)];
};

/** `<https://…|label>` as `label (https://…)`, `<!date^…|text>` as the text, `<!channel>` as `@channel`. */
const readReference = (reference: string): readonly Span[] => {
  const [target = '', label] = reference.split('|', 2).map(unescapeEntities);
  if (label !== undefined) {
    return /^[@#!]/.test(target) ? [span(label)] : linkSpans(target, label);
  }
  return target.startsWith('!') ? [span(`@${target.slice(1)}`, 'bold')] : [span(target, 'link')];
};

/** A link as its label with the address behind it, since a terminal shows no more than text. */
export const linkSpans = (url: string, label: string | undefined): readonly Span[] =>
  label === undefined || label === url ? [span(url, 'link')] : [span(`${label} `), span(`(${url})`, 'link')];

const unescapeEntities = (text: string): string =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
