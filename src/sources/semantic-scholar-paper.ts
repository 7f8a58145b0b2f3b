import { z } from 'zod';
import { parseArxivId } from '../paper.ts';
import {
  authorsIn,
  categoriesIn,
  dayIn,
  doiIn,
  lenient,
  lenientList,
  nameIn,
  webAddressIn,
} from './record-fields.ts';
import { checkRecord, reasonOf, type SourceItem } from './source.ts';

export const SEMANTIC_SCHOLAR_SOURCE = 'semantic-scholar';

/** The datasets write `corpusid` and `externalids` where the API writes `corpusId` and `externalIds`. */
const inLowerCase = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]))
    : value;

const text = lenient(z.string());
const corpusId = z
  .union([z.int().min(1), z.string().regex(/^[1-9]\d{0,15}$/)], 'expected a number')
  .transform(String);
const externalIds = z.preprocess(
  inLowerCase,
  z.object({ arxiv: text, doi: text, corpusid: lenient(corpusId) }),
);

const paper = z.preprocess(
  inLowerCase,
  z.object({
    corpusid: lenient(corpusId),
    paperid: text,
    externalids: lenient(externalIds),
    url: text,
    title: text,
    abstract: text,
    year: lenient(z.int().min(1000).max(9999)),
    publicationdate: text,
    authors: lenientList(z.object({ name: text })),
    venue: text,
    journal: lenient(z.object({ name: text })),
    fieldsofstudy: lenientList(z.string()),
    s2fieldsofstudy: lenientList(z.object({ category: text })),
  }),
);

/** A paper without its abstract, where that is not in its own record: `record.abstract` is undefined then. */
export type PaperDraft =
  | { at: string; corpusId: string | null; record: { id: string; abstract?: string | undefined } }
  | { at: string; id?: string; reason: string };

/**
 * A paper of Semantic Scholar as its `papers` dataset, or its API, writes it. The id is `CorpusId:` and its number, or
 * the paper's hash where the API was not asked for that. Categories are the fields of study, such as `Computer Science`.
 */
export function paperDraft(value: unknown, at: string): PaperDraft {
  const parsed = paper.safeParse(value);
  if (!parsed.success) return { at, reason: reasonOf(parsed.error) };
  const given = parsed.data;
  const number = given.corpusid ?? given.externalids?.corpusid ?? null;
  const hash = /^[0-9a-f]{40}$/.exec(given.paperid ?? '')?.[0];
  const id = number === null ? hash : `CorpusId:${number}`;
  if (id === undefined) return { at, reason: 'expected a corpusid or a paperId, got neither' };
  if (!given.title?.trim()) return { at, id, reason: 'expected a title, got none' };
  const doi = doiIn(given.externalids?.doi);
  const arxivId = parseArxivId(given.externalids?.arxiv?.trim() ?? '')?.arxivId;
  const venue = nameIn(given.venue) ?? nameIn(given.journal?.name);
  const record = {
    id,
    title: given.title,
    abstract: given.abstract?.trim() ? given.abstract : undefined,
    authors: authorsIn(given.authors.map(({ name }) => name)),
    date: dayIn(given.publicationdate) ?? (given.year ? String(given.year) : undefined),
    categories: categoriesIn([
      ...given.s2fieldsofstudy.map(({ category }) => category),
      ...given.fieldsofstudy,
    ]),
    source: SEMANTIC_SCHOLAR_SOURCE,
    url: doi === undefined && arxivId === undefined ? webAddressIn(given.url) : undefined,
    doi,
    arxivId,
    // A repository is no venue.
    venue: /^arxiv/i.test(venue ?? '') ? undefined : venue,
  };
  return { at, corpusId: number, record };
}

/** The item that a draft becomes with the abstract that was found for it. */
export function itemOfDraft(draft: PaperDraft, abstract: string | null): SourceItem {
  if ('reason' in draft) return draft;
  const { at, record } = draft;
  const whole = { ...record, abstract: record.abstract ?? abstract };
  if (whole.abstract === null) return { at, id: record.id, reason: 'expected an abstract, got none' };
  return checkRecord(whole, at, { strict: true });
}

const abstractLine = z.preprocess(inLowerCase, z.object({ corpusid: corpusId, abstract: text }));

/** A line of the `abstracts` dataset; '' where it holds none. */
export function abstractOfLine(
  value: unknown,
  at: string,
): { corpusId: string; abstract: string } | { at: string; reason: string } {
  const parsed = abstractLine.safeParse(value);
  if (!parsed.success) return { at, reason: reasonOf(parsed.error) };
  return { corpusId: parsed.data.corpusid, abstract: parsed.data.abstract?.trim() ?? '' };
}
