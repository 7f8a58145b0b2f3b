import type { Readable } from 'node:stream';
import { z } from 'zod';
import { jsonLinesSource } from './json-lines.ts';
import {
  arxivIdIn,
  authorsIn,
  categoriesIn,
  dayIn,
  doiIn,
  lenient,
  lenientList,
  nameIn,
} from './record-fields.ts';
import { checkRecord, type PaperSource, reasonOf, type SourceItem } from './source.ts';

export const OPENALEX_SOURCE = 'openalex';

/** A longer abstract than this many words is longer than a paper's may be. */
const MAX_WORDS = 25_000;

const text = lenient(z.string());
const location = z.object({
  id: text,
  landing_page_url: text,
  pdf_url: text,
  source: lenient(z.object({ display_name: text, type: text })),
});
const topic = z.object({
  subfield: lenient(z.object({ display_name: text })),
  field: lenient(z.object({ display_name: text })),
});

/** What is read of a work. */
const work = z.object({
  id: z.string(),
  doi: text,
  ids: lenient(z.object({ doi: text, arxiv: text })),
  title: text,
  display_name: text,
  publication_date: text,
  abstract_inverted_index: lenient(z.record(z.string(), z.array(z.number()))),
  authorships: lenientList(
    z.object({ author: lenient(z.object({ display_name: text })), raw_author_name: text }),
  ),
  primary_location: lenient(location),
  locations: lenientList(location),
  topics: lenientList(topic),
  is_retracted: lenient(z.boolean()),
});

/** The fields that are read, as the API's `select` names them. */
export const WORK_FIELDS = Object.keys(work.shape);

/**
 * A work of OpenAlex, as its API and its snapshot write it. The id is OpenAlex's own, `W…`; DOI and arXiv id are fields,
 * so that the paper is found to be one with that of other sources. A retracted work is a removal.
 *
 * Categories are the subfields and fields of its topics, such as `Artificial Intelligence` and `Computer Science`: a
 * short, stable list that a filter can name. The topics themselves are thousands, and concepts are no longer kept up.
 * Repositories are no venues: a preprint has none.
 */
export function openAlexItem(value: unknown, at: string): SourceItem {
  const parsed = work.safeParse(value);
  if (!parsed.success) return { at, reason: reasonOf(parsed.error) };
  const given = parsed.data;
  const id = /^(?:https?:\/\/openalex\.org\/)?(W\d{1,15})$/i.exec(given.id)?.[1]?.toUpperCase();
  if (id === undefined) return { at, reason: 'id: expected an id such as W2741809807' };
  if (given.is_retracted) return { at, removal: { id, why: 'withdrawn' } };
  const title = given.title ?? given.display_name;
  if (!title?.trim()) return { at, id, reason: 'expected a title, got none' };
  const abstract = abstractOf(given.abstract_inverted_index ?? {});
  if (abstract === '') return { at, id, reason: 'expected an abstract, got none' };
  const locations = [...(given.primary_location ? [given.primary_location] : []), ...given.locations];
  const doi = doiIn(given.ids?.doi) ?? doiIn(given.doi);
  const arxivId = arxivIdIn([
    given.ids?.arxiv,
    doi,
    ...locations.flatMap((place) => [place.id, place.landing_page_url, place.pdf_url]),
  ]);
  const published = locations.find(({ source }) => source?.display_name && source.type !== 'repository');
  const record = {
    id,
    title,
    abstract,
    authors: authorsIn(given.authorships.map((each) => each.author?.display_name ?? each.raw_author_name)),
    date: dayIn(given.publication_date),
    categories: categoriesIn(
      given.topics.flatMap(({ field, subfield }) => [field?.display_name, subfield?.display_name]),
    ),
    source: OPENALEX_SOURCE,
    url: doi === undefined && arxivId === undefined ? `https://openalex.org/${id}` : undefined,
    doi,
    arxivId,
    venue: nameIn(published?.source?.display_name),
  };
  return checkRecord(record, at, { strict: true });
}

/**
 * The abstract that an inverted index, `{word: [positions]}`, is of: its words in the order of their positions, up to
 * the 25,000th. Positions may have gaps: where nothing stands, nothing is written.
 */
export function abstractOf(index: Readonly<Record<string, readonly number[]>>): string {
  const words: string[] = [];
  for (const [word, positions] of Object.entries(index)) {
    for (const position of positions) {
      if (Number.isInteger(position) && position >= 0 && position < MAX_WORDS) words[position] ??= word;
    }
  }
  // Gaps are holes of the array, which filter passes over.
  return words
    .filter((word) => word !== '')
    .join(' ')
    .trim();
}

/**
 * Papers from a file of works, one a line, plain or gzip: a part of OpenAlex's snapshot, or works saved from its API.
 * Iterating throws `invalid_input` when the file cannot be read.
 */
export const openAlexFileSource = (file: string | Readable): PaperSource =>
  jsonLinesSource(file, openAlexItem);
