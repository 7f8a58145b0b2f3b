import { authorName, compactTitleKey } from './identity.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { likeTitles } from './like-titles.ts';
import type { PaperKey } from './paper.ts';
import type { AuthorList, PaperIdentity, PaperStore } from './store/paper-store.ts';
import { dot, type Embedding } from './vector.ts';

/**
 * When two entries are one paper. Chosen by looking at the pairs of like titles among 41,248 papers: docs/decisions.md
 * says what lies on either side of each bound.
 */
export const SAME_PAPER = {
  /** Words that make a title one that two papers hardly share by chance. */
  titleWords: 4,
  /** Cosine from which equal titles are the same paper although authors are not known, or arXiv ids differ. */
  cosineOfEqualTitles: 0.9,
  /** Cosine from which like titles (src/like-titles.ts) are, with an author in common. */
  cosineOfLikeTitles: 0.97,
  /** Entries at the top of a ranking whose titles are looked at for likeness, not only for being equal. */
  likeTitlesAmong: 100,
} as const;

/** So many earlier entries of one name an entry is compared with: a hundred papers may be called `Untitled`. */
const MOST_COMPARED = 10;

/** Why two entries are taken for one paper: the surest first. */
export const SAME_BY = ['doi', 'arxivId', 'title', 'text'] as const;
export type SameBy = (typeof SAME_BY)[number];

/** An entry that was folded into a better-ranked one. */
export interface Fold {
  key: PaperKey;
  sameBy: SameBy;
}

interface Deps {
  store: Pick<PaperStore, 'identities' | 'authorLists' | 'apart'>;
  index: Pick<VectorIndex, 'embeddings'>;
}

/**
 * A ranking in which each paper is one hit: later entries of a paper are listed as alternates of its first one.
 * An entry is like one of a group, and does not contradict its first. Copies of the `known` papers are left out. Whether
 * an entry is folded depends on those before it only, so that a longer ranking begins like a shorter one. `fetched` are
 * the identities, where the caller has them.
 */
export async function foldDuplicates<Candidate extends { key: PaperKey }>(
  { store, index }: Deps,
  ranked: readonly Candidate[],
  known: readonly PaperKey[] = [],
  fetched?: ReadonlyMap<PaperKey, PaperIdentity>,
): Promise<(Candidate & { alternates: Fold[] })[]> {
  const keys = [...known, ...ranked.map(({ key }) => key)];
  const identities = fetched ?? (await store.identities(keys));
  const entries = keys.map((key) => entryOf(identities.get(key)));
  const earlier = likelyCopies(entries, known.length + SAME_PAPER.likeTitlesAmong);
  const looked = [...new Set([...earlier].flatMap(([at, others]) => [at, ...others]))].flatMap(
    (at) => keys[at] ?? [],
  );
  const evidence = looked.length === 0 ? NO_EVIDENCE : await evidenceOf({ store, index }, looked);
  const folded = ranked.map((candidate) => ({ ...candidate, alternates: [] as Fold[] }));
  /** The place of the entry that each one stands under: its own, or an earlier one's. */
  const leaders = keys.map((_, at) => at);
  for (const [at, others] of [...earlier].sort(([a], [b]) => a - b)) {
    for (const other of others) {
      const [a, b] = [entries[other], entries[at]];
      const sameBy = a && b && samePaperBy(a, b, evidence);
      const leader = leaders[other];
      if (!sameBy || leader === undefined) continue;
      const head = entries[leader];
      if (leader !== other && head && contradict(head, b, evidence)) continue;
      leaders[at] = leader;
      const key = keys[at];
      if (key !== undefined) folded[leader - known.length]?.alternates.push({ key, sameBy });
      break;
    }
  }
  return folded.filter((_, at) => leaders[at + known.length] === at + known.length);
}

interface Entry {
  identity: PaperIdentity;
  title: string;
  titleKey: string;
}

/** Null for a paper that is gone by now. */
function entryOf(identity: PaperIdentity | undefined): Entry | null {
  if (!identity) return null;
  const { titleKey } = identity;
  return { identity, titleKey, title: compactTitleKey(titleKey) };
}

/** Per place, the earlier places that may hold the same paper, by what costs little to compare. */
function likelyCopies(entries: readonly (Entry | null)[], likeTitlesAmong: number): Map<number, number[]> {
  const found = new Map<number, Set<number>>();
  const link = (at: number, other: number) => {
    const others = found.get(at);
    if (others) others.add(other);
    else found.set(at, new Set([other]));
  };
  const [dois, arxivIds, titles] = [new Map(), new Map(), new Map()] as Map<string, number[]>[];
  const linkEqual = (at: number, seen: Map<string, number[]> | undefined, name: string | null) => {
    if (!seen || name === null || name === '') return;
    const places = seen.get(name);
    if (!places) seen.set(name, [at]);
    else {
      for (const other of places) link(at, other);
      if (places.length < MOST_COMPARED) places.push(at);
    }
  };
  entries.forEach((entry, at) => {
    if (!entry) return;
    linkEqual(at, dois, entry.identity.doi);
    linkEqual(at, arxivIds, entry.identity.arxivId);
    linkEqual(at, titles, entry.title);
  });
  const titleWords = entries.slice(0, likeTitlesAmong).map((entry) => entry?.titleKey.split(' ') ?? []);
  for (const [at, other] of likeTitles(titleWords)) link(at, other);
  return new Map([...found].map(([at, others]) => [at, [...others].sort((a, b) => a - b)]));
}

