import { setImmediate } from 'node:timers/promises';
import type { Paper, PaperKey } from '../paper.ts';
import type { BibliographyEntry } from '../sources/reference.ts';
import type { NameKind, PaperStore, StoredPaper } from '../store/paper-store.ts';
import {
  areNearWords,
  contradicts,
  type Described,
  described,
  isGeneric,
  isNear,
  sharedAuthors,
  titleObjection,
  yearsApart,
} from './library-evidence.ts';

/** By what an entry was found to be a paper, the surest first. */
export const MATCHED_BY = ['doi', 'arxiv', 'title'] as const;
export type MatchedBy = (typeof MATCHED_BY)[number];

export interface LibraryMatch {
  entry: BibliographyEntry;
  key: PaperKey;
  paperId: string;
  /** The paper's title: the entry's may be another. */
  title: string;
  by: MatchedBy;
}

export interface LibraryMatches {
  matched: LibraryMatch[];
  unmatched: { entry: BibliographyEntry; reason: string }[];
}

/** Papers of one name that are looked at: a hundred may be called `Untitled`. */
const MOST_OF_A_NAME = 20;
/** Papers of one author whose titles are compared, newest first. */
const MOST_OF_AN_AUTHOR = 50;
/** Work between two turns of others. */
const A_TURN = 200;
const A_NEAR_TURN = 5;

type Store = Pick<PaperStore, 'keysNamed' | 'papersNamed' | 'identities' | 'papersByKeys'>;

/**
 * The papers that the entries of a bibliography are, by DOI, arXiv id or title, in this order; for the others, why they
 * are none of ours. Several entries may be one paper. An id counts unless title and authors are of another work; a title
 * does when the authors agree, or when it is long and authors are not known.
 */
export async function matchEntries(
  store: Store,
  entries: readonly BibliographyEntry[],
): Promise<LibraryMatches> {
  const seen = entries.map((entry) => ({ entry, self: described(entry.title, entry.authors, entry.year) }));
  const named = await namedPapers(store, seen);
  const matches: LibraryMatches = { matched: [], unmatched: [] };
  for (const [at, { entry, self }] of seen.entries()) {
    if (at % A_TURN === A_TURN - 1) await setImmediate();
    const found = judged(entry, self, named);
    const near = typeof found === 'string' ? await nearPaper(store, self) : null;
    if (typeof found === 'string' && at % A_NEAR_TURN === 0) await setImmediate();
    const match = near ? ({ paper: near, by: 'title' } as const) : found;
    if (typeof match === 'string') matches.unmatched.push({ entry, reason: match });
    else {
      const { key, paper } = match.paper;
      matches.matched.push({ entry, key, paperId: paper.id, title: paper.title, by: match.by });
    }
  }
  return matches;
}

interface Candidate extends StoredPaper {
  self: Described;
}
type NamedPapers = (kind: NameKind, name: string | null) => Candidate[];

/** The papers with any of the entries' names, each read once. */
async function namedPapers(
  store: Store,
  seen: readonly { entry: BibliographyEntry; self: Described }[],
): Promise<NamedPapers> {
  const dois = seen.flatMap(({ entry }) => entry.doi ?? []);
  const names: Record<NameKind, string[]> = {
    doi: dois,
    id: dois,
    arxivId: seen.flatMap(({ entry }) => spellings(entry.arxivId)),
    title: seen.flatMap(({ self }) => (isGeneric(self) ? [] : self.compact)),
  };
  const keys = new Map<NameKind, Map<string, PaperKey[]>>();
  for (const kind of Object.keys(names) as NameKind[]) {
    keys.set(kind, await store.keysNamed(kind, names[kind], MOST_OF_A_NAME));
    await setImmediate();
  }
  const all = [...new Set([...keys.values()].flatMap((found) => [...found.values()].flat()))];
  const papers = new Map<PaperKey, Candidate>();
  for (let start = 0; start < all.length; start += A_TURN) {
    for (const stored of await store.papersByKeys(all.slice(start, start + A_TURN))) {
      papers.set(stored.key, candidateOf(stored));
    }
    await setImmediate();
  }
  return (kind, name) =>
    (name === null ? [] : (keys.get(kind)?.get(name) ?? [])).flatMap((key) => papers.get(key) ?? []);
}

