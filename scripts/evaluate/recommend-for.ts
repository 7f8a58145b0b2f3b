import { createPersonReader, type PersonReader } from '../../src/recommend/person.ts';
import { recommendations } from '../../src/recommend/recommend.ts';
import type { EvaluatedLibrary } from './library.ts';

export interface RecommendRequest {
  user: string;
  /** `YYYY-MM-DD`. */
  today: string;
  limit: number;
  /** The source of the papers that can be recommended; null for all. */
  source: string | null;
}

/** What a library's recommendations are asked of: one for all people, as a server has. */
export interface Recommender {
  library: EvaluatedLibrary;
  persons: PersonReader;
  now: () => string;
}

export function createRecommender(library: EvaluatedLibrary, today: string): Recommender {
  const now = () => `${today}T12:00:00.000Z`;
  return { library, persons: createPersonReader({ ...library, now }), now };
}

/** Asks the real code for recommendations: the ids of papers, best first. All that knows how it is called is here. */
export async function recommendFor(
  { library, persons, now }: Recommender,
  { user, today, limit, source }: RecommendRequest,
): Promise<string[]> {
  const { list } = await recommendations(
    { ...library, persons, now },
    { user, today, limit, ...(source !== null && { filter: { sources: [source] } }) },
  );
  return list.map(({ paper }) => paper.id);
}
