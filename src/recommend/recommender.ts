import type { PaperFilter } from '../paper.ts';
import type { PeopleStore } from '../store/people-store.ts';
import { createPersonReader, type PersonDeps } from './person.ts';
import { dailyPicks, type PickDetails, type PicksAnswer } from './picks.ts';
import { type RecommendAnswer, recommend } from './recommend.ts';

/** All that is done for a person, over one memory of people. */
export interface Recommender {
  recommend(request: {
    user: string;
    filter?: PaperFilter;
    limit: number;
    cursor?: string | null;
  }): Promise<RecommendAnswer>;
  picks(request: { user: string; date?: string }): Promise<PicksAnswer>;
}

export interface RecommenderDeps extends PersonDeps {
  people: PeopleStore<PickDetails>;
  /** Now, as ISO 8601 UTC; settable for tests and replays. */
  now: () => string;
}

export function createRecommender(outer: RecommenderDeps): Recommender {
  const deps = { ...outer, persons: createPersonReader(outer) };
  return {
    recommend: (request) => recommend(deps, request),
    picks: (request) => dailyPicks(deps, request),
  };
}
