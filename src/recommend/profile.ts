import { daysBetween } from '../days.ts';
import type { VectorIndex } from '../index/vector-index.ts';
import type { PaperKey } from '../paper.ts';
import type { PaperStore } from '../store/paper-store.ts';
import {
  type Feedback,
  type InterestSettings,
  isLiking,
  type PeopleStore,
  type Seed,
  type Signal,
} from '../store/people-store.ts';
import { termSetOf } from '../term-set.ts';
import { dot } from '../vector.ts';
import { createVectorBlocks } from '../vector-kernel.ts';
import type { Corpus } from './corpus.ts';
import { centred, type Geometry } from './geometry.ts';
import { groupByTopic, interestId, recognised } from './interests.ts';
import type { Comparable } from './likeness.ts';
import { RECOMMENDING } from './settings.ts';

/** The latest so many likes, saves and seeds, and dislikes and hides, are used. */
export const MAX_LIKES = 500;
export const MAX_DISLIKES = 300;
/** Seeds that have room among them however many papers are liked. */
const SEEDS_SHARE = 0.4;

/** Feedback of one person that is read at the most; papers behind it could be shown again. */
const MAX_FEEDBACK = 100_000;

/** Something that a person likes: a paper of the library, or a seed. */
export interface Liked extends Comparable {
  /** The paper, when it is one. */
  key: PaperKey | null;
  paperId: string | null;
  /** The seed, when it is one. */
  seed: number | null;
  kind: 'like' | 'save' | 'text' | 'entry';
  at: string;
  /** The title of a seed; papers' are read when they are shown. */
  title: string;
  /** What it is worth, by kind and age: 1 for a like of today. */
  strength: number;
  /** When the paper's text was last changed, if that was after it was liked. */
  revisedAt: string | null;
}

/** One topic that a person likes. */
export interface Interest {
  id: string;
  /** Positions in `Profile.likes`, oldest like first. */
  members: number[];
  /** The share of the person's likes by strength, with what the person said of the interest's weight. */
  share: number;
  settings: Pick<InterestSettings, 'name' | 'isMuted' | 'isPinned' | 'weight'>;
}

export interface Unwanted extends Comparable {
  key: PaperKey;
  signal: Signal;
}

/** What the recommender knows of a person. */
export interface Profile {
  likes: Liked[];
  unwanted: Unwanted[];
  interests: Interest[];
  /** Papers that the person has judged: never shown again. */
  judged: Set<PaperKey>;
}

interface Deps {
  people: Pick<PeopleStore, 'feedback' | 'seeds' | 'interestSettings'>;
  store: Pick<PaperStore, 'rankingFacts'>;
  index: Pick<VectorIndex, 'embeddings'>;
}

interface ProfileRequest {
  user: string;
  /** ISO 8601 UTC: what was known then. */
  asOf: string;
  /** Whether `asOf` lies in the past, so that history has to be asked. */
  isPast: boolean;
  /** Likes to be left out, to see what they change. */
  without?: readonly PaperKey[];
}

const NOTHING_SAID = { name: null, isMuted: false, isPinned: false, weight: 1 };

/** Reads what is known of a person, and finds the interests in it. A person who said nothing has an empty profile. */
export async function readProfile(deps: Deps, corpus: Corpus, request: ProfileRequest): Promise<Profile> {
  const { user, asOf, isPast, without = [] } = request;
  const then = isPast ? { asOf } : {};
  const [{ feedback }, seeds, settings] = await Promise.all([
    deps.people.feedback(user, { limit: MAX_FEEDBACK, ...then }),
    deps.people.seeds(user, then),
    deps.people.interestSettings(user),
  ]);
  const left = new Set(without);
  const liked = feedback.filter(({ signal, key }) => isLiking(signal) && !left.has(key)).slice(0, MAX_LIKES);
  const disliked = feedback.filter(({ signal }) => !isLiking(signal)).slice(0, MAX_DISLIKES);
  const known = await comparables(
    deps,
    [...liked, ...disliked].map(({ key }) => key),
  );
  const papers = liked.flatMap((entry) => likedPaper(entry, known.get(entry.key), asOf));
  // A bibliography of hundreds of entries that came at once must not push out what was liked before.
  const room = Math.max(MAX_LIKES * SEEDS_SHARE, MAX_LIKES - papers.length);
  const latest = seeds.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(-room);
  const likes = [
    ...papers.slice(0, MAX_LIKES - latest.length),
    ...latest.map((seed) => likedSeed(seed, asOf)),
  ].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : (a.key ?? 0) - (b.key ?? 0)));
  return {
    likes,
    unwanted: disliked.flatMap(({ key, signal }) => {
      const paper = known.get(key);
      return paper ? [{ ...paper, key, signal }] : [];
    }),
    interests: interestsIn(
      likes,
      corpus,
      // Of now, all count: another process's clock may be a little ahead.
      isPast ? settings.filter(({ at }) => at <= asOf) : settings,
    ),
    judged: new Set(feedback.map(({ key }) => key)),
  };
}

