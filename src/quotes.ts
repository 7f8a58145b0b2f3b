/** What phrases stand in: straight quotes, and the curly, low and angle ones of several languages, either way round. */
const MARKS = '"“”„«»';

/** A phrase in quotes; the first group is what is in them. */
export const QUOTED = new RegExp(`[${MARKS}]([^${MARKS}]+)[${MARKS}]`, 'g');

/** What stands in quotes in a text, in order. */
export const quotedIn = (text: string): string[] =>
  [...text.matchAll(QUOTED)].map(([, quoted = '']) => quoted);

const WHOLE = new RegExp(`^[${MARKS}]([^${MARKS}]*)[${MARKS}]$`);

/** A text without the quotes that the whole of it stands in. */
export const unquoted = (text: string): string => text.replace(WHOLE, '$1');
