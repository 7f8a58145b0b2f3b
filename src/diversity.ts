import { dot, type Embedding } from './vector.ts';

/**
 * Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): takes one item after the other, each time the
 * one with the highest (1 - diversity) * score - diversity * (highest cosine to an item already taken). Items keep
 * their scores, but are re-ordered; `limit` of them are returned. `diversity` 0 keeps the order, 1 ignores scores.
 */
export function diversify<Item extends { embedding: Embedding; score: number }>(
  items: readonly Item[],
  { diversity, limit }: { diversity: number; limit: number },
): Item[] {
  const left = items.map((item) => ({ item, redundancy: 0 }));
  const taken: Item[] = [];
  while (taken.length < limit && left.length > 0) {
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    left.forEach(({ item, redundancy }, at) => {
      const value = (1 - diversity) * item.score - diversity * redundancy;
      if (value > bestValue) {
        best = at;
        bestValue = value;
      }
    });
    const [chosen] = left.splice(best, 1);
    if (!chosen) break;
    taken.push(chosen.item);
    for (const other of left) {
      other.redundancy = Math.max(other.redundancy, dot(other.item.embedding, chosen.item.embedding));
    }
  }
  return taken;
}
