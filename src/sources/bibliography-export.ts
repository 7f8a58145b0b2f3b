import { authorName } from '../identity.ts';
import type { Paper } from '../paper.ts';
import { isStopWord, wordsOf } from '../words.ts';
import type { BibliographyFormat } from './bibliography.ts';

/** Papers as BibTeX, in UTF-8; what TeX takes for commands is escaped, but for the maths in titles and abstracts. */
export const writeBibtex = (papers: readonly Paper[]): string => written('bibtex', papers);

/** Papers as CSL-JSON, a list of items. */
export const writeCslJson = (papers: readonly Paper[]): string => written('csl-json', papers);

/** Papers as RIS. */
export const writeRis = (papers: readonly Paper[]): string => written('ris', papers);

function written(format: BibliographyFormat, papers: readonly Paper[]): string {
  const writer = bibliographyWriter(format);
  return writer.add(papers) + writer.end();
}

/** Writes one bibliography, in pieces: a person may have more papers than should be held at once. */
export interface BibliographyWriter {
  /** The text of the next papers. */
  add(papers: readonly Paper[]): string;
  /** The text behind the last. */
  end(): string;
}

export function bibliographyWriter(format: BibliographyFormat): BibliographyWriter {
  const { entry, before, between, after, empty } = FORMS[format];
  const keyOf = createCitationKeys();
  let count = 0;
  const joint = () => (count++ === 0 ? before : between);
  return {
    add: (papers) => papers.map((paper) => joint() + entry(paper, keyOf(paper))).join(''),
    end: () => (count === 0 ? empty : after),
  };
}

interface Form {
  entry: (paper: Paper, key: string) => string;
  before: string;
  between: string;
  after: string;
  /** Without any paper. */
  empty: string;
}
const FORMS: Record<BibliographyFormat, Form> = {
  bibtex: { entry: bibtexEntry, before: '', between: '\n', after: '', empty: '' },
  ris: { entry: risEntry, before: '', between: '\n', after: '', empty: '' },
  'csl-json': { entry: cslEntry, before: '[\n', between: ',\n', after: '\n]\n', empty: '[]\n' },
};

function cslEntry(paper: Paper, key: string): string {
  const item = {
    id: key,
    type: paper.venue === undefined ? 'article' : 'article-journal',
    title: entitySafe(paper.title),
    author: paper.authors.map(cslName),
    ...(paper.date !== null && { issued: { 'date-parts': [paper.date.split('-').map(Number)] } }),
    ...(paper.doi !== undefined && { DOI: paper.doi }),
    ...(paper.url !== undefined && { URL: paper.url }),
    ...(paper.arxivId !== undefined && { archive: 'arXiv', archive_id: paper.arxivId }),
    ...(paper.venue !== undefined && { 'container-title': paper.venue }),
    abstract: entitySafe(paper.abstract),
  };
  return `  ${JSON.stringify(item, null, 2).replaceAll('\n', '\n  ')}`;
}

function bibtexEntry(paper: Paper, key: string): string {
  const { arxivId, venue, date, doi, url } = paper;
  const [year, month] = date === null ? [] : date.split('-');
  const category = paper.categories.find((name) => /^[a-z-]+(?:\.[A-Za-z-]+)?$/.test(name));
  const fields: [string, string | undefined][] = [
    // Braces twice: styles change the case of what is in one pair.
    ['title', `{${tex(paper.title)}}`],
    ['author', paper.authors.length === 0 ? undefined : paper.authors.map(bibtexName).join(' and ')],
    ['year', year],
    ['month', month === undefined ? undefined : String(Number(month))],
    ['journal', venue === undefined ? undefined : tex(venue)],
    ['eprint', arxivId],
    ['archiveprefix', arxivId && 'arXiv'],
    ['primaryclass', arxivId && category],
    ['doi', doi && verbatim(doi)],
    ['url', url && verbatim(url)],
    ['abstract', tex(paper.abstract)],
  ];
  const lines = fields.flatMap(([name, value]) => (value ? `  ${name} = {${value}},\n` : []));
  return `@${venue === undefined ? 'misc' : 'article'}{${key},\n${lines.join('')}}\n`;
}

function risEntry(paper: Paper, key: string): string {
  const [year, month = '', day = ''] = paper.date?.split('-') ?? [];
  const lines: [string, string | undefined][] = [
    ['TY', paper.venue === undefined ? 'UNPB' : 'JOUR'],
    ['ID', key],
    ['TI', entitySafe(paper.title)],
    ...paper.authors.map((name): [string, string] => ['AU', familyFirst(name)]),
    ['PY', year],
    ['DA', year && `${year}/${month}/${day}`],
    ['JO', paper.venue],
    ['DO', paper.doi],
    ['AN', paper.arxivId && `arXiv:${paper.arxivId}`],
    ['UR', paper.url],
    ['AB', entitySafe(paper.abstract)],
  ];
  const said = lines.flatMap(([tag, value]) => (value ? `${tag}  - ${value}\r\n` : []));
  return `${said.join('')}ER  - \r\n`;
}