type Known = Comparable & { revisedAt: string | null };

async function comparables({ store, index }: Deps, keys: readonly PaperKey[]): Promise<Map<PaperKey, Known>> {
  const [facts, embeddings] = await Promise.all([store.rankingFacts(keys), index.embeddings(keys)]);
  const known = new Map<PaperKey, Known>();
  for (const [key, { terms, categories, revisedAt }] of facts) {
    const embedding = embeddings.get(key);
    if (embedding) known.set(key, { terms, categories, embedding, revisedAt });
  }
  return known;
}

function likedPaper({ key, paperId, signal, at }: Feedback, paper: Known | undefined, asOf: string): Liked[] {
  if (!paper || !isLiking(signal)) return [];
  const isRevised = paper.revisedAt !== null && paper.revisedAt > at && paper.revisedAt <= asOf;
  return [
    {
      ...paper,
      ...{ key, paperId, seed: null, kind: signal, at, title: '' },
      strength: strengthOf(signal, at, asOf),
      revisedAt: isRevised ? paper.revisedAt : null,
    },
  ];
}

function likedSeed({ id, kind, title, abstract, embedding, at }: Seed, asOf: string): Liked {
  const terms = termSetOf({ title, abstract });
  return {
    ...{ kind, at, title, embedding, terms },
    ...{ key: null, paperId: null, seed: id, categories: [], revisedAt: null },
    isShort: terms.length < RECOMMENDING.shortSeeds.terms,
    strength: strengthOf(kind, at, asOf),
  };
}

function strengthOf(kind: Liked['kind'], at: string, asOf: string): number {
  const days = Math.max(0, daysBetween(at, asOf));
  return RECOMMENDING.strength[kind] * 2 ** (-days / RECOMMENDING.strengthHalfLifeDays);
}

/** The interests in some likes, largest first, with what the person said of them. */
function interestsIn(
  likes: readonly Liked[],
  { geometry }: Corpus,
  settings: readonly InterestSettings[],
): Interest[] {
  const likeness = likenessOfPairs(likes, geometry);
  const groups = groupByTopic(likeness, likes.length);
  const membersOf = (group: readonly number[]) => group.flatMap((at) => likes[at] ?? []);
  const said = recognised(
    groups.map((group) => ({
      papers: membersOf(group).flatMap(({ key }) => key ?? []),
      seeds: membersOf(group).flatMap(({ seed }) => seed ?? []),
    })),
    settings,
  );
  const taken = new Set(said.map((setting) => setting?.id));
  const found = groups.map((members, at) => {
    const setting = said[at] ?? null;
    const strength = membersOf(members).reduce((sum, like) => sum + like.strength, 0);
    return {
      id: setting?.id ?? freeId(membersOf(members), taken),
      members,
      share: strength * (setting?.weight ?? 1) * (setting?.isMuted ? 0 : 1),
      settings: setting ?? NOTHING_SAID,
    };
  });
  const all = found.reduce((sum, { share }) => sum + share, 0);
  return found.map((interest) => ({ ...interest, share: all === 0 ? 0 : interest.share / all }));
}

/** The id after the oldest like that has not given its to an interest which the person spoke of, and which it has left. */
function freeId(members: readonly Liked[], taken: ReadonlySet<string | undefined>): string {
  const ids = members.map(interestId);
  const [oldest = ''] = ids;
  return ids.find((id) => !taken.has(id)) ?? `${oldest}-apart`;
}

/** The cosine of each two likes in the geometry, row by row. What is made of a like for it, it keeps. */
function likenessOfPairs(likes: readonly Liked[], geometry: Geometry): Float32Array {
  const count = likes.length;
  const likeness = new Float32Array(count ** 2);
  const dimensions = likes[0]?.embedding.length ?? 0;
  if (dimensions === 0) return likeness;
  const block = createVectorBlocks(dimensions, count)();
  const lengths = new Float64Array(count);
  likes.forEach((like, row) => {
    like.centred = centred(geometry, like.embedding);
    const { query, offset, length } = like.centred;
    lengths[row] = length;
    block.row(row).set(like.embedding);
    const products = block.scoreFirst(query, row + 1);
    for (let column = 0; column <= row; column++) {
      const other = likes[column] as Liked;
      const cosine =
        plainLikeness(like, other) ??
        ((products[column] as number) - offset) / Math.max(1e-9, length * (lengths[column] as number));
      likeness[row * count + column] = cosine;
      likeness[column * count + row] = cosine;
    }
  });
  return likeness;
}

/** Of a short text and another like: what their plain cosine has above what it has for nothing. Null for two papers. */
function plainLikeness(a: Liked, b: Liked): number | null {
  if (!a.isShort && !b.isShort) return null;
  const { above, apart } = RECOMMENDING.shortSeeds;
  return dot(a.embedding, b.embedding) - (a.isShort && b.isShort ? apart : above);
}
