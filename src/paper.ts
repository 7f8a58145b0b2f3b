import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readableText } from './readable-text.ts';

/** The SQLite rowid of a paper's id, and its label in the HNSW graph. Never reused within a library. */
export type PaperKey = number;

/** Limits on one paper; documented in the API reference. Lengths are in UTF-16 code units, as JavaScript counts. */
export const PAPER_LIMITS = {
  id: 200,
  title: 2_000,
  abstract: 50_000,
  authors: 6_000,
  author: 300,
  categories: 100,
  category: 500,
  shortText: 500,
  url: 2_000,
  comment: 5_000,
} as const;

/** A calendar date, possibly known only to the month or year: `2024-05-30`, `1948-07`, `1905`. */
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;

/** True for `YYYY`, `YYYY-MM` and `YYYY-MM-DD` that exist in the calendar. */
export function isCalendarDate(text: string): boolean {
  const match = DATE.exec(text);
  if (!match) return false;
  const [, year, month = '01', day = '01'] = match;
  const time = Date.parse(`${year}-${month}-${day}T00:00:00Z`);
  return Number.isFinite(time) && new Date(time).toISOString().startsWith(`${year}-${month}-${day}`);
}

/** The first day that a date can mean: what sorting and date filters use. */
export function firstDayOf(date: string): string {
  return date.length === 4 ? `${date}-01-01` : date.length === 7 ? `${date}-01` : date;
}

/** The last day that a date can mean. */
export function lastDayOf(date: string): string {
  if (date.length === 4) return `${date}-12-31`;
  if (date.length > 7) return date;
  const [year, month] = date.split('-').map(Number);
  return new Date(Date.UTC(year ?? 0, month ?? 1, 0)).toISOString().slice(0, 10);
}

const shortText = (limit: number) => z.string().max(limit);
const dateText = z
  .string()
  // A time of day is accepted and dropped: listings and picks are by day.
  .transform((text) => (/^\d{4}-\d{2}-\d{2}[T ]/.test(text) ? text.slice(0, 10) : text))
  .refine(isCalendarDate, 'expected a date: YYYY-MM-DD, YYYY-MM or YYYY');
const webUrl = z
  .string()
  .max(PAPER_LIMITS.url)
  .refine((text) => /^https?:\/\/\S+$/.test(text) && URL.canParse(text), 'expected an http or https address');

const fields = {
  id: z
    .string()
    .trim()
    .min(1, 'expected an id of at least 1 character')
    .max(PAPER_LIMITS.id)
    .refine((id) => /^[^\s\p{Cc}\p{Cs}]+$/u.test(id) && id !== '.' && id !== '..', {
      message: 'expected an id of visible characters without spaces, and neither "." nor ".."',
    }),
  title: z
    .string()
    .max(PAPER_LIMITS.title)
    .refine((text) => readableText(text) !== '', 'expected text, got only white space'),
  abstract: z
    .string()
    .max(PAPER_LIMITS.abstract)
    .refine((text) => readableText(text) !== '', 'expected text, got only white space'),
  authors: z.array(shortText(PAPER_LIMITS.author)).max(PAPER_LIMITS.authors).nullish(),
  date: dateText.nullish(),
  categories: z.array(shortText(PAPER_LIMITS.category)).max(PAPER_LIMITS.categories).nullish(),
  source: z
    .string()
    .regex(/^[\w.:-]{1,100}$/, 'expected 1 to 100 letters, digits or . : _ -')
    .nullish(),
  url: webUrl.nullish(),
  doi: shortText(PAPER_LIMITS.shortText)
    .refine((text) => /^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)?10\.\d{4,9}\/\S+$/i.test(text), {
      message: 'expected a DOI such as 10.1000/182',
    })
    .nullish(),
  arxivId: shortText(PAPER_LIMITS.id).nullish(),
  venue: shortText(PAPER_LIMITS.shortText).nullish(),
  upvotes: z.int().min(0).max(1_000_000_000).nullish(),
  commentCount: z.int().min(0).max(1_000_000_000).nullish(),
  organization: shortText(PAPER_LIMITS.shortText).nullish(),
  authorCount: z.int().min(0).max(1_000_000).nullish(),
  codeUrl: webUrl.nullish(),
  comment: shortText(PAPER_LIMITS.comment).nullish(),
  language: z
    .string()
    .regex(/^[a-z]{2,3}$/, 'expected a language as ISO 639 names it, such as en')
    .nullish(),
};

