import { foldDuplicates } from '../../src/near-duplicates.ts';
import { findCandidates } from '../../src/recommend/candidates.ts';
import { createContentScorer } from '../../src/recommend/content.ts';
import type { Person } from '../../src/recommend/person.ts';
import { readProfile } from '../../src/recommend/profile.ts';
import { qualityBar } from '../../src/recommend/quality-bar.ts';
import { listOf, scoreAll } from '../../src/recommend/rank.ts';
import { namesOf } from '../../src/recommend/reasons.ts';
import { type RecommendDeps, reasoned } from '../../src/recommend/recommend.ts';

/** The steps of a request, one after the other as a request takes them, each with the milliseconds of every round. */
export async function measureParts(
  deps: RecommendDeps,
  { user, corpus, termsOf }: Person,
  asOf: string,
  rounds: number,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>();
  const timed = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const begin = performance.now();
    const result = await work();
    times.set(name, [...(times.get(name) ?? []), performance.now() - begin]);
    return result;
  };
  const today = asOf.slice(0, 10);
  for (let round = 0; round < rounds; round++) {
    const profile = await timed('profile: feedback read, interests found', () =>
      readProfile(deps, corpus, { user, asOf, isPast: false, without: [] }),
    );
    const scorer = await timed('scorer: likes prepared', () => createContentScorer(corpus, profile));
    const fresh: Person = {
      user,
      profile,
      corpus,
      scorer,
      termsOf,
      found: (_, find) => find(),
      once: (_, compute) => compute(),
    };
    await timed('names of interests, remembered', () => namesOf(fresh));
    const filter = { excludedKeys: [...profile.judged] };
    const { candidates } = await timed('candidates: searched and read', () =>
      findCandidates(deps, profile, {
        ...{ user, filter, today, upvotesAt: null, include: [], termsOf },
      }),
    );
    const pool = await timed(`scores of ${candidates.length} candidates`, () =>
      scoreAll(candidates, profile, scorer, today),
    );
    const ranked = await timed('list made', () => listOf(pool, profile, { limit: 61 }));
    const folded = await timed('copies folded', () => foldDuplicates(deps, ranked, [...profile.judged]));
    await timed('reasons for ten', () => reasoned(deps, fresh, folded.slice(0, 11)));
    await timed('quality bar', () => qualityBar(deps, fresh, []));
  }
  return times;
}
