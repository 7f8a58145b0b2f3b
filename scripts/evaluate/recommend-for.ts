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

/** Asks the real code for recommendations: the ids of papers, best first. All that knows how it is called is here. */
export async function recommendFor(
  { store, people, index }: EvaluatedLibrary,
  { user, today, limit, source }: RecommendRequest,
): Promise<string[]> {
  const now = () => `${today}T12:00:00.000Z`;
  const { list } = await recommendations(
    { store, people, index, now },
    { user, today, limit, ...(source !== null && { filter: { sources: [source] } }) },
  );
  return list.map(({ paper }) => paper.id);
}