/** One paper as it comes in by the API: unknown fields are refused. */
export const strictPaperRecord = z.strictObject(fields);
/** One paper as it comes in from a file: unknown fields are dropped (the reader counts them). */
export const loosePaperRecord = z.object(fields);
export const PAPER_FIELDS: ReadonlySet<string> = new Set(Object.keys(fields));

export type PaperRecord = z.output<typeof loosePaperRecord>;

/** A paper of the library, as every interface shows it. Absent facts are absent fields; `date` may be null. */
export interface Paper {
  id: string;
  title: string;
  abstract: string;
  authors: string[];
  date: string | null;
  categories: string[];
  source: string;
  url?: string;
  doi?: string;
  arxivId?: string;
  venue?: string;
  upvotes?: number;
  commentCount?: number;
  organization?: string;
  authorCount?: number;
  codeUrl?: string;
  /** What the authors remark, such as "12 pages, accepted at ICLR". */
  comment?: string;
  /** Of title and abstract: ISO 639-1, or 639-3 where that has none. */
  language?: string;
}

/** A clean record: what one source says about one paper. `undefined` means that the source does not say. */
export interface IncomingPaper {
  id: string;
  /** The arXiv version in the id that was given (`2401.01234v2` -> 2), or null. */
  version: number | null;
  /** The record as it came, before it was cleaned. */
  record: PaperRecord;
  /** True when the record named its source itself, so that it replaces the stored one. */
  sourceIsExplicit: boolean;
  facts: Omit<Paper, 'id' | 'date' | 'authors' | 'categories'> & {
    date?: string;
    authors?: string[];
    categories?: string[];
  };
}

/** That a source does not have a record any more (`deleted`), or that its authors took the paper back (`withdrawn`). */
export interface IncomingRemoval {
  source: string;
  /** Canonical, as a record's. */
  id: string;
  /** The arXiv version in the id that was given, or null. */
  version: number | null;
  why: 'deleted' | 'withdrawn';
}

/** Which papers may be answered. Every condition must hold; an absent one does not restrict. */
export interface PaperFilter {
  /** First and last day, inclusive, `YYYY-MM-DD`. Papers without a date fail both. */
  from?: string;
  to?: string;
  /** At least one of these; `cs` also matches `cs.LG`. */
  categories?: readonly string[];
  sources?: readonly string[];
  minUpvotes?: number;
  hasCode?: boolean;
  /** An instant, ISO 8601 UTC: only papers that the library got by then. */
  knownAt?: string;
  excludedKeys?: readonly PaperKey[];
}

/** True when a filter restricts by anything other than excluded keys. */
export function restricts(filter: PaperFilter | undefined): boolean {
  return (
    filter !== undefined &&
    (filter.from !== undefined ||
      filter.to !== undefined ||
      filter.categories !== undefined ||
      filter.sources !== undefined ||
      filter.minUpvotes !== undefined ||
      filter.hasCode !== undefined ||
      filter.knownAt !== undefined)
  );
}

/** New-style (2401.01234) and old-style (math/0301234, math.GT/0309136) arXiv ids, with or without a version. */
const ARXIV_ID = /^(?:arxiv:)?(\d{4}\.\d{4,5}|[a-z][a-z-]*(?:\.[A-Z]{2})?\/\d{7})(?:v([1-9]\d{0,2}))?$/i;

/** The arXiv id inside an id or an arXiv address, without its version, and the version; null for other ids. */
export function parseArxivId(id: string): { arxivId: string; version: number | null } | null {
  const bare = id.replace(/^https?:\/\/(?:www\.)?arxiv\.org\/(?:abs|pdf)\//i, '').replace(/\.pdf$/i, '');
  const match = ARXIV_ID.exec(bare);
  if (!match?.[1]) return null;
  return { arxivId: match[1], version: match[2] === undefined ? null : Number(match[2]) };
}

/** The DOI that arXiv gives to each of its papers, whose end is their arXiv id. */
const ARXIV_DOI = /^10\.48550\/arxiv\./i;

/** The arXiv id that a DOI of arXiv's own ends with; null for all other DOIs. */
export function arxivIdOfDoi(doi: string): string | null {
  return ARXIV_DOI.test(doi) ? (parseArxivId(doi.replace(ARXIV_DOI, ''))?.arxivId ?? null) : null;
}

/** The id under which a paper is stored: trimmed, and an arXiv id without prefix, address and version. */
export function canonicalId(id: string): string {
  const trimmed = id.trim();
  return parseArxivId(trimmed)?.arxivId ?? trimmed;
}

/** Text of facts other than titles, abstracts and names, as it is kept: Unicode NFC, well formed, control characters and runs of white space as one space. */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u200b\ufeff]+/g, ' ')
    .trim();
}