function candidateOf(stored: StoredPaper): Candidate {
  const { title, authors, date } = stored.paper;
  return { ...stored, self: described(title, authors, date === null ? null : Number(date.slice(0, 4))) };
}

/** An arXiv id, and one of the old style without its subject class, too. */
function spellings(arxivId: string | null): string[] {
  if (arxivId === null) return [];
  const bare = arxivId.replace(/\.[A-Z]{2}\//, '/');
  return bare === arxivId ? [arxivId] : [arxivId, bare];
}

/** The paper that has the entry's names and does not contradict it, or why there is none. */
function judged(
  entry: BibliographyEntry,
  self: Described,
  named: NamedPapers,
): { paper: Candidate; by: MatchedBy } | string {
  const ids: [MatchedBy, Candidate[]][] = [
    ['doi', [...named('doi', entry.doi), ...named('id', entry.doi)]],
    ['arxiv', spellings(entry.arxivId).flatMap((id) => named('arxivId', id))],
  ];
  let reason: string | null = null;
  for (const [by, papers] of ids) {
    const fitting = papers.filter((paper) => !contradicts(self, paper.self));
    const paper = likeliest(self, fitting);
    if (paper) return { paper, by };
    if (papers[0]) reason ??= `its ${by === 'doi' ? 'DOI' : 'arXiv id'} is of ${saying(papers[0].paper)}`;
  }
  const sameTitle = self.compact === '' ? [] : named('title', self.compact);
  const fitting = sameTitle.filter((paper) => titleObjection(self, paper.self) === null);
  const paper = likeliest(self, fitting);
  if (paper && (fitting.length === 1 || sharedAuthors(self, paper.self) > 0)) return { paper, by: 'title' };
  if (paper) return reason ?? 'several papers have its title, and authors are not known';
  const objection = sameTitle[0] && titleObjection(self, sameTitle[0].self);
  return reason ?? objection ?? noneOf(entry, self);
}

const saying = ({ title, authors: [first] }: Paper) =>
  `another paper, "${title}"${first === undefined ? '' : `, by ${first}`}`;

function noneOf({ doi, arxivId }: BibliographyEntry, self: Described): string {
  const title = self.compact === '' ? [] : isGeneric(self) ? [] : ['title'];
  const names = [...(doi === null ? [] : ['DOI']), ...(arxivId === null ? [] : ['arXiv id']), ...title];
  if (names.length === 0) return 'its title is one that many works have, and it has no id';
  return `no paper of the library has its ${names.join(' or ')}`;
}

/** Of several papers, the one whose authors and year agree best; the first of equals. */
function likeliest(self: Described, papers: readonly Candidate[]): Candidate | null {
  const rank = ({ self: paper }: Candidate) =>
    sharedAuthors(self, paper) - (yearsApart(self, paper) ?? 0) / 100;
  return papers.reduce<Candidate | null>(
    (best, paper) => (best && rank(best) >= rank(paper) ? best : paper),
    null,
  );
}

/** The one paper by the entry's first or last author whose title differs by a slip, or lacks a subtitle. */
async function nearPaper(store: Store, self: Described): Promise<Candidate | null> {
  if (isGeneric(self)) return null;
  const ends = [self.authors[0], self.authors.length > 1 ? self.authors.at(-1) : undefined];
  const asked = ends.flatMap((name) => (name && name.given !== '' ? [{ ...name, initials: true }] : []));
  for (const author of asked) {
    const names = { ids: [], arxivIds: [], dois: [], title: null, authors: [author] };
    const keys = await store.papersNamed(names, { limit: MOST_OF_AN_AUTHOR });
    const identities = await store.identities(keys.map(({ key }) => key));
    const like = [...identities.values()].filter(({ titleKey }) =>
      areNearWords(self.words, titleKey.split(' ')),
    );
    if (like.length === 0) continue;
    const papers = (await store.papersByKeys(like.map(({ key }) => key))).map(candidateOf);
    const near = papers.filter((paper) => paper.self.compact !== self.compact && isNear(self, paper.self));
    const titles = new Set(near.map((paper) => paper.self.compact));
    if (titles.size === 1) return likeliest(self, near);
  }
  return null;
}
