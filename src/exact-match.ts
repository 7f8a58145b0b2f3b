import { authorName, compactTitleKey, titleKey } from './identity.ts';
import { canonicalId, type PaperFilter, type PaperKey, parseArxivId } from './paper.ts';
import { SEARCH_LIMITS } from './search-limits.ts';
import type { AuthorQuery, NamedPaper, PaperNames, PaperStore } from './store/paper-store.ts';
import { isStopWord, type Word, wordsOf } from './words.ts';

/** By what a query names a paper, the surest first; last, that the paper has all its quoted phrases. */
export const MATCH_KINDS = ['id', 'doi', 'title', 'author', 'phrase'] as const;
export type MatchKind = (typeof MATCH_KINDS)[number];

/** Identifiers looked up of one query. */
const MOST_IDENTIFIERS = 10;

/**
 * Of the papers that say a word anywhere, authors included, the part that must have it as a family name for it to be
 * one: `lecun` and `bengio` are, `klein` (bottles), `ricci` (flows) and `panda` (robots) are not.
 */
const FAMILY_NAME_SHARE = 0.75;

/** Words of a query that can be a name. */
const MOST_NAME_WORDS = 6;

/** An arXiv id of the new style wherever it stands: alone, in an address, in a DOI, in a sentence. */
const NEW_ARXIV_ID = /(?<![\d.])\d{4}\.\d{4,5}(?!\d)|(?<=arxiv\.)\d{4}\.\d{4,5}(?!\d)/gi;
/** One of the old style looks like many a path, so it must be introduced as one, or stand alone. */
const OLD_ARXIV_ID = /(?:arxiv\.org\/[a-z]+\/|arxiv:|^)([a-z][a-z-]*(?:\.[a-z]{2})?\/\d{7})(?!\d)/gi;
const DOI = /10\.\d{4,9}(?:\/|%2f)[^\s"<>“”]+/gi;

/**
 * What a query may name: ids, arXiv ids, DOIs, the title it is, the author it is. `query` is clean text. Nothing
 * is looked up.
 */
export function namesIn(query: string): PaperNames {
  const old = [...query.matchAll(OLD_ARXIV_ID)].map((match) => match[1] ?? '');
  const fresh = [...query.matchAll(NEW_ARXIV_ID)].map(([id]) => id);
  const arxivIds = [...old, ...fresh].flatMap((id) => parseArxivId(id)?.arxivId ?? []);
  const dois = [...query.matchAll(DOI)].flatMap(([written]) => doisOf(written));
  const ids = [canonicalId(query), ...arxivIds, ...dois];
  const few = (list: readonly string[]) => [...new Set(list)].slice(0, MOST_IDENTIFIERS);
  return {
    ids: few(ids),
    arxivIds: few(arxivIds),
    dois: few(dois),
    title: compactTitleKey(titleKey(query.replace(/^["“](.*)["”]$/, '$1'))) || null,
    authors: authorsIn(query),
  };
}

/** A DOI as it stands, and without what a sentence may have put behind it. Lower case, as they are stored. */
function doisOf(written: string): string[] {
  const doi = written.replace(/%2f/i, '/').toLowerCase();
  return [doi, doi.replace(/[.,;:!?'’)\]}]+$/, ''), doi.replace(/\.pdf$|[?#].*$/, '')];
}

/**
 * The names that a whole query can be: `Given Family`, `Family, Given`, `Family Given`, `G. Family`, `Family`.
 * Initials count only where the family name is written as a name: `E. Coli` may be a person, `e. coli` is not, and
 * `white box` is not W. Box.
 */
function authorsIn(query: string): AuthorQuery[] {
  const text = query.replace(/[\s,]+et al\.?$/i, '').replace(/^["“](.*)["”]$/, '$1');
  const words = wordsOf(text).filter(({ isCompound }) => !isCompound);
  const [first, ...others] = words.map(({ form }) => form);
  const name = authorName(text);
  if (!name || first === undefined || words.length > MOST_NAME_WORDS) return [];
  if (!/^[\p{L}\p{M}\s.,'’-]+$/u.test(text)) return [];
  const rest = others.join(' ');
  const turned = rest === '' || text.includes(',') ? [] : [{ family: first, given: rest }];
  return [name, ...turned].flatMap(({ family, given }) => {
    const initials = isCapitalised(text, words, family) && !isJoined(text, family);
    const isName = family.length > 1 && (initials || (!beginsWithInitial(given) && !isStopWord(family)));
    return isName ? [{ family, given, initials }] : [];
  });
}

const beginsWithInitial = (given: string) => /^.(?: |$)/u.test(given);

const isCapitalised = (text: string, words: readonly Word[], family: string) =>
  words.some(({ form, start }) => form === family && /^\p{Lu}/u.test(text.slice(start)));

/** Whether an initial is joined to the name, as in `X-Ray`. */
const isJoined = (text: string, family: string) =>
  wordsOf(text).some(({ isCompound, form }) => isCompound && form.length === family.length + 1);

/**
 * The papers that a query names, the surest first, each once. Ids, DOIs and titles always count. A full name counts
 * when somebody is called so. A family name alone counts when the papers by people of that name are few enough to
 * be shown, and most of those that say the word anywhere: `lecun` is a name, `long` is not.
 */
export async function namedPapers(
  store: Pick<PaperStore, 'papersNamed'>,
  query: string,
  { filter, totalLexical }: { filter: PaperFilter | undefined; totalLexical: number | null },
): Promise<NamedPaper[]> {
  const names = namesIn(query);
  const isOneWord = names.authors.every(({ given }) => given === '');
  const found = await store.papersNamed(
    isOneWord && totalLexical === null ? { ...names, authors: [] } : names,
    { limit: SEARCH_LIMITS.depth, ...(filter && { filter }) },
  );
  if (!isOneWord) return found;
  const byAuthor = found.filter(({ by }) => by === 'author').length;
  const isName = byAuthor >= FAMILY_NAME_SHARE * (totalLexical ?? 0);
  return isName ? found : found.filter(({ by }) => by !== 'author');
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
  const has = ({ key }: Candidate) => havingPhrases?.has(key) ?? false;
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
