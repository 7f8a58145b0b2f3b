import { LRUCache } from 'lru-cache';
import type { Corpus } from './corpus.ts';
import { type ComparablePaper, type LikenessParts, likenessTo } from './likeness.ts';
import type { Profile } from './profile.ts';
import { RECOMMENDING } from './settings.ts';

/** How a paper's content answers what a person likes. */
export interface ContentScore {
  /** Per interest: a soft maximum of the likeness to its likes, by their strength. */
  similarity: Float64Array;
  /** Per interest: the position in `Profile.likes` of the like that brings most of it, and that likeness. */
  carrier: Int32Array;
  carrierLikeness: Float64Array;
  /** What the nearest paper that was disliked or hidden takes away: 0 or less. */
  dislike: number;
}

export interface ContentScorer {
  score(paper: ComparablePaper): ContentScore;
  /** Which likes of an interest bring a paper's similarity to it, and what share of it each, most first. */
  shares(paper: ComparablePaper, interest: number): { like: number; share: number }[];
  /** The parts of a paper's likeness to a like. */
  likeness(paper: ComparablePaper, like: number): LikenessParts;
  /** A paper's likeness to the nearest like, but for one; 0 when there is no other. */
  nearestBut(paper: ComparablePaper, like: number): number;
}

const { temperature } = RECOMMENDING.interests;

/** So the lowest similarity is some -0.2. */
const LEAST_SUM = 0.02;

/** Papers whose score is remembered: twice the candidates of a request, as lists of a visit have many in common. */
const MOST_SCORED = 6_000;

/**
 * Compares papers with all that a person likes and dislikes. The similarity to an interest is
 * `T ln(1 + sum of strength * (exp(likeness / T) - 1))` over its likes, T the temperature: the nearest like leads, and
 * others near the paper add to it, so that one fluke does not carry a paper, nor the mean of all drown a niche. A like
 * that a paper has nothing in common with adds nothing: an interest is not near to everything for having many likes.
 */
export function createContentScorer(corpus: Corpus, { likes, unwanted, interests }: Profile): ContentScorer {
  const toLikes = likenessTo(corpus, likes);
  const toUnwanted = likenessTo(corpus, unwanted);
  const strengths = likes.map(({ strength }) => Math.max(1e-6, strength));
  const pushes = unwanted.map(({ signal }) => RECOMMENDING.unwanted[signal === 'hide' ? 'hide' : 'dislike']);
  const broughtBy = (values: Float64Array, like: number) =>
    (strengths[like] as number) * Math.expm1((values[like] as number) / temperature);
  const softMaximum = (values: Float64Array, members: readonly number[]) => {
    let highest = Number.NEGATIVE_INFINITY;
    let carrier = -1;
    let sum = 1;
    for (const at of members) {
      const brought = broughtBy(values, at);
      if (brought > highest) [highest, carrier] = [brought, at];
      sum += brought;
    }
    // Likes that a paper is less like than any two papers are may bring the sum down to nothing.
    return { value: temperature * Math.log(Math.max(LEAST_SUM, sum)), carrier };
  };
  const scored = new LRUCache<number, ContentScore>({ max: MOST_SCORED });
  return {
    score(paper) {
      const known = scored.get(paper.key);
      if (known) return known;
      const similarity = new Float64Array(interests.length);
      const carrier = new Int32Array(interests.length);
      const carrierLikeness = new Float64Array(interests.length);
      const values = toLikes.of(paper);
      interests.forEach(({ members }, at) => {
        const soft = softMaximum(values, members);
        similarity[at] = soft.value;
        carrier[at] = soft.carrier;
        carrierLikeness[at] = values[soft.carrier] ?? 0;
      });
      let dislike = 0;
      toUnwanted.of(paper).forEach((value, at) => {
        dislike = Math.min(
          dislike,
          -Math.max(0, value - RECOMMENDING.unwanted.above) * (pushes[at] as number),
        );
      });
      const score = { similarity, carrier, carrierLikeness, dislike };
      scored.set(paper.key, score);
      return score;
    },
    shares(paper, interest) {
      const members = interests[interest]?.members ?? [];
      const values = toLikes.of(paper);
      const brought = members.map((like) => Math.max(0, broughtBy(values, like)));
      const all = brought.reduce((sum, one) => sum + one, 0);
      return members
        .map((like, at) => ({ like, share: all === 0 ? 0 : (brought[at] as number) / all }))
        .sort((a, b) => b.share - a.share || a.like - b.like);
    },
    likeness: (paper, like) => toLikes.parts(paper, like),
    nearestBut(paper, like) {
      const values = toLikes.of(paper);
      return likes.reduce((high, _, at) => (at === like ? high : Math.max(high, values[at] as number)), 0);
    },
  };
}
