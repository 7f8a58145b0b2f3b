import { setImmediate } from 'node:timers/promises';
import type { Embedder } from '../embed/embedder.ts';
import { AppError } from '../errors.ts';
import { cutAtWord, embeddedText, PAPER_LIMITS } from '../paper.ts';
import { readableText } from '../readable-text.ts';
import type { PeopleStore, Seed, SeedInput } from '../store/people-store.ts';
import type { Embedding } from '../vector.ts';

/** What can be said of interests at once: characters of a text, and texts. */
export const SEED_LIMITS = { text: 5_000, texts: 20 } as const;

/** Seeds that are embedded together, and users who are looked at between two turns of others. */
const SEEDS_A_BATCH = 32;
const USERS_A_TURN = 100;

export type HeldSeed = Omit<Seed, 'embedding'>;
type SeedText = Pick<SeedInput, 'kind' | 'title' | 'abstract'>;

interface Deps {
  people: PeopleStore;
  embedder: Pick<Embedder, 'embedQuery' | 'embedPassages'>;
}

/** A text that says something: an interest of dashes or of spaces that nobody sees is none. */
export const isTelling = (text: string): boolean => /[\p{L}\p{N}]/u.test(text);

/**
 * What a user wrote of their interests, as seeds. What was there already keeps its id and time. Throws `invalid_input`
 * for texts beyond the limits, and those that say nothing.
 */
export async function addTextSeeds(
  { people, embedder, now }: Deps & { now: () => string },
  user: string,
  texts: readonly string[],
): Promise<Seed[]> {
  assertTexts(texts);
  const seeds = texts.map((text) => ({ kind: 'text' as const, title: storedText(text), abstract: '' }));
  return people.addSeeds(user, await withEmbeddings(embedder, seeds), now());
}

function assertTexts(texts: readonly string[]): void {
  if (texts.length === 0 || texts.length > SEED_LIMITS.texts) {
    throw new AppError('invalid_input', `Expected 1 to ${SEED_LIMITS.texts} texts, got ${texts.length}.`);
  }
  for (const [at, text] of texts.entries()) {
    const expected = `Expected a text of at most ${SEED_LIMITS.text} characters, with a letter or digit`;
    if (text.length > SEED_LIMITS.text) {
      throw new AppError('invalid_input', `${expected}; number ${at + 1} has ${text.length}.`);
    }
    if (!isTelling(text)) throw new AppError('invalid_input', `${expected}; number ${at + 1} has none.`);
  }
}

/** The text as it is kept, and embedded: a model reads less of it than fits. */
const storedText = (text: string) => cutAtWord(readableText(text), PAPER_LIMITS.title);

/** Seeds with their embeddings: what a person wrote as a query, an entry of a bibliography as a paper. */
export async function withEmbeddings(
  embedder: Deps['embedder'],
  seeds: readonly SeedText[],
): Promise<SeedInput[]> {
  const entries = seeds.filter(({ kind }) => kind === 'entry');
  const passages = entries.length === 0 ? [] : await embedder.embedPassages(entries.map(entryText));
  const embeddings = new Map<SeedText, Embedding>();
  for (const [at, { embedding }] of passages.entries()) {
    const entry = entries[at];
    if (entry) embeddings.set(entry, embedding);
  }
  for (const seed of seeds) {
    if (seed.kind === 'text') embeddings.set(seed, (await embedder.embedQuery(seed.title)).embedding);
  }
  return seeds.map((seed) => ({ ...seed, embedding: embeddings.get(seed) ?? new Float32Array() }));
}

const entryText = (seed: SeedText) => (seed.abstract === '' ? seed.title : embeddedText(seed));

/** All seeds of a user, also those that the current model has not read yet, in the order they were added. */
export async function heldSeeds(people: PeopleStore, user: string): Promise<HeldSeed[]> {
  const embedded = (await people.seeds(user)).map(({ embedding: _, ...seed }) => seed);
  return [...embedded, ...(await people.seedsWithoutEmbedding(user))].sort((a, b) => a.id - b.id);
}

/** Embeds the seeds of all users that have embeddings of other models only. Resolves to how many it was. */
export async function embedMissingSeeds(
  deps: Deps,
  { signal }: { signal?: AbortSignal } = {},
): Promise<number> {
  let done = 0;
  for (let after = ''; ; ) {
    const users = await deps.people.users({ after, limit: USERS_A_TURN });
    for (const user of users) done += await embedSeedsOf(deps, user, signal);
    const last = users.at(-1);
    if (last === undefined || users.length < USERS_A_TURN || signal?.aborted) return done;
    after = last;
    await setImmediate();
  }
}

async function embedSeedsOf(
  { people, embedder }: Deps,
  user: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const lacking = await people.seedsWithoutEmbedding(user);
  let done = 0;
  for (let start = 0; start < lacking.length && !signal?.aborted; start += SEEDS_A_BATCH) {
    const batch = lacking.slice(start, start + SEEDS_A_BATCH);
    const embedded = await withEmbeddings(embedder, batch);
    for (const [at, { id }] of batch.entries()) {
      const embedding = embedded[at]?.embedding;
      if (embedding && (await people.setSeedEmbedding(id, embedding))) done++;
    }
  }
  return done;
}
