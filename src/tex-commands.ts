import { lowered, raised } from './scripts.ts';
import type { Frame, TexCursor } from './tex-cursor.ts';
import {
  BLACKBOARD,
  DECLARATIONS,
  FUNCTIONS,
  MATHS_ENVIRONMENTS,
  MATHS_MARKS,
  POINTERS,
  SECOND_IS_TEXT,
  SETTINGS,
  signIn,
} from './tex-signs.ts';

/** Commands whose argument is text, within maths too. */
const TEXTS = /^(?:text|mbox$|hbox$|emph$|url$|enquote$|ce$)/;

/** Whether a command is known to have an argument, so that it may be gone when that is empty. */
export const takesArgument = (name: string): boolean =>
  POINTERS.has(name) ||
  SETTINGS.has(name) ||
  SECOND_IS_TEXT.has(name) ||
  TEXTS.test(name) ||
  /^(?:footnote|begin|end|underline)$/.test(name);

/** What is read of a command that is neither a text's accent nor a sign, with its arguments. */
export function readCommand(name: string, cursor: TexCursor, frame: Frame): string {
  if (POINTERS.has(name)) {
    while (cursor.option() !== null);
    cursor.argument(false);
    frame.dropSpace();
    return '';
  }
  if (name === 'begin' || name === 'end') return environment(name, cursor, frame);
  if (DECLARATIONS.has(name)) {
    cursor.skipSpace();
    if (/^(?:left|right)$/.test(name) && cursor.peek()?.text.startsWith('.')) cursor.skip(1);
    return '';
  }
  if (SETTINGS.has(name) || SECOND_IS_TEXT.has(name)) {
    cursor.option();
    const setting = cursor.argument(false);
    if (SETTINGS.has(name)) return '';
    const text = cursor.argument(frame.isMaths);
    return name === 'href' ? linked(text, setting) : text;
  }
  if (FUNCTIONS.has(name)) return spaced(name, cursor, frame);
  return formula(name, cursor, frame) ?? own(name, cursor, frame) ?? unknown(name, cursor, frame);
}

/** The text of a link, with the address where that says more: the text may be `here`. */
function linked(text: string, address: string): string {
  const isWorthIt = /^https?:\/\/\S{4,300}$/.test(address) && !/:\/\/|\bwww\.|\.[a-z]{2,}\//.test(text);
  return isWorthIt ? `${text} (${address})` : text;
}

function environment(name: string, cursor: TexCursor, frame: Frame): string {
  const written = cursor.argument(false).replace('*', '');
  cursor.option();
  if (MATHS_ENVIRONMENTS.has(written)) frame.isMaths = name === 'begin';
  return ' ';
}

/** A name has spaces around it: `n log n`. */
function spaced(name: string, cursor: TexCursor, frame: Frame): string {
  const next = cursor.peek();
  const isFollowed = next?.name !== undefined || next?.text === '{';
  return `${/[\p{L}\p{N})]/u.test(frame.last()) ? ' ' : ''}${name}${isFollowed ? ' ' : ''}`;
}

/** Commands that maths is built with; null for others. */
function formula(name: string, cursor: TexCursor, frame: Frame): string | null {
  const accent = frame.isMaths ? signIn(MATHS_MARKS, name) : undefined;
  if (accent !== undefined) {
    const under = cursor.argument(true).trim();
    return [...under].length === 1 ? accented(under, accent) : under;
  }
  if (/^[tdc]?frac$/.test(name)) {
    const upper = factor(cursor.argument(true));
    const lower = factor(cursor.argument(true));
    if (upper === '' || lower === '') return upper + lower;
    return `${/\d/.test(frame.last()) ? ' ' : ''}${upper}/${lower}`;
  }
  if (name === 'sqrt') {
    const degree = cursor.option() ?? '2';
    return `${degree === '2' ? '' : raised(degree)}√${factor(cursor.argument(true))}`;
  }
  if (/^[td]?binom$/.test(name)) {
    const upper = cursor.argument(true);
    return `(${upper} choose ${cursor.argument(true)})`;
  }
  if (name === 'pmod') return ` (mod ${cursor.argument(true)})`;
  if (name === 'operatorname') return spaced(cursor.argument(true), cursor, frame);
  if (name !== 'mathbb') return null;
  return cursor.argument(true).replace(/[A-Z]/g, (letter) => BLACKBOARD[letter] ?? letter);
}

/** Commands of text that show their argument in a way of their own; null for others. */
function own(name: string, cursor: TexCursor, frame: Frame): string | null {
  if (name === 'footnote') {
    const note = cursor.argument(false).trim();
    frame.dropSpace();
    return note === '' ? '' : ` (${note})`;
  }
  if (name === 'textsuperscript') return raised(cursor.argument(false));
  if (name === 'textsubscript') return lowered(cursor.argument(false));
  if (name === 'unicode') return codePoint(cursor.argument(false));
  if (name !== 'SI' && name !== 'qty') return null;
  cursor.option();
  const number = cursor.argument(false);
  return `${number} ${cursor.argument(true)}`.trimEnd();
}

/** The name goes, what it applies to stays. A name in maths that applies to nothing is shown. */
function unknown(name: string, cursor: TexCursor, frame: Frame): string {
  const isText = TEXTS.test(name);
  cursor.option();
  if (cursor.groupAhead() !== 'none') return cursor.argument(frame.isMaths && !isText);
  if (frame.isMaths && !isText && !name.startsWith('math')) return spaced(name, cursor, frame);
  cursor.skipSpace();
  return frame.isMaths ? cursor.argument(true) : '';
}

/** A letter with its accent above it; of a longer text only where the accent is one that text has. */
export function accented(written: string, accent: string): string {
  const first = String.fromCodePoint(written.codePointAt(0) ?? 32);
  const base = first === 'ı' ? 'i' : first === 'ȷ' ? 'j' : first;
  return base.trim() === '' ? written : `${base}${accent}`.normalize('NFC') + written.slice(first.length);
}

/** In brackets, if it is more than a factor. */
const factor = (text: string): string =>
  /^(?:[\p{L}\p{M}\p{N}.√′⁻]*|\([^()]*\))$/u.test(text) ? text : `(${text})`;

/** The character of `x2013`; '' for none. */
function codePoint(written: string): string {
  const number = Number(`0${written.trim()}`);
  return Number.isInteger(number) && number > 31 && number < 0xd800 ? String.fromCodePoint(number) : '';
}
