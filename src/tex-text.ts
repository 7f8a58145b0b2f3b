import { lowered, raised } from './scripts.ts';
import { accented, readCommand, takesArgument } from './tex-commands.ts';
import { createTexCursor, type Frame } from './tex-cursor.ts';
import { DECLARATIONS, MARKS, SIGNS, signIn } from './tex-signs.ts';
import type { TexToken } from './tex-tokens.ts';

/**
 * A TeX text as it would be read: accents and letters as such, braces and formatting gone, simple maths as its signs.
 * With `isTex`, everything is TeX, as in BibTeX's fields. Without, the text may be none: what other texts hold as
 * well (`~`, `_`, braces, dollars, a backslash before a name that is no command) stays where nothing shows that it is
 * TeX. Takes time linear in the length.
 */
export function texText(tex: string, { isTex }: { isTex: boolean }): string {
  const signs = isTex ? /[\\{}$^~`']|--/ : /[\\$~`]|[_^]\{|\{[^\0-\x7f]\}|--|''/;
  return signs.test(tex) ? createReader(tex, isTex).read() : tex;
}

function createReader(tex: string, isTex: boolean) {
  const cursor = createTexCursor(tex, isTex, step);
  const lastQuote = tex.lastIndexOf("''");
  let openQuotes = 0;
  /** Where the last name ended that is no command: `C:\temp\new`. */
  let nameEnd = -1;

  const behind = (token: TexToken) => token.start + token.text.length;
  const charBefore = (token: TexToken) => tex.charAt(token.start - 1);
  const charBehind = (token: TexToken) => tex.charAt(behind(token));

  function step(token: TexToken, frame: Frame): string {
    const { text, name, sign, partner } = token;
    if (name !== undefined) return command(name, token, frame);
    if (text === '{' || text === '}') return brace(token, frame);
    if (partner !== undefined) return cursor.insideOf(token, true).trim();
    if (sign !== undefined) return escaped(sign, token, frame);
    if (text === '^' || text === '_') return script(text, frame);
    if (text === '~') return isTex || frame.isMaths || isTie(token, frame) ? ' ' : '~';
    if (text === '``' || text === "''") return frame.isMaths ? text : quote(token);
    if (text.startsWith('$')) return isTex ? '' : text;
    return text.startsWith('--') && !frame.isMaths ? dash(token) : text;
  }

  /** Braces of TeX go: those around what begins with a command. Others may be a set, or a program's. */
  function brace(token: TexToken, frame: Frame): string {
    if (isTex || frame.isMaths) return '';
    if (token.text === '}' || token.partner === undefined) return token.text;
    const next = cursor.peek();
    const isMarkUp = next?.name !== undefined || next?.sign !== undefined;
    // `G{é}n{é}ralis{é}`: a conversion took the accent out, and left the braces.
    const isLetter = /^[^\0-\x7f]\}/.test(tex.slice(behind(token), behind(token) + 2));
    return isMarkUp || isLetter ? cursor.insideOf(token, false) : token.text;
  }

  function script(sign: string, frame: Frame): string {
    if (!frame.isMaths && cursor.groupAhead() !== 'full') return sign;
    const written = cursor.argument(true);
    if (frame.isMaths) frame.dropSpace();
    return sign === '^' ? raised(written) : lowered(written);
  }

  /** `Fig.~1`, `5~GHz`, but not `~5`, `5~10` or `/~name`. */
  function isTie(token: TexToken, frame: Frame): boolean {
    const after = charBehind(token);
    if (/[\d$]/.test(charBefore(token)) && /\d/.test(after)) return false;
    return /[\p{L}\p{M}\p{N}.,:;)\]%’”]/u.test(frame.last()) && /[\p{L}\p{N}\\$([{]/u.test(after);
  }

  /** Two or three hyphens between words, or between spaces; `--help` is none. */
  function dash(token: TexToken): string {
    const isOption = !isTex && /^[\s([`'"]?$/.test(charBefore(token)) && !/^\s?$/.test(charBehind(token));
    if (token.text.length > 3 || isOption) return token.text;
    return token.text.length === 2 ? '–' : '—';
  }

  /** A quote that is never closed, or was never opened, may be seconds, or a program's. */
  function quote(token: TexToken): string {
    const isClosedLater = lastQuote >= behind(token);
    const isAtWord = /^[\s([]?$/.test(charBefore(token)) && /^\S$/.test(charBehind(token));
    if (token.text === '``' || isAtWord) {
      if (!isClosedLater && !isTex) return token.text;
      openQuotes++;
      return '“';
    }
    if (openQuotes === 0 && !isTex) return token.text;
    openQuotes = Math.max(0, openQuotes - 1);
    return '”';
  }

  function command(name: string, token: TexToken, frame: Frame): string {
    const accent = signIn(MARKS, name);
    if (accent !== undefined && (isTex || isAccented(token))) return accentName(name, accent, frame);
    const sign = signIn(SIGNS, name);
    if (sign !== undefined && !isPath(token)) return letters(sign, frame);
    if (isTex || frame.isMaths || isCommand(name)) return readCommand(name, cursor, frame);
    nameEnd = behind(token);
    if (cursor.groupAhead() === 'empty') cursor.argument(false);
    return token.text;
  }

  /** A letter is an accent before braces, or right behind one: `\v{s}`, `{\v s}`. */
  const isAccented = (token: TexToken) =>
    cursor.groupAhead() === 'full' || (charBefore(token) === '{' && /\s/.test(charBehind(token)));

  const isPath = (token: TexToken) => !isTex && (charBefore(token) === ':' || nameEnd === token.start);

  /** Outside maths, a name that applies to nothing is a file's, or an author's macro for what is not known here. */
  function isCommand(name: string): boolean {
    const group = cursor.groupAhead();
    if (DECLARATIONS.has(name) || group === 'full' || (group === 'empty' && takesArgument(name))) return true;
    const next = cursor.peek();
    return next?.text === '[' && /^\[[^\][{}]{0,60}\]\{/.test(tex.slice(next.start, next.start + 63));
  }

  function letters(sign: string, frame: Frame): string {
    // `2\times 3` has no spaces, `2 \times 3` has both.
    const isBare = frame.isMaths && !/^\p{L}+$/u.test(sign) && !/\s/.test(frame.last());
    if (frame.isMaths && '⟩⌉⌋'.includes(sign)) frame.dropSpace();
    if (cursor.groupAhead() === 'empty') cursor.argument(false);
    // TeX drops the space behind a command. Where others than TeX show the text, only letters of words have it so.
    else if (isTex || isBare || /^[ßøØłŁæÆœŒåÅıȷðÐþÞđĐŋŊ]$/.test(sign)) cursor.skipSpace();
    return sign;
  }

  /** `\c{c}`; `\k{appa}` is what some conversion left of `\kappa`. */
  function accentName(name: string, accent: string, frame: Frame): string {
    const written = cursor.argument(frame.isMaths);
    const letter = written.length > 1 ? signIn(SIGNS, name + written) : undefined;
    return letter ?? accented(written, accent);
  }

  function escaped(sign: string, token: TexToken, frame: Frame): string {
    const accent = frame.isMaths ? undefined : signIn(MARKS, sign);
    const isKnown = isTex || frame.isMaths;
    if (accent !== undefined) return accentSign(accent, token, frame);
    if ('%&$#_{}'.includes(sign)) return sign;
    if (sign === ',') return ' ';
    if (sign === '\\') return isKnown || /^[\s\\[]?$/.test(charBehind(token)) ? ' ' : token.text;
    if (/\s/.test(sign)) return isKnown || !/^\s?$/.test(charBefore(token)) ? ' ' : token.text;
    if (sign === '-') return isKnown || /\p{L}/u.test(frame.last()) ? '' : token.text;
    if (sign === '|' && frame.isMaths) return '‖';
    if (isKnown) return ';:>'.includes(sign) ? ' ' : '-/!@()[]'.includes(sign) ? '' : sign;
    return token.text;
  }

  function accentSign(accent: string, token: TexToken, frame: Frame): string {
    const rest = tex.slice(behind(token), behind(token) + 6);
    if (isTex) {
      const written = cursor.argument(false);
      // An accent on nothing is how these signs themselves are written.
      return written === '' && '~^'.includes(token.sign ?? '')
        ? (token.sign ?? '')
        : accented(written, accent);
    }
    // `the model\'s`, `don\'t`: a program put the backslash.
    const isApostrophe = token.sign === "'" && /^(?:s|t|re|ve|ll|d|m)(?![\p{L}\p{M}])/u.test(rest);
    if (isApostrophe && /\p{L}/u.test(frame.last())) return "'";
    const [, grouped, bare] = /^(?:\{(\\[ij]|\p{L})\}|(\\[ij](?![A-Za-z])|\p{L}))/u.exec(rest) ?? [];
    // `\"quoted\"`, and a full stop in a pattern.
    const isOther =
      grouped === undefined &&
      ('.='.includes(token.sign ?? '') ||
        ('"`'.includes(token.sign ?? '') && /^[\s(]?$/.test(charBefore(token))));
    const composed = `${(grouped ?? bare ?? '').replace('\\', '')}${accent}`.normalize('NFC');
    if (isOther || [...composed].length !== 1 || composed === accent) return token.text;
    cursor.argument(false);
    return composed;
  }

  return cursor;
}
