import { setImmediate } from 'node:timers/promises';
import type { Embedder } from '../embed/embedder.ts';
import { AppError } from '../errors.ts';
import { type BibliographyEntry, type LibraryFormat, readBibliography } from '../sources/bibliography.ts';
import type { PaperStore } from '../store/paper-store.ts';
import {
  type FeedbackOutcome,
  type LikingSignal,
  MAX_SEEDS,
  type PeopleStore,
} from '../store/people-store.ts';
import { described, isGeneric } from './library-evidence.ts';
import { type LibraryMatches, type MatchedBy, matchEntries } from './match-library.ts';
import { type HeldSeed, heldSeeds, withEmbeddings } from './seeds.ts';

export interface LibraryImport {
  user: string;
  format: LibraryFormat;
  /** Entries that are papers of the library. `kept`: the user had said something else of it, which stays. */
  matched: {
    label: string;
    paperId: string;
    /** The paper's. */
    title: string;
    by: MatchedBy;
    outcome: FeedbackOutcome;
  }[];
  /** The others, and why; `seed` is the id of the seed that stands for the entry. */
  unmatched: { label: string; title: string; reason: string; seed: number | null }[];
  problems: { at: string; reason: string }[];
}

export interface ImportDeps {
  store: Pick<PaperStore, 'keysNamed' | 'papersNamed' | 'identities' | 'papersByKeys'>;
  people: PeopleStore;
  embedder: Pick<Embedder, 'embedQuery' | 'embedPassages'>;
  now: () => string;
}

export interface ImportRequest {
  user: string;
  text: string;
  /** Told by the text when it is not given. */
  format?: LibraryFormat;
  signal: LikingSignal;
  /** Ends the import after what has begun (`unavailable`). */
  abort?: AbortSignal;
  /** Told how many of the new seeds are made. */
  onProgress?: (done: number, total: number) => void;
}

/** Papers that are marked at once, and seeds that are embedded and added at once. */
const A_TURN = 500;
const SEEDS_A_BATCH = 32;

/**
 * Takes a person's bibliography in. Entries that are papers of the library get the signal, unless the user has judged
 * the paper; of the others that have a title, seeds are made, the newest first, as far as there is room. A seed
 * whose paper has come meanwhile gives way to it. Everything is done in an order in which a second import of the same
 * text completes what a first one left, and changes nothing where it left nothing.
 */
export async function importLibrary(deps: ImportDeps, request: ImportRequest): Promise<LibraryImport> {
  const { user, text, format } = request;
  const { entries, problems, format: found } = await readBibliography(text, format);
  const matches = await matchEntries(deps.store, entries);
  const { matched, gone } = await markPapers(deps, request, matches.matched);
  const unmatched = [...matches.unmatched, ...gone];
  const seeds = await makeSeeds(deps, request, {
    known: matches.matched.map(({ entry }) => entry),
    unknown: unmatched.map(({ entry }) => entry),
  });
  const answered = unmatched.map(({ entry, reason }) => {
    const seed = seeds.get(workOf(entry)) ?? null;
    const { label, title } = entry;
    const full = seed === null && title !== '';
    return { label, title, reason: full ? `${reason}; ${NO_ROOM}` : reason, seed };
  });
  return { user, format: found, matched, unmatched: answered, problems };
}

const NO_ROOM = `no seed was made of it, as a user can have up to ${MAX_SEEDS}`;

/** Sets the signal on the papers; `gone` are those that were removed from the library meanwhile. */
async function markPapers(
  { people, now }: ImportDeps,
  { user, signal, abort }: ImportRequest,
  matches: LibraryMatches['matched'],
): Promise<{ matched: LibraryImport['matched']; gone: LibraryMatches['unmatched'] }> {
  const at = now();
  const matched: LibraryImport['matched'] = [];
  const gone: LibraryMatches['unmatched'] = [];
  for (let start = 0; start < matches.length; start += A_TURN) {
    if (abort?.aborted) throw stopped();
    const turn = matches.slice(start, start + A_TURN);
    const ids = turn.map(({ paperId }) => paperId);
    const outcomes = await people.addFeedback(user, ids, signal, at);
    for (const [index, { entry, paperId, title, by }] of turn.entries()) {
      const outcome = outcomes[index] ?? null;
      if (outcome === null) gone.push({ entry, reason: 'its paper has just been removed from the library' });
      else matched.push({ label: entry.label, paperId, title, by, outcome });
    }
    await setImmediate();
  }
  return { matched, gone };
}

