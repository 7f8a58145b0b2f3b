import { decode } from 'html-entities';
import { cleanText, PAPER_LIMITS, parseArxivId } from '../paper.ts';
import { readableText } from '../readable-text.ts';

/** One work of a bibliography, as every format gives it. */
export interface BibliographyEntry {
  /** The citation key, or the number in the file: for reports. */
  label: string;
  /** '' when only ids say what it is. */
  title: string;
  /** Given names first: `Ashish Vaswani`. */
  authors: string[];
  year: number | null;
  /** Lower case, without `doi:` or an address before it. */
  doi: string | null;
  /** Without `arXiv:` and version. */
  arxivId: string | null;
  /** Null, too, when it is longer than a paper's may be. */
  abstract: string | null;
  url: string | null;
}

/** What a format's reader found in one entry: plain text, TeX and escapes of the format taken out. */
export interface Reference {
  label: string;
  title: string;
  authors: readonly string[];
  /** Texts that hold the year, the surest first. */
  years: readonly string[];
  /** Texts of fields that are for DOIs, and for arXiv ids, alone. */
  dois: readonly string[];
  arxivIds: readonly string[];
  /** Other texts that may name one, introduced as such: addresses, notes, journals. The surest first. */
  mentions: readonly string[];
  abstract: string;
  urls: readonly string[];
}

/** An entry as a reader gives it. `at` says where it stood. */
export type ReferenceItem = { at: string; reference: Reference } | { at: string; reason: string };

const ARXIV_ID = '(\\d{4}\\.\\d{4,5}|[a-z][a-z-]{0,20}(?:\\.[a-z]{2})?/\\d{7})(?!\\d)';
/** An arXiv id where something says that it is one: an address, `arXiv:`, the `abs/` of DBLP, or arXiv's own DOI. */
const MENTIONED_ARXIV_ID = new RegExp(
  `(?:\\barxiv\\.org/[a-z-]{1,9}/|\\barxiv(?: preprint| e-prints?)?\\]?[:.,]?\\s?|^abs/)${ARXIV_ID}`,
  'i',
);
const BARE_ARXIV_ID = new RegExp(`^${ARXIV_ID}(?:v\\d{1,3})?(?: ?\\[[\\w.-]{1,20}\\])?$`, 'i');
const DOI = /10\.\d{4,9}(?:\/|%2f)[^\s"<>“”]{1,300}(?:<[^\s<>"]{1,40}>[^\s<>"]{1,60})?/i;
const MENTIONED_DOI = new RegExp(
  `(?:\\bdoi\\.org/|\\bdoi[:=]?\\s?|/doi/(?:[a-z]{1,9}/)?)(${DOI.source})`,
  'i',
);

/** The entry that a reference makes, or the reason why it is none. */
export function entryOf(reference: Reference): BibliographyEntry | { reason: string } {
  const title = readableText(reference.title).replace(/(?<=[^.])\.$/, '');
  if (title.length > PAPER_LIMITS.title) {
    return { reason: `expected a title of at most ${PAPER_LIMITS.title} characters, got ${title.length}` };
  }
  const dois = reference.dois.map(entityFree);
  const mentions = [...reference.mentions, ...reference.urls].map(entityFree);
  const doi = first(dois, doiIn) ?? first(mentions, mentionedDoi);
  const arxivId =
    first(reference.arxivIds.map(entityFree), (text) => bareArxivId(text) ?? mentionedArxivId(text)) ??
    first([...dois, doi ?? '', ...mentions], mentionedArxivId);
  if (title === '' && doi === null && arxivId === null) {
    return { reason: 'expected a title, a DOI or an arXiv id, got none of them' };
  }
  const abstract = readableText(reference.abstract);
  return {
    label: cleanText(reference.label).slice(0, PAPER_LIMITS.id),
    title,
    authors: reference.authors
      .slice(0, PAPER_LIMITS.authors)
      .map((name) => readableText(name).slice(0, PAPER_LIMITS.author))
      .filter((name) => name !== ''),
    year: first(reference.years, yearIn),
    doi,
    arxivId,
    abstract: abstract === '' || abstract.length > PAPER_LIMITS.abstract ? null : abstract,
    url: first(reference.urls.map(entityFree), webAddress),
  };
}

function first<T>(texts: readonly string[], read: (text: string) => T | null): T | null {
  for (const text of texts) {
    const found = read(text);
    if (found !== null) return found;
  }
  return null;
}

const entityFree = (text: string) => (text.includes('&') ? decode(text, { scope: 'strict' }) : text).trim();

function doiIn(text: string): string | null {
  const [written] = DOI.exec(text) ?? [];
  return written === undefined ? null : bareDoi(written);
}

function mentionedDoi(text: string): string | null {
  const written = MENTIONED_DOI.exec(text)?.[1];
  return written === undefined ? null : bareDoi(written.replace(/[?#].*$/, ''));
}

/** A DOI without what a sentence or a list put behind it. */
function bareDoi(written: string): string | null {
  let doi = written.replace(/%2f/i, '/').toLowerCase();
  const opened = (open: string, close: string) => doi.split(open).length >= doi.split(close).length;
  while (/[.,;:!?'"’)\]}]$/.test(doi)) {
    if (doi.endsWith(')') && opened('(', ')')) break;
    if (doi.endsWith(']') && opened('[', ']')) break;
    doi = doi.slice(0, -1);
  }
  return /^10\.\d{4,9}\/\S/.test(doi) ? doi : null;
}

const mentionedArxivId = (text: string) => canonicalArxivId(MENTIONED_ARXIV_ID.exec(text)?.[1]);
const bareArxivId = (text: string) => canonicalArxivId(BARE_ARXIV_ID.exec(text)?.[1]);

/** In the one way in which old ids are written: `math.GT/0309136`. */
function canonicalArxivId(written: string | undefined): string | null {
  if (written === undefined) return null;
  const canonical = written
    .toLowerCase()
    .replace(/\.([a-z]{2})\//, (_, subject: string) => `.${subject.toUpperCase()}/`);
  return parseArxivId(canonical)?.arxivId ?? null;
}

function yearIn(text: string): number | null {
  const year = /(?<!\d)(1[5-9]|20)\d{2}(?!\d)/.exec(text)?.[0];
  return year === undefined ? null : Number(year);
}

function webAddress(text: string): string | null {
  const [url] = /https?:\/\/[^\s"<>{}\\]{1,1990}/i.exec(text) ?? [];
  return url !== undefined && URL.canParse(url) ? url : null;
}
