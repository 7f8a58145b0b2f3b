import { AppError } from '../errors.ts';
import type { Paper, PaperKey } from '../paper.ts';
import { papersOf } from '../papers-of.ts';
import type { LikenessParts } from './likeness.ts';
import type { Person } from './person.ts';
import { qualityOf, type Ranked, type RecommendationParts } from './rank.ts';
import type { Because } from './reasons.ts';
import { RECOMMEND_LIMITS, type RecommendDeps, rankedFor, reasoned } from './recommend.ts';
import { RECOMMENDING } from './settings.ts';

/** Likes that are named, those first that bring most; and of them, those whose absence is tried. */
const NAMED = 5;
const TRIED = 3;

/** One of the likes behind a paper. */
export interface Bringing {
  paper: { id: string; title: string } | null;
  seed: { id: number; title: string } | null;
  likeness: LikenessParts;
  /** Its share of the similarity to the interest, 0 to 1. */
  share: number;
  /** Where the paper would be without this like; null for likes whose absence was not tried. */
  without: Place | null;
}

/** A place in the whole ranking of what may be recommended; null where the paper is not among it. */
export interface Place {
  rank: number | null;
  score: number | null;
}

export interface Explanation {
  user: string;
  paper: Paper;
  /** Whether it is near enough to anything liked to be recommended; `rank` is its place by score alone when it is not. */
  isNearEnough: boolean;
  rank: number | null;
  /** Papers that were ranked. */
  among: number;
  score: number;
  parts: RecommendationParts;
  because: Because;
  likes: Bringing[];
}

/**
 * Why a paper is recommended to a user, or ranks as low as it does: its parts, the likes that bring it, and where it would
 * be without each of the first few. Throws `not_found` for an unknown paper, and `conflict` for one that the user has
 * judged, or when the user likes nothing yet.
 */
export async function explain(
  deps: RecommendDeps,
  { user, paperId }: { user: string; paperId: string },
): Promise<Explanation> {
  const stored = await deps.store.paperById(paperId);
  if (!stored) throw new AppError('not_found', `There is no paper with the id "${paperId}".`);
  const found = await rankedWith(deps, user, stored.key);
  refuse(found.person, stored.key, user, stored.paper.id);
  const isKey = ({ key }: { key: PaperKey }) => key === stored.key;
  // On the list it has lost what papers above it cost it.
  const entry = found.ranked.find(isKey) ?? found.pool.find(isKey);
  if (!entry)
    throw new AppError('unavailable', `The paper "${stored.paper.id}" is being embedded. Try again.`);
  const [reason] = await reasoned(deps, found.person, [entry]);
  const isNearEnough = qualityOf(entry) >= RECOMMENDING.leastLikeness;
  const because = reason?.because as Because;
  const text = isNearEnough
    ? because.text
    : `Not recommended: it is not near anything you like. ${because.text}`;
  return {
    ...{ user, paper: stored.paper, isNearEnough, among: found.pool.length },
    ...placeOf(found, stored.key),
    score: entry.score,
    parts: entry.parts,
    because: { ...because, text },
    likes: await likesBehind(deps, found.person, entry, user),
  };
}

function refuse({ profile }: Person, key: PaperKey, user: string, id: string): void {
  if (profile.judged.has(key)) {
    throw new AppError('conflict', `"${user}" has judged the paper "${id}": it is not recommended any more.`);
  }
  if (profile.interests.every(({ settings }) => settings.isMuted)) {
    const why = profile.interests.length === 0 ? 'likes nothing yet' : 'has muted all interests';
    throw new AppError('conflict', `"${user}" ${why}: there is nothing to recommend a paper for.`);
  }
}

const rankedWith = (deps: RecommendDeps, user: string, key: PaperKey, without: readonly PaperKey[] = []) =>
  rankedFor(deps, {
    ...{ user, today: deps.now().slice(0, 10), limit: RECOMMEND_LIMITS.depth, include: [key] },
    ...(without.length > 0 && { without }),
  });

/** Its place on the list, or behind it by its score alone. */
function placeOf(
  { ranked, pool }: { ranked: readonly Ranked[]; pool: readonly Ranked[] },
  key: PaperKey,
): { rank: number | null; score: number | null } {
  const onList = ranked.findIndex((one) => one.key === key);
  const at = pool.findIndex((one) => one.key === key);
  const score = ranked[onList]?.score ?? pool[at]?.score ?? null;
  if (onList !== -1) return { rank: onList + 1, score };
  return { rank: at === -1 ? null : Math.max(at, ranked.length) + 1, score };
}

async function likesBehind(
  deps: RecommendDeps,
  person: Person,
  entry: Ranked,
  user: string,
): Promise<Bringing[]> {
  const { likes } = person.profile;
  const shares = person.scorer.shares(entry, entry.interest).slice(0, NAMED);
  const keys = shares.flatMap(({ like }) => likes[like]?.key ?? []);
  const papers = await papersOf(deps.store, keys);
  const bringing: Bringing[] = [];
  for (const { like, share } of shares) {
    const liked = likes[like];
    if (!liked) continue;
    const paper = liked.key === null ? undefined : papers.get(liked.key);
    const isTried = liked.key !== null && bringing.length < TRIED;
    bringing.push({
      paper: paper ? { id: paper.id, title: paper.title } : null,
      seed: liked.seed === null ? null : { id: liked.seed, title: liked.title },
      likeness: person.scorer.likeness(entry, like),
      share,
      without: isTried
        ? placeOf(await rankedWith(deps, user, entry.key, [liked.key as PaperKey]), entry.key)
        : null,
    });
  }
  return bringing;
}