const stopped = () =>
  new AppError('unavailable', 'Stopped before all was imported. Import it again: what is done is kept.');

/** One work, which several entries may be: it makes one seed. */
interface Work {
  key: string;
  title: string;
  abstract: string;
  year: number;
}

/** By what entries and seeds are of one work: the title, or title and abstract where it is one that many works have. */
function workOf({ title, abstract }: { title: string; abstract: string | null }): string {
  const self = described(title, [], null);
  const isTelling = self.compact !== '' && !isGeneric(self);
  return isTelling ? self.compact : JSON.stringify([title, abstract ?? '']);
}

/** The seed of each work that is unknown to the library, by `workOf`; works without a title and without room have none. */
async function makeSeeds(
  { people, embedder, now }: ImportDeps,
  { user, abort, onProgress }: ImportRequest,
  { known, unknown }: { known: readonly BibliographyEntry[]; unknown: readonly BibliographyEntry[] },
): Promise<Map<string, number>> {
  const works = worksOf(unknown);
  const held = await heldSeeds(people, user);
  const { seeds, outdated } = seedsOfWorks(held, works, new Set(known.map(workOf)));
  // First, as there may be no room otherwise.
  for (const id of outdated) {
    await people.removeSeed(user, id, now());
    await setImmediate();
  }

  const room = MAX_SEEDS - held.length + outdated.length;
  const due = works
    .filter(({ key }) => !seeds.has(key))
    .sort((a, b) => b.year - a.year)
    .slice(0, Math.max(0, room));
  for (let start = 0; start < due.length; start += SEEDS_A_BATCH) {
    if (abort?.aborted) throw stopped();
    const batch = due.slice(start, start + SEEDS_A_BATCH);
    const texts = batch.map(({ title, abstract }) => ({ kind: 'entry' as const, title, abstract }));
    const added = await people.addSeeds(user, await withEmbeddings(embedder, texts), now());
    for (const [at, { id }] of added.entries()) seeds.set(batch[at]?.key ?? '', id);
    onProgress?.(start + batch.length, due.length);
  }
  return seeds;
}

/** The works of the entries that have a title, in their order, each with an abstract if one of its entries has. */
function worksOf(entries: readonly BibliographyEntry[]): Work[] {
  const works = new Map<string, Work>();
  for (const entry of entries) {
    if (entry.title === '') continue;
    const key = workOf(entry);
    const { title, year } = entry;
    const abstract = entry.abstract ?? '';
    const before = works.get(key);
    const chosen = before && (before.abstract !== '' || abstract === '') ? before : { title, abstract };
    works.set(key, {
      key,
      title: chosen.title,
      abstract: chosen.abstract,
      year: Math.max(before?.year ?? 0, year ?? 0),
    });
  }
  return [...works.values()];
}

/**
 * Which of the seeds stand for which works, and which are outdated: those whose paper the library has now, and those
 * without an abstract of works that have one now. Seeds of neither are let be.
 */
function seedsOfWorks(
  held: readonly HeldSeed[],
  works: readonly Work[],
  known: ReadonlySet<string>,
): { seeds: Map<string, number>; outdated: number[] } {
  const wanted = new Map(works.map((work) => [work.key, work]));
  const seeds = new Map<string, number>();
  const outdated: number[] = [];
  for (const { id, kind, title, abstract } of held) {
    if (kind !== 'entry') continue;
    const key = workOf({ title, abstract });
    const work = wanted.get(key);
    const isPoorer = work !== undefined && abstract === '' && work.abstract !== '';
    if (isPoorer || (work === undefined && known.has(key))) outdated.push(id);
    else if (work) seeds.set(key, id);
  }
  return { seeds, outdated };
}
