const SUFFIX = /^(?:jr|sr|i{2,3}|iv)\.?$/i;

/**
 * The names in arXiv's line of authors: `Ada Lovelace (1), Charles Babbage, Jr. (2) and Luigi Menabrea ((1) London,
 * (2) Turin)`. Affiliations, in parentheses, are left out; a collaboration is one name.
 */
export function authorsOfLine(line: string): string[] {
  const names: string[] = [];
  const parts = withoutParentheses(line)
    .replace(/\s+/g, ' ')
    .split(/ ?[,;] ?(?:and )?| and |: /i);
  for (const part of parts) {
    const name = part.trim().replace(/^(?:and|for|on behalf of) /i, '');
    const last = names.at(-1);
    if (last !== undefined && SUFFIX.test(name)) names[names.length - 1] = `${last} ${name}`;
    else if (name !== '') names.push(name);
  }
  return names;
}

/** A text without what stands in parentheses; one that is never closed is kept, as it is no affiliation. */
function withoutParentheses(text: string): string {
  let kept = '';
  let [depth, start] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '(') {
      if (depth === 0) {
        kept += text.slice(start, i);
        start = i;
      }
      depth++;
    } else if (text[i] === ')' && depth > 0 && --depth === 0) {
      kept += ' ';
      start = i + 1;
    }
  }
  return kept + text.slice(start);
}