/** A text of at most `limit` UTF-16 units, cut between words where it can be, and never within a character. */
export function cutAtWord(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = text.slice(0, limit + 1).search(/\s\S*$/);
  return end > 0 ? text.slice(0, end) : text.slice(0, limit).replace(/[\ud800-\udbff]$/, '');
}

const cleanList = (list: readonly string[]) => [
  ...new Set(list.map(cleanText).filter((text) => text !== '')),
];
const cleanOptional = (text: string | null | undefined) => (text ? cleanText(text) || undefined : undefined);

/** Cleans a validated record. `defaultSource` names the source of records that do not name their own. */
export function incomingPaper(record: PaperRecord, defaultSource: string): IncomingPaper {
  const id = canonicalId(record.id);
  const doi = record.doi?.replace(/^(?:https?:\/\/(?:dx\.)?doi\.org\/|doi:)/i, '').toLowerCase();
  const arxiv =
    parseArxivId(record.id) ??
    parseArxivId(record.arxivId ?? '') ??
    parseArxivId((doi && arxivIdOfDoi(doi)) ?? '');
  const authors = record.authors ? record.authors.map(readableText).filter((name) => name !== '') : undefined;
  const facts: Record<string, unknown> = {
    title: readableText(record.title),
    abstract: readableText(record.abstract),
    authors,
    date: record.date ?? undefined,
    categories: record.categories ? cleanList(record.categories) : undefined,
    source: record.source ?? defaultSource,
    url:
      record.url ??
      (arxiv ? `https://arxiv.org/abs/${arxiv.arxivId}` : doi ? `https://doi.org/${doi}` : undefined),
    doi,
    arxivId: arxiv?.arxivId ?? cleanOptional(record.arxivId),
    venue: cleanOptional(record.venue),
    upvotes: record.upvotes ?? undefined,
    commentCount: record.commentCount ?? undefined,
    organization: cleanOptional(record.organization),
    authorCount: record.authorCount ?? (authors && authors.length > 0 ? authors.length : undefined),
    codeUrl: record.codeUrl ?? undefined,
    comment: cleanOptional(record.comment),
    language: record.language ?? undefined,
  };
  for (const name of Object.keys(facts)) if (facts[name] === undefined) delete facts[name];
  return {
    id,
    version: arxiv?.version ?? null,
    record,
    sourceIsExplicit: typeof record.source === 'string',
    facts: facts as IncomingPaper['facts'],
  };
}

/** The source of the embedded sample: its papers give way to any other source. */
export const SAMPLE_SOURCE = 'sample';

/** The paper that a record alone makes. */
export function freshPaper({ id, facts }: Pick<IncomingPaper, 'id' | 'facts'>): Paper {
  return { id, authors: [], date: null, categories: [], ...facts };
}

/** The text of a paper that is embedded, without the model's passage prefix. */
export function embeddedText(paper: Pick<Paper, 'title' | 'abstract'>): string {
  return `${paper.title}\n${paper.abstract}`;
}

/** Whether a text differs from one that was stored before only in how it was made readable. */
export const isCleaned = (
  stored: Pick<Paper, 'title' | 'abstract'>,
  { title, abstract }: Pick<Paper, 'title' | 'abstract'>,
): boolean => readableText(stored.title) === title && readableText(stored.abstract) === abstract;

/** Identifies the embedded text: equal hashes need no new embedding. Hex SHA-256. */
export function textHash(paper: Pick<Paper, 'title' | 'abstract'>): string {
  return createHash('sha256').update(embeddedText(paper)).digest('hex');
}

/** Whether two papers say the same in every field. */
export function samePaper(a: Paper, b: Paper): boolean {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof Paper>;
  for (const key of keys) if (JSON.stringify(a[key]) !== JSON.stringify(b[key])) return false;
  return true;
}