/** `vaswani2017attention`: the first author's family name, the year, the title's first telling word; each once. */
function createCitationKeys(): (paper: Paper) => string {
  const used = new Map<string, number>();
  return ({ title, authors: [author = ''], date }) => {
    const words = wordsOf(title).filter(({ form, isCompound }) => !isCompound && !isStopWord(form));
    const ascii = (text = '') => text.replace(/[^a-z0-9]/g, '');
    const family = ascii(authorName(author)?.family);
    const word = words.map(({ form }) => ascii(form)).find((form) => form !== '');
    const key = `${family}${date?.slice(0, 4) ?? ''}${word ?? ''}`.slice(0, 60) || 'paper';
    const before = used.get(key) ?? 0;
    used.set(key, before + 1);
    // A letter would run into the word: `-2` is in no key of its own.
    return before === 0 ? key : `${key}-${before + 1}`;
  };
}

/** Maths between dollars, as arXiv's titles have it; an amount of money is followed by no such second dollar. */
const MATHS = /\$(?=[^\s$])[^$]{0,299}(?<=[^\s\\])\$(?!\d)/g;
const SPECIAL: Record<string, string> = {
  '\\': '{\\textbackslash}',
  '{': '{\\textbraceleft}',
  '}': '{\\textbraceright}',
  '~': '{\\textasciitilde}',
  '^': '{\\textasciicircum}',
  '`': '{\\textasciigrave}',
  "'": "{'}",
  '-': '{-}',
};

/** A text for TeX. Maths stays maths where its braces are balanced. */
function tex(text: string): string {
  let [escaped, start] = ['', 0];
  for (const { 0: maths, index } of text.matchAll(MATHS)) {
    if (!isBalanced(maths)) continue;
    escaped += texEscaped(text.slice(start, index)) + maths;
    start = index + maths.length;
  }
  return escaped + texEscaped(text.slice(start));
}

/** Signs that are two dashes or quotes in TeX when they stand side by side are kept apart. */
const texEscaped = (text: string) =>
  text.replace(/[\\{}~^`]|'(?=')|-(?=-)|[&%$#_]/g, (sign) => SPECIAL[sign] ?? `\\${sign}`);

function isBalanced(text: string): boolean {
  let depth = 0;
  for (const sign of text) {
    if (sign === '{') depth++;
    else if (sign === '}' && --depth < 0) return false;
  }
  return depth === 0;
}

/** An address or DOI, which BibLaTeX takes as it stands: only braces would break the entry. */
const verbatim = (text: string) => text.replace(/[{}\\]/g, (sign) => encodeURIComponent(sign));

/** A name that has `and` or commas of its own is one in braces. */
function bibtexName(name: string): string {
  const isOdd = /\sand\s|[,;].*[,;]|;/i.test(name) || /^(?:others|et al\.?)$/i.test(name);
  return isOdd ? `{${tex(name)}}` : tex(name);
}

const PARTICLES = new Set(
  'van von der den de del della di da dos du la le el al bin ibn ter ten zu zur'.split(' '),
);
const SUFFIX = /^(?:jr|sr|ii|iii|iv)\.?$/i;

/** A name's parts; particles before the family name (`van der`) belong to it. One word alone has no parts. */
function nameParts(name: string): { family: string; given: string; suffix: string } | null {
  const [before = '', after, ...more] = name.split(/\s*,\s*/);
  if (after !== undefined) {
    const isParts = more.length === 0 && before !== '' && after !== '' && !SUFFIX.test(after);
    return isParts ? { family: before, given: after, suffix: '' } : null;
  }
  const words = name.split(' ');
  const suffix = words.length > 2 && SUFFIX.test(words.at(-1) ?? '') ? (words.pop() ?? '') : '';
  let start = words.length - 1;
  while (start > 1 && PARTICLES.has(words[start - 1] ?? '')) start--;
  if (start < 1) return null;
  return { family: words.slice(start).join(' '), given: words.slice(0, start).join(' '), suffix };
}

function cslName(name: string): Record<string, string> {
  const parts = nameParts(name);
  if (!parts) return { literal: name };
  const { family, given, suffix } = parts;
  return { family, given, ...(suffix !== '' && { suffix }) };
}

function familyFirst(name: string): string {
  const parts = nameParts(name);
  if (!parts) return name;
  return [parts.family, parts.given, parts.suffix].filter((part) => part !== '').join(', ');
}

/** Text for formats whose texts may have HTML in them: what would be taken for one of its entities is escaped. */
const entitySafe = (text: string) => text.replace(/&(?=#?\w{1,40};)/g, '&amp;');
