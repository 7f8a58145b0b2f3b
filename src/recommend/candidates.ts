import { setImmediate as nextTurn } from 'node:timers/promises';
import { daysBefore } from '../days.ts';
import type { VectorIndex } from '../index/vector-index.ts';
import type { LexicalIndex } from '../lexical/lexical-index.ts';
import { type PaperFilter, type PaperKey, restricts } from '../paper.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { PeopleStore } from '../store/people-store.ts';
import type { Embedding } from '../vector.ts';
import { normalized } from '../vector.ts';
import type { Interest, Profile } from './profile.ts';
import type { Candidate } from './rank.ts';
import { RECOMMENDING } from './settings.ts';
import type { NamingTerm } from './terms.ts';

/** Interests that have searches of their own: the largest. */
const MOST_INTERESTS = 20;
const FRESH_DAYS = 30;

export interface CandidateDeps {
  store: Pick<PaperStore, 'rankingFacts' | 'matchingKeys' | 'upvotesAt'>;
  people: Pick<PeopleStore, 'coLiked'>;
  index: Pick<VectorIndex, 'nearest' | 'embeddings'>;
  lexical: Pick<LexicalIndex, 'search'>;
}

interface CandidateRequest {
  user: string;
  filter: PaperFilter;
  /** The day that fresh papers are counted back from. */
  today: string;
  /** ISO 8601 UTC: upvotes as of then; null for now. */
  upvotesAt: string | null;
  /** Papers that are candidates whether they are near or not, unless excluded. */
  include: readonly PaperKey[];
  /** What an interest is known by. */
  termsOf(interestId: string): Promise<readonly NamingTerm[]>;
}

/** Papers worth scoring for a person: near what they like, in meaning, in words, or by what others like. */
export async function findCandidates(
  deps: CandidateDeps,
  profile: Profile,
  request: CandidateRequest,
): Promise<{ candidates: Candidate[]; exact: boolean }> {
  const { filter } = request;
  const heard = profile.interests.filter(({ settings }) => !settings.isMuted).slice(0, MOST_INTERESTS);
  const [near, worded, others] = await Promise.all([
    byMeaning(deps, profile, heard, request),
    byWords(deps, profile, heard, request),
    byOthers(deps, profile, request),
  ]);
  const excluded = new Set(filter.excludedKeys);
  const keys = [...new Set([...near.keys, ...worded, ...others.keys(), ...request.include])].filter(
    (key) => !excluded.has(key),
  );
  return { candidates: await described(deps, keys, others, request.upvotesAt), exact: near.exact };
}

async function described(
  { store, index }: CandidateDeps,
  keys: readonly PaperKey[],
  others: ReadonlyMap<PaperKey, number>,
  upvotesAt: string | null,
): Promise<Candidate[]> {
  const [facts, embeddings, upvotes] = await Promise.all([
    store.rankingFacts(keys),
    index.embeddings(keys),
    upvotesAt === null ? null : store.upvotesAt(keys, upvotesAt),
  ]);
  return keys.flatMap((key) => {
    const [paper, embedding] = [facts.get(key), embeddings.get(key)];
    if (!paper || !embedding) return [];
    const { terms, categories, date } = paper;
    const together = others.get(key) ?? 0;
    const votes = upvotes === null ? paper.upvotes : upvotes.get(key);
    return [{ key, terms, categories, date, embedding, together, upvotes: votes ?? 0 }];
  });
}

