import type { PaperKey } from '../paper.ts';
import type { Neighbour } from './vector-index.ts';

/** Keeps the best few of all the neighbours that are offered to it. */
export interface TopK {
  /** Whether a neighbour would be kept now; a cheap test before dearer ones. */
  wants(key: PaperKey, similarity: number): boolean;
  offer(key: PaperKey, similarity: number): void;
  /** What was kept: best first, ties by smaller key. */
  sorted(): Neighbour[];
}

/** A collector of the `limit` best neighbours. A key must be offered once only. */
export function createTopK(limit: number): TopK {
  // A binary heap whose root is the worst neighbour kept, so that most offers fail on one comparison.
  const keys: PaperKey[] = [];
  const similarities: number[] = [];

  const isWorse = (a: number, b: number) => {
    const sa = similarities[a] as number;
    const sb = similarities[b] as number;
    return sa < sb || (sa === sb && (keys[a] as number) > (keys[b] as number));
  };
  const swap = (a: number, b: number) => {
    const key = keys[a] as number;
    const similarity = similarities[a] as number;
    keys[a] = keys[b] as number;
    similarities[a] = similarities[b] as number;
    keys[b] = key;
    similarities[b] = similarity;
  };
  const rise = (from: number) => {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(at, parent)) return;
      swap(at, parent);
      at = parent;
    }
  };
  const sink = () => {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      let worst = at;
      if (left < keys.length && isWorse(left, worst)) worst = left;
      if (left + 1 < keys.length && isWorse(left + 1, worst)) worst = left + 1;
      if (worst === at) return;
      swap(at, worst);
      at = worst;
    }
  };
  const wants = (key: PaperKey, similarity: number) => {
    if (keys.length < limit) return true;
    if (limit === 0) return false;
    const worst = similarities[0] as number;
    return similarity > worst || (similarity === worst && key < (keys[0] as number));
  };

  return {
    wants,
    offer(key, similarity) {
      if (!wants(key, similarity)) return;
      if (keys.length < limit) {
        keys.push(key);
        similarities.push(similarity);
        rise(keys.length - 1);
      } else {
        keys[0] = key;
        similarities[0] = similarity;
        sink();
      }
    },
    sorted: () =>
      keys
        .map((key, at) => ({ key, similarity: similarities[at] as number }))
        .sort((a, b) => b.similarity - a.similarity || a.key - b.key),
  };
}
