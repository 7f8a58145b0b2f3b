import type { PaperFilter } from '../paper.ts';
import type { PeopleStore } from '../store/people-store.ts';
import { type Explanation, explain } from './explain.ts';
import {
  changeInterest,
  type InterestChange,
  type InterestsAnswer,
  type InterestView,
  listInterests,
  resetInterest,
} from './interest-list.ts';
import { createPersonReader, type PersonDeps } from './person.ts';
import { dailyPicks, type PickDetails, type PicksAnswer } from './picks.ts';
import { type RecommendAnswer, recommend } from './recommend.ts';
import { type PicksReplay, replayPicks } from './replay.ts';

/** All that is done for a person, over one memory of people. */
export interface Recommender {
  recommend(request: {
    user: string;
    filter?: PaperFilter;
    limit: number;
    cursor?: string | null;
  }): Promise<RecommendAnswer>;
  picks(request: { user: string; date?: string }): Promise<PicksAnswer>;
  /** Chooses a recorded day's picks again, and compares. */
  replay(request: { user: string; date: string }): Promise<PicksReplay>;
  explain(request: { user: string; paperId: string }): Promise<Explanation>;
  interests(user: string): Promise<InterestsAnswer>;
  changeInterest(request: { user: string; id: string; change: InterestChange }): Promise<InterestView>;
  resetInterest(request: { user: string; id: string }): Promise<void>;
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
    replay: (request) => replayPicks(deps, request),
    explain: (request) => explain(deps, request),
    interests: (user) => listInterests(deps, user),
    changeInterest: (request) => changeInterest(deps, request),
    resetInterest: (request) => resetInterest(deps, request),
  };
}
