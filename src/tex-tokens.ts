/** A piece of TeX. `name` is a command's name, `sign` that of a command that is one sign; `text` is as written. */
export interface TexToken {
  text: string;
  start: number;
  name?: string;
  sign?: string;
  /** The place of the token that closes what this one opens, or that opens what it closes: braces and maths. */
  partner?: number;
}

const TOKEN = /\\(?:([a-zA-Z]+)\*?|([\s\S]))|\$\$?|[{}[\]^_~]|-+|``|''|[^\\${}[\]^_~\-`']+|[\s\S]/gu;

/**
 * The tokens of a TeX text, in order, with their partners. Maths in dollars is what pandoc takes for it: no space
 * behind the opening dollar or before the closing one, and no digit behind that. What holds signs of maths may have
 * spaces there; what reads as prose is none, if `isTex` does not say that the text is surely TeX.
 * A sign alone, as in `$>$99`, is maths. Each token is looked at a bounded number of times.
 */
export function texTokens(tex: string, isTex: boolean): TexToken[] {
  const tokens: TexToken[] = [];
  for (const match of tex.matchAll(TOKEN)) {
    const [text, name, sign] = match;
    tokens.push({
      text,
      start: match.index,
      ...(name !== undefined && { name }),
      ...(sign !== undefined && { sign }),
    });
  }
  const braces: number[] = [];
  const opened: Record<string, number | undefined> = {};
  const pair = (from: number, to: number) => {
    (tokens[from] as TexToken).partner = to;
    (tokens[to] as TexToken).partner = from;
  };
  tokens.forEach(({ text }, at) => {
    if (text === '{') braces.push(at);
    else if (text === '}') {
      const from = braces.pop();
      if (from !== undefined) pair(from, at);
    } else if (text === '\\(' || text === '\\[') opened[text] ??= at;
    else if (text === '\\)' || text === '\\]') {
      const opening = text === '\\)' ? '\\(' : '\\[';
      const from = opened[opening];
      if (from !== undefined && isMaths(tex, tokens[from], tokens[at], isTex)) pair(from, at);
      opened[opening] = undefined;
    } else if (text === '$' || text === '$$') {
      // The next dollar closes or nothing does, so that a price takes no maths along.
      const from = opened[text];
      if (from !== undefined && isMaths(tex, tokens[from], tokens[at], isTex)) {
        pair(from, at);
        opened[text] = undefined;
      } else opened[text] = at;
    }
  });
  nest(tokens);
  return tokens;
}

/** Pairs that cross one which began before them are none: `$\frac{a$}`. */
function nest(tokens: readonly TexToken[]): void {
  const ends: number[] = [];
  tokens.forEach((token, at) => {
    if (ends.at(-1) === at) ends.pop();
    if (token.partner === undefined || token.partner < at) return;
    if (token.partner < (ends.at(-1) ?? tokens.length)) ends.push(token.partner);
    else {
      delete tokens[token.partner]?.partner;
      delete token.partner;
    }
  });
}

function isMaths(tex: string, from: TexToken | undefined, to: TexToken | undefined, isTex: boolean): boolean {
  if (!from || !to) return false;
  const after = tex.charAt(to.start + to.text.length);
  const inside = tex.slice(from.start + from.text.length, to.start);
  if (inside.trim() === '') return false;
  if (/\\[a-zA-Z]|[\^_{]/.test(inside)) {
    // `$ x_1 $` is maths, and `$\alpha $`; what begins with a price and ends before maths is none.
    const isSpacedAlike = /^\s/.test(inside) === /\s$/.test(inside);
    return isTex || isSpacedAlike || (/\\[a-zA-Z]/.test(inside) && !/\s\p{L}{2,}\s/u.test(inside));
  }
  if (from.text === '\\(' || from.text === '\\[' || from.text === '$$') return isTex || !isProse(inside);
  if (/^[<>=≤≥≈±×+-]$/.test(inside)) return true;
  if (inside.trim() !== inside || /\d/.test(after)) return false;
  // `$HOME/bin:$PATH`, `A$AP and Ke$ha`.
  const isName = /^[A-Z]{2}/.test(inside) && /[A-Za-z]/.test(after);
  return isTex || !(isProse(inside) || isName);
}

/** Words of two letters and more behind a space, and no sign of maths. */
const isProse = (text: string) => /\s\p{L}{2}/u.test(text) && !/[{}=<>]/.test(text);
