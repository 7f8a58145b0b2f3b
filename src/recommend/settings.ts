/**
 * How recommendations weigh what they know; the bar of picks, the lot and the overlap of terms have their own numbers
 * beside them. `npm run evaluate -- recommend` measures them; docs/recommendations.md holds the figures, and what lost.
 */
export const RECOMMENDING = {
  /** How alike two papers are (src/recommend/likeness.ts): the shares of terms, meaning and categories. */
  likeness: { terms: 0.92, meaning: 0.07, categories: 0.02 },
  /** Papers less like any like than this are not recommended: of pairs of any two papers, some five in a hundred are more. */
  leastLikeness: 0.03,
  /**
   * Seeds of fewer terms are short queries, for which the geometry of papers is no help: likeness to them is this share of
   * what their plain cosine has above the least, and the overlap of terms counts so many times. Two of them need more to be
   * of one interest.
   */
  shortSeeds: { terms: 60, meaning: 0.2, above: 0.25, apart: 0.4, termTimes: 2.5 },
  interests: {
    /** Groups of liked papers are one interest from this mean likeness in meaning on; unrelated papers have 0. */
    sameFrom: 0.08,
    /** How soft the maximum over the likes of an interest is: the smaller, the more the nearest like decides. */
    temperature: 0.05,
    /** Scores are compared above the level of each interest, the score of its so-manieth best candidate, in part. */
    levelAt: 20,
    levelShare: 0.5,
  },
  candidates: {
    /** Index searches around likes; two more for each interest, of which one looks at fresh papers only. */
    probes: 30,
    /** Neighbours that each search brings: few where there are many, so that candidates stay within bounds. */
    neighbours: { inAll: 1_200, atLeast: 20, atMost: 200 },
    /** What a search for an interest's words brings, and what others who like the same. */
    byWords: 60,
    byOthers: 200,
    /** Of a person of fewer likes, up to so many times more: each candidate is compared with each like. */
    fewerLikes: { than: 200, times: 6 },
  },
  /** What likes and saves are worth; how soon they are worth half. */
  strength: { like: 1, save: 1, text: 1, entry: 0.7 },
  strengthHalfLifeDays: 1_500,
  /** How strongly likeness above a threshold to the nearest paper that was disliked, or hidden, lowers a paper. */
  unwanted: { dislike: 0.5, hide: 0.25, above: 0.02 },
  /** What a paper of the day gains, and after how many days that has halved. */
  freshness: 0.03,
  freshnessHalfLifeDays: 30,
  /** What each doubling of (1 + upvotes) gains. */
  popularity: 0.002,
  /** What a paper gains that others like who like the same; from so many people on; half of it at so much evidence. */
  together: { weight: 0.2, people: 20, evidence: 0.2 },
  /** What each paper of an interest on the list costs the next one, times the interest's expected share / its share. */
  crowding: 0.001,
  /** How strongly a likeness above the threshold to a paper on the list lowers a candidate. */
  redundancy: { weight: 0.1, above: 0.6 },
  /** Candidates that the list is chosen from. */
  shortlist: 300,
} as const;