/** What is fetched only for papers that may be the same. */
interface Evidence {
  authors: ReadonlyMap<PaperKey, AuthorList>;
  embeddings: ReadonlyMap<PaperKey, Embedding>;
  /** Pairs that someone said are two papers, each as its keys. */
  apart: ReadonlySet<string>;
}
const NO_EVIDENCE: Evidence = { authors: new Map(), embeddings: new Map(), apart: new Set() };

async function evidenceOf({ store, index }: Deps, keys: readonly PaperKey[]): Promise<Evidence> {
  const [authors, embeddings, pairs] = await Promise.all([
    store.authorLists(keys),
    index.embeddings(keys),
    store.apart(keys),
  ]);
  return { authors, embeddings, apart: new Set(pairs.map(String)) };
}

/** By what two likely copies are the same paper; null when they are not, or when too little is known. */
function samePaperBy(a: Entry, b: Entry, { authors, embeddings, apart }: Evidence): SameBy | null {
  const [first, second] = [a.identity, b.identity];
  if (apart.has(String([first.key, second.key]))) return null;
  const shared = authorsShared(authors.get(first.key), authors.get(second.key));
  if (first.doi !== null && first.doi === second.doi && !haveNothingInCommon(a, b, shared)) return 'doi';
  if (first.arxivId !== null && first.arxivId === second.arxivId) return 'arxivId';
  if (shared === 'none') return null;
  const [one, other] = [embeddings.get(first.key), embeddings.get(second.key)];
  const cosine = one && other ? dot(one, other) : 0;
  if (a.title === b.title) {
    const isOnTwoArxivIds = first.arxivId !== null && second.arxivId !== null;
    const isSure =
      shared === 'some' && a.titleKey.split(' ').length >= SAME_PAPER.titleWords && !isOnTwoArxivIds;
    return isSure || cosine >= SAME_PAPER.cosineOfEqualTitles ? 'title' : null;
  }
  const isLike = shared === 'some' && cosine >= SAME_PAPER.cosineOfLikeTitles;
  return isLike && numerals(a) === numerals(b) ? 'text' : null;
}

/**
 * Whether two entries are different papers for sure, however like each is to a third one that says less: all their
 * authors are others, or arXiv has both, with unlike abstracts.
 */
function contradict(a: Entry, b: Entry, { authors, embeddings, apart }: Evidence): boolean {
  const [first, second] = [a.identity, b.identity];
  if (apart.has(String([first.key, second.key]))) return true;
  const shared = authorsShared(authors.get(first.key), authors.get(second.key));
  if (first.doi !== null && first.doi === second.doi) return haveNothingInCommon(a, b, shared);
  if (first.arxivId !== null && first.arxivId === second.arxivId) return false;
  if (shared === 'none') return true;
  if (first.arxivId === null || second.arxivId === null) return false;
  const [one, other] = [embeddings.get(first.key), embeddings.get(second.key)];
  return one !== undefined && other !== undefined && dot(one, other) < SAME_PAPER.cosineOfEqualTitles;
}

/** Whether two entries are different works although they have one DOI: papers may be given that of their volume. */
const haveNothingInCommon = (a: Entry, b: Entry, shared: SharedAuthors): boolean =>
  shared === 'none' && a.title !== b.title;

type SharedAuthors = 'some' | 'none' | 'unknown';

/** Whether two papers have a family name in common; unknown when a list is missing, or its missing part may decide. */
function authorsShared(a: AuthorList | undefined, b: AuthorList | undefined): SharedAuthors {
  if (!a || !b) return 'unknown';
  const familiesOf = ({ authors }: AuthorList) => authors.flatMap((name) => authorName(name)?.family ?? []);
  const families = new Set(familiesOf(a));
  if (familiesOf(b).some((family) => families.has(family))) return 'some';
  const isWhole = ({ authors, authorCount }: AuthorList) =>
    authors.length > 0 && (authorCount ?? 0) <= authors.length;
  return isWhole(a) && isWhole(b) ? 'none' : 'unknown';
}

/** The numbers in a title: of a series, parts and years are like each other in everything else. */
const numerals = ({ titleKey }: Entry) =>
  titleKey
    .split(' ')
    .filter((word) => /\p{N}|^(?:i{1,3}|i?v|vi{1,3}|i?x)$/u.test(word))
    .sort()
    .join(' ');
