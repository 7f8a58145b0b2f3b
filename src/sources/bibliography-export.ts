import { authorName } from '../identity.ts';
import type { Paper } from '../paper.ts';
import { isStopWord, wordsOf } from '../words.ts';

/** Papers as BibTeX, in UTF-8; what TeX takes for commands is escaped, but for the maths in titles and abstracts. */
export function writeBibtex(papers: readonly Paper[]): string {
  const keys = citationKeys(papers);
  return papers.map((paper, at) => bibtexEntry(paper, keys[at] ?? `paper${at}`)).join('\n');
}

/** Papers as CSL-JSON, a list of items. */
export function writeCslJson(papers: readonly Paper[]): string {
  const keys = citationKeys(papers);
  const items = papers.map((paper, at) => ({
    id: keys[at],
    type: paper.venue === undefined ? 'article' : 'article-journal',
    title: entitySafe(paper.title),
    author: paper.authors.map(cslName),
    ...(paper.date !== null && { issued: { 'date-parts': [paper.date.split('-').map(Number)] } }),
    ...(paper.doi !== undefined && { DOI: paper.doi }),
    ...(paper.url !== undefined && { URL: paper.url }),
    ...(paper.arxivId !== undefined && { archive: 'arXiv', archive_id: paper.arxivId }),
    ...(paper.venue !== undefined && { 'container-title': paper.venue }),
    abstract: entitySafe(paper.abstract),
  }));
  return `${JSON.stringify(items, null, 2)}\n`;
}

/** Papers as RIS. */
export function writeRis(papers: readonly Paper[]): string {
  return citationKeys(papers)
    .map((key, at) => risEntry(papers[at] as Paper, key))
    .join('\n');
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
function citationKeys(papers: readonly Paper[]): string[] {
  const used = new Map<string, number>();
  return papers.map(({ title, authors: [author = ''], date }) => {
    const words = wordsOf(title).filter(({ form, isCompound }) => !isCompound && !isStopWord(form));
    const ascii = (text = '') => text.replace(/[^a-z0-9]/g, '');
    const family = ascii(authorName(author)?.family);
    const word = words.map(({ form }) => ascii(form)).find((form) => form !== '');
    const key = `${family}${date?.slice(0, 4) ?? ''}${word ?? ''}`.slice(0, 60) || 'paper';
    const before = used.get(key) ?? 0;
    used.set(key, before + 1);
    // A letter would run into the word: `-2` is in no key of its own.
    return before === 0 ? key : `${key}-${before + 1}`;
  });
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
