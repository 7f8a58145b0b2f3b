import type { VectorIndex } from '../index/vector-index.ts';
import { mean } from '../statistics.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { ContentScorer } from './content.ts';
import type { Corpus } from './corpus.ts';
import type { Profile } from './profile.ts';
import { RECOMMENDING } from './settings.ts';

/** Papers of the library that say what is usual, and likes that say what is liked: enough for the shares below. */
const SAMPLE = { papers: 150, likes: 100 } as const;

export const QUALITY_BAR = {
  /** This share of the library's papers is below every bar that likes alone set. */
  usualBelow: 0.8,
  /** This share of the likes would not have reached the `own` level by the others. */
  ownBelow: 0.5,
  /** Where between the two the bar lies before there are any outcomes. */
  between: 0.5,
  /** So many outcomes of earlier picks count as much as what likes alone say. */
  outcomes: 10,
} as const;

/** What became of an earlier pick, and the quality that it was picked with. */
export interface Outcome {
  quality: number;
  isGood: boolean;
}

export interface QualityBar {
  value: number;
  /** The quality that few papers of the library have. */
  usual: number;
  /** The quality that most likes have by the others; null when there are too few that belong together. */
  own: number | null;
  outcomes: number;
}

interface Deps {
  store: Pick<PaperStore, 'rankingFacts'>;
  index: Pick<VectorIndex, 'embeddings'>;
}

/**
 * The quality (likeness to the nearest like, less what is disliked) that a paper must have to be picked for a person. It is
 * learnt from the person: from how near their likes are to each other, each looked at as if it were new, against what
 * any paper of the library has; and from what became of earlier picks.
 */
export async function qualityBar(
  deps: Deps,
  { corpus, profile, scorer }: { corpus: Corpus; profile: Profile; scorer: ContentScorer },
  outcomes: readonly Outcome[],
): Promise<QualityBar> {
  const usual = quantile(await usualQualities(deps, corpus, profile, scorer), QUALITY_BAR.usualBelow) ?? 0;
  const own = quantile(ownQualities(profile, scorer), QUALITY_BAR.ownBelow);
  // Where the library is all of the person's field, what is usual in it is near enough.
  const prior = own === null ? usual : Math.min(own, usual + QUALITY_BAR.between * (own - usual));
  return {
    value: Math.max(RECOMMENDING.leastLikeness, learnt(prior, outcomes)),
    usual,
    own,
    outcomes: outcomes.length,
  };
}

/** What papers that nobody chose have, judged ones left out. */
async function usualQualities(
  { store, index }: Deps,
  { sample }: Corpus,
  { judged, interests }: Profile,
  scorer: ContentScorer,
): Promise<number[]> {
  const keys = sample.slice(0, SAMPLE.papers).filter((key) => !judged.has(key));
  const [facts, embeddings] = await Promise.all([store.rankingFacts(keys), index.embeddings(keys)]);
  return keys.flatMap((key) => {
    const [paper, embedding] = [facts.get(key), embeddings.get(key)];
    if (!paper || !embedding) return [];
    const { carrierLikeness, dislike } = scorer.score({ ...paper, embedding });
    const heard = [...carrierLikeness].filter((_, at) => !interests[at]?.settings.isMuted);
    return heard.length === 0 ? [] : [Math.max(...heard) + dislike];
  });
}

/** What the latest liked papers would have had, had they not been liked yet: those that others are beside. */
function ownQualities({ likes, interests }: Profile, scorer: ContentScorer): number[] {
  const together = interests.flatMap(({ members, settings }) =>
    members.length < 2 || settings.isMuted ? [] : members,
  );
  const latest = together.sort((a, b) => b - a).slice(0, SAMPLE.likes);
  return latest.flatMap((at) => {
    const like = likes[at];
    return like ? [scorer.nearestBut({ ...like, key: like.key ?? -1 }, at)] : [];
  });
}

/**
 * Moves a bar to where it would have told good picks from bad ones: half way between the means of the two; with bad ones
 * only, to their upper quartile, and with good ones only, to their lower one. The more outcomes, the further.
 */
export function learnt(prior: number, outcomes: readonly Outcome[]): number {
  const qualities = (isGood: boolean) =>
    outcomes.filter((one) => one.isGood === isGood).map(({ quality }) => quality);
  const [good, bad] = [qualities(true), qualities(false)];
  const between = good.length > 0 && bad.length > 0 ? (mean(good) + mean(bad)) / 2 : null;
  const wanted =
    between ??
    (bad.length > 0
      ? Math.max(prior, quantile(bad, 0.75) ?? prior)
      : Math.min(prior, quantile(good, 0.25) ?? prior));
  const trust = outcomes.length / (outcomes.length + QUALITY_BAR.outcomes);
  return prior + trust * (wanted - prior);
}

/** The value below which a share of the values lies; null without values. */
function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
