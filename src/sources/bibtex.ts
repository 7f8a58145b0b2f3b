import { messageOf } from '../errors.ts';
import { texText } from '../tex-text.ts';
import type { Reference, ReferenceItem } from './reference.ts';
import { shortened } from './source.ts';

/** An entry begins a line in nearly every file; where one is damaged, reading goes on at the next that does. */
const LINE_HEADER = /^[ \t]{0,20}@[ \t]{0,20}[a-z]{1,40}[ \t]{0,20}[{(]/gim;
const HEADER = /@[ \t]{0,20}([a-z]{1,40})\s{0,20}([{(])/iy;
const SPACE = /\s*/y;
const KEY = /[^\s,{}()"=@]*(?=\s*[,})])/y;
const NAME = /[^\s=,{}"#%()]{1,100}/y;
const WORD = /[^\s,{}"#=()]{1,200}/y;
/** A name of a journal or a month; longer ones could be put together without end. */
const MOST_IN_STRING = 5_000;

type Fields = Map<string, string>;

/** An entry's damage, as a reason. */
class Damage extends Error {}

/**
 * The entries of a BibTeX or BibLaTeX file. As BibTeX does, it passes over what stands between entries, and reads
 * entries inside `@comment`. A value must not hold a line that begins another entry, so that a brace which is never
 * closed damages its entry alone; each character is looked at a few times at most.
 */
export function* bibtexReferences(text: string): Generator<ReferenceItem> {
  const starts = [...text.matchAll(LINE_HEADER)].map(({ index }) => index);
  const strings: Fields = new Map();
  const lineAt = lineCounter(text);
  let [next, number] = [0, 0];
  let at = text.indexOf('@');
  while (at !== -1) {
    HEADER.lastIndex = at;
    const header = HEADER.exec(text);
    if (!header) {
      at = text.indexOf('@', at + 1);
      continue;
    }
    const start = HEADER.lastIndex;
    while ((starts[next] ?? text.length) < start) next++;
    const end = starts[next] ?? text.length;
    const [, type = '', open] = header;
    const kind = type.toLowerCase();
    if (kind === 'comment') {
      at = text.indexOf('@', start);
      continue;
    }
    const body = text.slice(start, end);
    const close = open === '(' ? ')' : '}';
    let used = body.length;
    try {
      if (kind === 'preamble') used = createScanner(body, close, strings, false).value().end;
      else {
        const entry = readEntry(body, close, strings, kind === 'string');
        used = entry.end;
        if (kind === 'string') addStrings(strings, entry.fields);
        else {
          number++;
          const label = entry.key || String(number);
          yield {
            at: `${shortened(label)} (line ${lineAt(at)})`,
            reference: referenceOf(label, entry.fields),
          };
        }
      }
    } catch (error) {
      if (!(error instanceof Damage)) throw error;
      const key = /^\s{0,100}([^\s,{}()"=@]{1,100})\s{0,100},/.exec(body)?.[1] ?? `@${type}`;
      yield { at: `${shortened(key)} (line ${lineAt(at)})`, reason: messageOf(error) };
    }
    at = text.indexOf('@', start + used);
  }
}

/** The number of the line at a place; places are asked for in order. */
function lineCounter(text: string): (at: number) => number {
  let [line, from] = [1, 0];
  return (at) => {
    for (let end = text.indexOf('\n', from); end !== -1 && end < at; end = text.indexOf('\n', from)) {
      line++;
      from = end + 1;
    }
    return line;
  };
}

function addStrings(strings: Fields, fields: Fields): void {
  for (const [name, value] of fields) if (value.length <= MOST_IN_STRING) strings.set(name, value);
}

interface Entry {
  key: string;
  fields: Fields;
  end: number;
}

/** BibTeX counts braces behind a backslash, too; where that does not come out, they are taken for signs. */
function readEntry(body: string, close: string, strings: Fields, isString: boolean): Entry {
  try {
    return createScanner(body, close, strings, false).entry(isString);
  } catch (error) {
    if (!(error instanceof Damage) || !/\\[{}]/.test(body)) throw error;
    return createScanner(body, close, strings, true).entry(isString);
  }
}

/** Reads the inside of one entry, behind its opening brace. */
function createScanner(body: string, close: string, strings: Fields, escapes: boolean) {
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const [found = ''] = pattern.exec(body) ?? [];
    at += found.length;
    return found;
  };
  const here = () => (at >= body.length ? 'its end' : `"${body.slice(at, at + 20).toWellFormed()}"`);

  /** The inside of braces or quotes that open at `at`. */
  const group = (opening: string): string => {
    const start = at + 1;
    let depth = 0;
    for (let i = start; i < body.length; i++) {
      const sign = body[i];
      if (escapes && sign === '\\') i++;
      else if (sign === '{') depth++;
      else if (sign === '"' && opening === '"' && depth === 0) {
        at = i + 1;
        return body.slice(start, i);
      } else if (sign === '}' && --depth < 0) {
        if (opening === '"') break;
        at = i + 1;
        return body.slice(start, i);
      }
    }
    throw new Damage(`expected the end of a value that begins with ${here()}`);
  };
  const part = (): string => {
    const sign = body[at];
    if (sign === '{' || sign === '"') return group(sign);
    const word = take(WORD);
    if (word === '') throw new Damage(`expected a value, got ${here()}`);
    return strings.get(word.toLowerCase()) ?? word;
  };
  const value = (): { text: string; end: number } => {
    take(SPACE);
    let text = part();
    for (take(SPACE); body[at] === '#'; take(SPACE)) {
      at++;
      take(SPACE);
      text += part();
    }
    return { text, end: at };
  };
  const entry = (isString: boolean): Entry => {
    take(SPACE);
    const key = isString ? '' : take(KEY);
    const fields: Fields = new Map();
    for (;;) {
      take(SPACE);
      while (body[at] === ',') {
        at++;
        take(SPACE);
      }
      if (body[at] === close) return { key, fields, end: at + 1 };
      const name = take(NAME).toLowerCase();
      if (name === '') throw new Damage(`expected a field or "${close}", got ${here()}`);
      take(SPACE);
      if (body[at] !== '=') throw new Damage(`expected "=" behind "${shortened(name)}", got ${here()}`);
      at++;
      const { text } = value();
      if (!fields.has(name)) fields.set(name, text);
    }
  };
  return { entry, value };
}

function referenceOf(key: string, fields: Fields): Reference {
  const tex = (name: string) => texText(fields.get(name) ?? '', { isTex: true });
  const verbatim = (name: string) => verbatimText(fields.get(name) ?? '');
  const subtitle = tex('subtitle');
  const archive = verbatim('archiveprefix') || verbatim('eprinttype');
  const eprint = verbatim('eprint');
  const isArxiv = archive === '' || /arxiv/i.test(archive);
  return {
    label: key,
    title: subtitle === '' ? tex('title') : `${tex('title')}: ${subtitle}`,
    authors: authorsOf(fields.get('author') ?? ''),
    years: [tex('year'), tex('date'), tex('urldate')].slice(
      0,
      fields.has('year') || fields.has('date') ? 2 : 0,
    ),
    dois: [verbatim('doi')],
    arxivIds: isArxiv ? [eprint, verbatim('arxivid'), verbatim('arxiv')] : [],
    mentions: [
      ...['journal', 'journaltitle', 'number', 'volume', 'pages', 'eid', 'howpublished', 'ee', 'publisher'],
      ...['institution', 'note', 'annote', 'addendum', 'pubstate'],
    ].map(verbatim),
    abstract: tex('abstract'),
    urls: [verbatim('url'), verbatim('bdsk-url-1'), verbatim('link'), verbatim('howpublished')],
  };
}

/** The names of an author field, given names first. */
function authorsOf(field: string): string[] {
  const names = splitOutside(field, /\s+and\s+/giy);
  const [only = ''] = names;
  const list = names.length === 1 && only.includes(';') ? splitOutside(only, /\s*;\s*/gy) : names;
  return list.flatMap(nameOf).filter((name) => name !== '' && !/^(?:others|et al\.?)$/i.test(name));
}

/** One name in BibTeX's three forms; several, where somebody put commas between them. */
function nameOf(written: string): string[] {
  const parts = splitOutside(written, /\s*,\s*/gy).map((part) => texText(part, { isTex: true }).trim());
  const [family = '', ...rest] = parts;
  const isList = parts.length > 3 || (parts.length > 1 && parts.every((part) => /\S\s+\S/.test(part)));
  if (isList) return parts.filter((part) => part !== '');
  const given = rest.at(-1) ?? '';
  const suffix = rest.length > 1 ? (rest[0] ?? '') : '';
  return [[given, family, suffix].filter((part) => part !== '').join(' ')];
}

/** The parts of a text between separators that stand outside braces. */
function splitOutside(text: string, separator: RegExp): string[] {
  const parts: string[] = [];
  let [depth, start] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const sign = text[i] ?? '';
    if (sign === '{') depth++;
    else if (sign === '}') depth--;
    else if (depth === 0 && (sign.trim() === '' || sign === ',' || sign === ';')) {
      // White space is looked at from its beginning only.
      if (sign.trim() === '' && i > start && (text[i - 1] ?? '').trim() === '') continue;
      separator.lastIndex = i;
      const [found] = separator.exec(text) ?? [];
      if (found === undefined) continue;
      parts.push(text.slice(start, i));
      start = i + found.length;
      i = start - 1;
    }
  }
  parts.push(text.slice(start));
  return parts.map((part) => part.trim());
}

/** A text that TeX takes as it stands, such as an address: only braces and escapes go. */
const verbatimText = (tex: string): string =>
  tex
    .replace(/\{?\\textasciitilde ?(?:\{\})?\}?|\\~\{\}/g, '~')
    .replace(/\\([_&%#$~{}^-])/g, '$1')
    .replace(/[{}]/g, '');
