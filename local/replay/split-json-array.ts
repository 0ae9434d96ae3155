/**
 * The texts of a JSON array's elements, each as it was written: no number is rounded, no key is dropped, and no depth
 * is too deep. The text has to be a JSON array.
 */
export const splitJsonArray = (text: string): readonly string[] => {
  const elements: string[] = [];
  let depth = 0;
  let begin = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (inString) {
      if (character === '\\') {
        at += 1;
      } else if (character === '"') {
        inString = false;
      }
      continue;
    }
    switch (character) {
      case '"':
        inString = true;
        break;
      case '[':
      case '{':
        depth += 1;
        begin = depth === 1 ? at + 1 : begin;
        break;
      case ']':
      case '}':
        depth -= 1;
        if (depth === 0) {
          elements.push(text.slice(begin, at).trim());
        }
        break;
      case ',':
        if (depth === 1) {
          elements.push(text.slice(begin, at).trim());
          begin = at + 1;
        }
        break;
    }
  }
  // An array of nothing has one place, and nothing in it.
  return elements.filter((element) => element !== '');
};