async function byMeaning(
  { index }: CandidateDeps,
  { likes }: Profile,
  heard: readonly Interest[],
  { filter, today }: CandidateRequest,
): Promise<{ keys: PaperKey[]; exact: boolean }> {
  const freshFrom = daysBefore(today, FRESH_DAYS).slice(0, 10);
  const fresh = { ...filter, from: filter.from && filter.from > freshFrom ? filter.from : freshFrom };
  const embeddingsOf = ({ members }: Interest) => members.flatMap((at) => likes[at]?.embedding ?? []);
  const centres = heard.map((interest) => centreOf(embeddingsOf(interest)));
  const searches = [
    ...centres.map((probe) => ({ probe, filter })),
    ...centres.map((probe) => ({ probe, filter: fresh })),
    ...inTurn(heard.map(embeddingsOf), RECOMMENDING.candidates.probes).map((probe) => ({ probe, filter })),
  ];
  const { inAll, atLeast, atMost } = RECOMMENDING.candidates.neighbours;
  const more = moreFor(likes.length);
  const share = Math.floor((more * inAll) / Math.max(1, searches.length));
  const limit = Math.min(Math.round(more * atMost), Math.max(atLeast, share));
  const found = await Promise.all(
    searches.map(({ probe, filter: wanted }) => index.nearest(probe, { limit, filter: wanted })),
  );
  return {
    keys: found.flatMap(({ neighbours }) => neighbours.map(({ key }) => key)),
    exact: found.every(({ exact }) => exact),
  };
}

/** How many times more candidates there may be for so few likes. */
function moreFor(likes: number): number {
  const { than, times } = RECOMMENDING.candidates.fewerLikes;
  return Math.min(times, Math.max(1, than / Math.max(1, likes)));
}

/** The latest of each list in turn, so that each has some. */
function inTurn<T>(lists: readonly (readonly T[])[], limit: number): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const taken: T[] = [];
  for (let turn = 1; turn <= longest && taken.length < limit; turn++) {
    for (const list of lists) {
      const item = list[list.length - turn];
      if (item !== undefined) taken.push(item);
    }
  }
  return taken.slice(0, limit);
}

/** The mean direction of some embeddings; of one, itself. */
function centreOf(embeddings: readonly Embedding[]): Embedding {
  const sum = new Float32Array(embeddings[0]?.length ?? 0);
  for (const embedding of embeddings) {
    for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (embedding[i] as number);
  }
  return normalized(sum);
}

/** What shares words with an interest may lie far from it in meaning. Words that are being read are done without. */
async function byWords(
  { lexical }: CandidateDeps,
  { likes }: Profile,
  heard: readonly Interest[],
  { filter, termsOf }: CandidateRequest,
): Promise<PaperKey[]> {
  const queries: string[] = [];
  for (const { id } of heard) {
    const terms = await termsOf(id);
    if (terms.length > 0) queries.push(terms.map(({ form }) => form).join(' '));
    await nextTurn();
  }
  const limit = Math.round(moreFor(likes.length) * RECOMMENDING.candidates.byWords);
  const found = await Promise.allSettled(queries.map((query) => lexical.search(query, { limit, filter })));
  return found.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.hits.map(({ key }) => key) : [],
  );
}

/**
 * What others like who like the same, from 0 to 1: the root of the score as a share of the best one, less where few
 * people stand behind it. Nothing in a library of few people: what two of them like would tell one of the other.
 */
async function byOthers(
  { people, store }: CandidateDeps,
  { likes, judged }: Profile,
  { user, filter, upvotesAt }: CandidateRequest,
): Promise<Map<PaperKey, number>> {
  // What others liked at an earlier instant is not known: of the past, what they like since would tell nothing true.
  if (upvotesAt !== null) return new Map();
  const liked = likes.flatMap(({ key }) => key ?? []);
  const { people: count, liked: found } = await people.coLiked(liked, {
    limit: RECOMMENDING.candidates.byOthers,
    excludingUser: user,
  });
  const best = found[0]?.score ?? 0;
  if (count < RECOMMENDING.together.people || best <= 0) return new Map();
  const allowed = restricts(filter) ? new Set(await store.matchingKeys(filter)) : null;
  const sure = best / (best + RECOMMENDING.together.evidence);
  return new Map(
    found
      .filter(({ key }) => !judged.has(key) && (allowed === null || allowed.has(key)))
      .map(({ key, score }) => [key, Math.sqrt(score / best) * sure]),
  );
}
