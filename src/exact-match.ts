import { type AuthorReading, authorReadings } from './author-query.ts';
import { AppError } from './errors.ts';
import { compactTitleKey, titleKey } from './identity.ts';
import type { LexicalIndex } from './lexical/lexical-index.ts';
import { canonicalId, type PaperFilter, type PaperKey, parseArxivId } from './paper.ts';
import { unquoted } from './quotes.ts';
import { SEARCH_LIMITS } from './search-limits.ts';
import type { NamedPaper, PaperNames, PaperStore } from './store/paper-store.ts';

/** By what a query names a paper, the surest first; last, that the paper has all its quoted phrases. */
export const MATCH_KINDS = ['id', 'doi', 'title', 'author', 'phrase'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** Identifiers looked up of one query. */
const MOST_IDENTIFIERS = 10;

/**
 * Of the papers that say a word, or words next to each other, the part that must have them as an author's name for them
 * to be one: `lecun` and `bengio` are, `klein` (bottles), `ricci` (flows) and `panda` (robots) are not.
 */
const NAME_SHARE = 0.75;

/** An arXiv id of the new style wherever it stands: alone, in an address, in a DOI, in a sentence. */
const NEW_ARXIV_ID = /(?<![\d.])\d{4}\.\d{4,5}(?!\d)|(?<=arxiv\.)\d{4}\.\d{4,5}(?!\d)/gi;
/** One of the old style looks like many a path, so it must be introduced as one, or stand alone. */
const OLD_ARXIV_ID = /(?:arxiv\.org\/[a-z]+\/|arxiv:|^)([a-z][a-z-]*(?:\.[a-z]{2})?\/\d{7})(?!\d)/gi;
const DOI = /10\.\d{4,9}(?:\/|%2f)[^\s"<>“”]+/gi;

/**
 * What a query may name but authors: ids, arXiv ids, DOIs, the title it is. `query` is clean text. Nothing is looked
 * up.
 */
export function namesIn(query: string): Omit<PaperNames, 'authors'> {
  const old = [...query.matchAll(OLD_ARXIV_ID)].map((match) => match[1] ?? '');
  const fresh = [...query.matchAll(NEW_ARXIV_ID)].map(([id]) => id);
  const arxivIds = [...old, ...fresh].flatMap(spellingsOfArxivId);
  const dois = [...wholeDoi(query), ...[...query.matchAll(DOI)].flatMap(([written]) => doisOf(written))];
  const ids = [canonicalId(query), ...arxivIds, ...dois];
  const few = (list: readonly string[]) => [...new Set(list)].slice(0, MOST_IDENTIFIERS);
  return {
    ids: few(ids),
    arxivIds: few(arxivIds),
    dois: few(dois),
    title: compactTitleKey(titleKey(unquoted(query))) || null,
  };
}

/**
 * An arXiv id as it may be stored: an old one is written in one way, `math.GT/0309136`, and the subject class is no part
 * of what it names.
 */
function spellingsOfArxivId(written: string): string[] {
  const id = parseArxivId(written)?.arxivId;
  if (id === undefined) return [];
  const [, archive, subject, number] = /^([a-z-]+)(\.[a-z]{2})?(\/.*)$/i.exec(id) ?? [];
  if (archive === undefined) return [id];
  const bare = `${archive.toLowerCase()}${number}`;
  return subject ? [`${archive.toLowerCase()}${subject.toUpperCase()}${number}`, bare] : [bare];
}

/** A query that is a DOI, as it stands: old ones hold signs that end one in a sentence (`(SICI)…<1661::AID…>3.0.CO;2-2`). */
function wholeDoi(query: string): string[] {
  const [, doi] =
    /^(?:doi:\s*|https?:\/\/(?:dx\.|www\.)?doi\.org\/)?(10\.\d{4,9}(?:\/|%2f)\S+)$/i.exec(query) ?? [];
  return doi === undefined ? [] : [doi.toLowerCase(), unescaped(doi).toLowerCase()];
}

function unescaped(written: string): string {
  try {
    return decodeURIComponent(written);
  } catch {
    return written;
  }
}

/** A DOI as it stands, and without what a sentence may have put behind it. Lower case, as they are stored. */
function doisOf(written: string): string[] {
  const doi = written.replace(/%2f/i, '/').toLowerCase();
  return [doi, doi.replace(/[.,;:!?'’)\]}]+$/, ''), doi.replace(/\.pdf$|[?#].*$/, '')];
}

/** Who a name is looked up with. */
interface Deps {
  store: Pick<PaperStore, 'papersNamed'>;
  lexical: Pick<LexicalIndex, 'mentions'>;
}

/**
 * The papers that a query names, the surest first, each once. Ids, DOIs and titles always count. An author counts when
 * somebody is called so, and the query is more likely to mean that person than what else papers say in these words.
 */
export async function namedPapers(
  deps: Deps,
  query: string,
  filter: PaperFilter | undefined,
): Promise<NamedPaper[]> {
  const options = { limit: SEARCH_LIMITS.depth, ...(filter && { filter }) };
  const found = await deps.store.papersNamed({ ...namesIn(query), authors: [] }, options);
  for (const reading of authorReadings(query)) {
    const by = await deps.store.papersNamed({ ...NO_NAMES, authors: [reading.author] }, options);
    if (by.length === 0) continue;
    const isNamed = await isName(deps.lexical, reading, by.length, filter).catch(notWhileReading);
    if (isNamed) found.push(...by);
  }
  const once = new Map<PaperKey, NamedPaper>();
  for (const paper of found) if (!once.has(paper.key)) once.set(paper.key, paper);
  return [...once.values()];
}

/** While the words of the library are being read for the first time, no words are known to be a name. */
const notWhileReading = (error: unknown): false => {
  if (error instanceof AppError && error.code === 'unavailable') return false;
  throw error;
};

const NO_NAMES: PaperNames = { ids: [], arxivIds: [], dois: [], title: null, authors: [] };

/**
 * Whether words that `papers` have as an author's name are one: `lecun` is, `long` is not, nor is `kalman filter`,
 * although somebody may be called so.
 */
async function isName(
  lexical: Deps['lexical'],
  { author, words, family }: AuthorReading,
  papers: number,
  filter: PaperFilter | undefined,
): Promise<boolean> {
  if (family) {
    const said = await lexical.mentions(author.family, filter);
    if (said.byAuthors < NAME_SHARE * said.papers) return false;
  }
  if (words === null) return true;
  const said = await lexical.mentions(words, filter);
  return papers >= Math.min(SEARCH_LIMITS.depth, NAME_SHARE * said.papers);
}

interface Ranked {
  key: PaperKey;
  score: number;
}

type Matched<Candidate> = Candidate & { match: MatchKind | null };

/**
 * A ranking with the papers that have the query's quoted phrases first, each group in its order: quotes say that the
 * words are meant as they stand. No score rises down the list. Null for a query without phrases.
 */
export function withPhrasesFirst<Candidate extends Ranked>(
  ranked: readonly Candidate[],
  havingPhrases: ReadonlySet<PaperKey> | null,
): Matched<Candidate>[] {
  if (!havingPhrases) return ranked.map((candidate) => ({ ...candidate, match: null }));
  const has = ({ key }: Candidate) => havingPhrases.has(key);
  const front = ranked.filter(has).map((candidate) => ({ ...candidate, match: 'phrase' as const }));
  const lowest = front.at(-1)?.score ?? Number.POSITIVE_INFINITY;
  const rest = ranked
    .filter((candidate) => !has(candidate))
    .map((candidate) => ({ ...candidate, score: Math.min(candidate.score, lowest), match: null }));
  return [...front, ...rest];
}

/**
 * A ranking with the named papers first, under a score that says so: those known by id, DOI or title as they were
 * named, then an author's in the order of the ranking, and behind them the author's others, newest first.
 * `unranked` makes the candidate of a paper that the ranking does not have.
 */
export function withNamedFirst<Candidate extends Ranked>(
  ranked: readonly Matched<Candidate>[],
  named: readonly NamedPaper[],
  unranked: (key: PaperKey) => Candidate,
): Matched<Candidate>[] {
  const by = new Map(named.map((paper) => [paper.key, paper.by]));
  const place = new Map(ranked.map((candidate, at) => [candidate.key, { candidate, at }]));
  const score = Math.max(1, ranked[0]?.score ?? 0);
  const placeOf = ({ key, by: kind }: NamedPaper) =>
    kind === 'author' ? (place.get(key)?.at ?? Number.POSITIVE_INFINITY) : -1;
  const front = named
    .map((paper, at) => ({ paper, at, place: placeOf(paper) }))
    .sort((a, b) => (a.place === b.place ? a.at - b.at : a.place - b.place))
    .map(({ paper: { key, by: match } }) => ({
      ...(place.get(key)?.candidate ?? unranked(key)),
      score,
      match,
    }));
  const others = ranked.filter(({ key }) => !by.has(key));
  return [...front, ...others].slice(0, SEARCH_LIMITS.depth);
}
