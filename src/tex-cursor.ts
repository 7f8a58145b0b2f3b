import { type TexToken, texTokens } from './tex-tokens.ts';

/** Groups within groups that are read as such; what is further in is dropped, lest the stack overflow. */
const DEEPEST = 40;

/** What was read of one group, or of maths. Its last characters are at hand without joining it. */
export interface Frame {
  isMaths: boolean;
  put(text: string): void;
  /** The last UTF-16 unit; '' before the first. */
  last(): string;
  dropSpace(): void;
  text(): string;
}

/** Walks over the tokens of a text; each is passed once. */
export interface TexCursor {
  take(): TexToken;
  peek(): TexToken | undefined;
  /** Whether the token ahead begins a group, and whether that one is empty. */
  groupAhead(): 'none' | 'empty' | 'full';
  /** What is read between the token taken last, which opens something, and the one that closes it, which is passed. */
  insideOf(opening: TexToken, isMaths: boolean): string;
  /** What a command applies to, read: a group, a command or one character; '' at the end of a group. */
  argument(isMaths: boolean): string;
  /** `[…]` before an argument, as it is written; null where there is none. */
  option(): string | null;
  skipSpace(): void;
  /** Passes over the first `length` UTF-16 units of the token ahead. */
  skip(length: number): void;
}

function createFrame(isMaths: boolean): Frame {
  const parts: string[] = [];
  return {
    isMaths,
    put: (text) => {
      if (text !== '') parts.push(text);
    },
    last: () => parts.at(-1)?.slice(-1) ?? '',
    dropSpace: () => {
      for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
        const kept = part.trimEnd();
        if (kept === '') continue;
        parts.push(kept);
        return;
      }
    },
    text: () => parts.join(''),
  };
}

/**
 * A cursor at the beginning of a text. `step` reads the token that was taken, with what belongs to it, and returns what
 * the frame gets; `read` reads all.
 */
export function createTexCursor(
  tex: string,
  isTex: boolean,
  step: (token: TexToken, frame: Frame) => string,
): TexCursor & { read(): string } {
  const tokens = texTokens(tex, isTex);
  let at = 0;
  let depth = 0;

  function inside(end: number, isMaths: boolean): string {
    const frame = createFrame(isMaths);
    depth++;
    while (at < end) frame.put(step(cursor.take(), frame));
    depth--;
    return frame.text();
  }

  function closedBy(opening: TexToken, isMaths: boolean): string {
    const end = opening.partner ?? at;
    const text = depth < DEEPEST ? inside(end, isMaths) : '';
    at = end + 1;
    return text;
  }

  const cursor = {
    take: (): TexToken => tokens[at++] as TexToken,
    peek: () => tokens[at],
    groupAhead: () => {
      const token = tokens[at];
      if (token?.text !== '{' || token.partner === undefined) return 'none' as const;
      return token.partner === at + 1 ? ('empty' as const) : ('full' as const);
    },
    insideOf: closedBy,
    argument: (isMaths: boolean): string => {
      cursor.skipSpace();
      const token = tokens[at];
      // What closes a group or maths belongs to that.
      if (!token || token.text.startsWith('$') || (token.partner ?? at) < at) return '';
      if (cursor.groupAhead() !== 'none') return closedBy(cursor.take(), isMaths);
      if (token.text === '{') {
        // Nothing closes it; what it should have held comes next.
        at++;
        return '';
      }
      if (token.name !== undefined || token.sign !== undefined) {
        if (depth < DEEPEST) return inside(at + 1, isMaths);
        at++;
        return '';
      }
      const first = String.fromCodePoint(token.text.codePointAt(0) ?? 32);
      cursor.skip(first.length);
      return first;
    },
    option: (): string | null => {
      if (tokens[at]?.text !== '[') return null;
      // Options are short; looking further would be looking twice.
      for (let end = at + 1; end < at + 20; end++) {
        const token = tokens[end];
        if (!token || (token.partner ?? end) < at) return null;
        if (token.text !== ']') continue;
        const next = tokens[end + 1]?.text;
        if (next !== '{' && next !== '[') return null;
        const text = tex.slice((tokens[at]?.start ?? 0) + 1, token.start);
        at = end + 1;
        return text;
      }
      return null;
    },
    skipSpace: () => {
      const text = tokens[at]?.text ?? '';
      const length = text.length - text.trimStart().length;
      if (length > 0) cursor.skip(length);
    },
    skip: (length: number) => {
      const token = tokens[at];
      if (!token || token.text.length <= length) at++;
      else tokens[at] = { text: token.text.slice(length), start: token.start + length };
    },
    read: () => inside(tokens.length, false),
  };
  return cursor;
}
