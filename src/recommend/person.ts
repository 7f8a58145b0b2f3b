import { setImmediate as nextTurn } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { VectorIndex } from '../index/vector-index.ts';
import type { LexicalIndex } from '../lexical/lexical-index.ts';
import type { PaperKey } from '../paper.ts';
import { remembered } from '../shared-runs.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { PeopleStore } from '../store/people-store.ts';
import type { TermStatisticsReader } from '../term-statistics.ts';
import { type ContentScorer, createContentScorer } from './content.ts';
import { type Corpus, createCorpusReader } from './corpus.ts';
import { type Profile, readProfile } from './profile.ts';
import type { Candidate } from './rank.ts';
import { distinctiveTerms, NAMED_AFTER, type NamingTerm } from './terms.ts';

/** People who are remembered between requests: some megabytes each, with hundreds of likes. */
const MOST_REMEMBERED = 60;
/** Lists of candidates that are remembered of a person: pages and filters of one visit. */
const MOST_LISTS = 4;
/** Terms that an interest is known by, of which the first few are its name. */
const INTEREST_TERMS = 12;

export interface PersonDeps {
  store: PaperStore;
  people: Pick<PeopleStore, 'feedback' | 'feedbackRevision' | 'seeds' | 'interestSettings' | 'coLiked'>;
  index: VectorIndex;
  lexical: LexicalIndex;
  statistics: TermStatisticsReader;
}

export type Found = { candidates: Candidate[]; exact: boolean };

/** A person's profile with what was made of it, valid as long as nothing that it rests on changes. */
export interface Person {
  user: string;
  profile: Profile;
  corpus: Corpus;
  scorer: ContentScorer;
  /** What an interest is known by, most distinctive first. */
  termsOf(interestId: string): Promise<NamingTerm[]>;
  /** What was found for a request before, or is found now. */
  found(request: string, find: () => Promise<Found>): Promise<Found>;
  /** Computed once. */
  once<T>(name: string, compute: () => Promise<T>): Promise<T>;
}

export interface PersonRequest {
  user: string;
  /** ISO 8601 UTC: use only what was known then; now by default. */
  asOf?: string;
  without?: readonly PaperKey[];
  /** Statistics that rest on papers up to this key, instead of the latest. */
  corpusUpTo?: PaperKey;
}

export interface PersonReader {
  read(request: PersonRequest): Promise<Person>;
}

/**
 * Reads people, and remembers them: interests are not found anew for every request, but when the person's feedback, the
 * library or the day has changed.
 */
export function createPersonReader(deps: PersonDeps & { now: () => string }): PersonReader {
  const corpora = createCorpusReader(deps);
  const known = new LRUCache<string, Promise<Person>>({ max: MOST_REMEMBERED });
  return {
    async read({ user, asOf, without = [], corpusUpTo }) {
      const now = deps.now();
      const [revision, library, corpus] = await Promise.all([
        deps.people.feedbackRevision(user),
        deps.store.latestRevision(),
        corpusUpTo === undefined ? corpora.current() : corpora.upTo(corpusUpTo),
      ]);
      const isPast = asOf !== undefined && asOf < now;
      const make = () => readPerson(deps, corpus, { user, asOf: asOf ?? now, isPast, without });
      if (without.length > 0 || corpusUpTo !== undefined) return make();
      const name = JSON.stringify([user, asOf ?? now.slice(0, 10), revision, library, corpus.upTo]);
      return remembered(known, name, make);
    },
  };
}

async function readPerson(
  deps: PersonDeps,
  corpus: Corpus,
  request: { user: string; asOf: string; isPast: boolean; without: readonly PaperKey[] },
): Promise<Person> {
  const profile = await readProfile(deps, corpus, request);
  // Hundreds of likes take a tenth of a second to read, and as much to prepare: others come in between.
  await nextTurn();
  const lists = new LRUCache<string, Promise<Found>>({ max: MOST_LISTS });
  const values = new Map<string, Promise<unknown>>();
  const once = <T>(name: string, compute: () => Promise<T>) =>
    remembered(values as Map<string, Promise<T>>, name, compute);
  return {
    user: request.user,
    profile,
    corpus,
    scorer: createContentScorer(corpus, profile),
    termsOf: (id) => once(`terms ${id}`, () => interestTerms(deps, corpus, profile, id)),
    found: (name, find) => remembered(lists, name, find),
    once,
  };
}

async function interestTerms(
  { store }: PersonDeps,
  corpus: Corpus,
  { likes, interests }: Profile,
  id: string,
): Promise<NamingTerm[]> {
  const members = (interests.find((interest) => interest.id === id)?.members ?? [])
    .slice(-NAMED_AFTER)
    .flatMap((at) => likes[at] ?? []);
  const papers = await store.papersByKeys(members.flatMap(({ key }) => key ?? []));
  const seeds = members.filter(({ key }) => key === null).map(({ title }) => ({ title, abstract: '' }));
  return distinctiveTerms(corpus, [...seeds, ...papers.map(({ paper }) => paper)], INTEREST_TERMS);
}
