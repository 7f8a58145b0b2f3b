import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PaperKey } from './paper.ts';
import { createRenewed } from './shared-runs.ts';
import type { PaperStore } from './store/paper-store.ts';

/** Papers that the statistics rest on: more changed nothing that was measured. */
const SAMPLE = { papers: 8_000, read: 500 } as const;

/**
 * The statistics are made anew when the library has grown by this share; those of up to so many papers with any change,
 * which takes milliseconds: of two papers, what both say would be said everywhere, and count nothing.
 */
const GROWTH = { share: 0.2, few: 500 } as const;

/** Counts of terms are kept in so many buckets, by the upper bits of the hash: rare terms may share one. */
const BUCKET_BITS = 22;

/** What statistics are made of. Threads share the memory of the counts, which nobody writes any more. */
export interface StatisticsParts {
  upTo: PaperKey;
  sample: readonly PaperKey[];
  counts: Uint16Array;
  categories: ReadonlyMap<string, number>;
}

/** How rare terms and categories are in the library. */
export interface TermStatistics {
  /** The newest paper that they may rest on; the same library and the same bound give the same statistics. */
  upTo: PaperKey;
  /** The keys that they rest on. */
  sample: readonly PaperKey[];
  /** How rare a term is: 1 in no paper, 0 in all. 1 - ln(papers with it + 1) / ln(papers + 1). */
  rarity(hash: number): number;
  categoryRarity(category: string): number;
}

export interface TermStatisticsReader {
  /** The statistics of the library as it is, or was when it was a little smaller, and what they are made of. */
  current(): Promise<TermStatistics & { parts: StatisticsParts }>;
  /** Those that rest on papers up to a key. */
  upTo(key: PaperKey): Promise<TermStatistics>;
}

/** A tenth of a second's work in small turns, done once and then beside the requests. */
export function createTermStatistics(store: PaperStore): TermStatisticsReader {
  const { latest, renew } = createRenewed((upTo: PaperKey) => readStatistics(store, upTo));
  return {
    async current() {
      const newest = await store.newestKey();
      const known = latest();
      if (known === null) return renew(newest);
      const grown = Math.abs(newest - known.upTo);
      const isFew = known.upTo <= GROWTH.few;
      if (grown > (isFew ? 0 : GROWTH.share * known.upTo)) {
        const renewed = renew(newest);
        // The old ones serve until then, unless they are of a library that was hardly begun.
        if (isFew) return renewed;
        renewed.catch(() => {});
      }
      return known;
    },
    async upTo(key) {
      const known = latest();
      return known?.upTo === key ? known : readStatistics(store, key);
    },
  };
}

async function readStatistics(store: PaperStore, upTo: PaperKey) {
  const sample = await store.sampleKeys({ upTo, limit: SAMPLE.papers });
  const counts = new Uint16Array(new SharedArrayBuffer(2 ** BUCKET_BITS * Uint16Array.BYTES_PER_ELEMENT));
  const categories = new Map<string, number>();
  for (let from = 0; from < sample.length; from += SAMPLE.read) {
    const facts = await store.rankingFacts(sample.slice(from, from + SAMPLE.read));
    for (const paper of facts.values()) {
      for (const hash of paper.terms) {
        const bucket = hash >>> (32 - BUCKET_BITS);
        counts[bucket] = (counts[bucket] as number) + 1;
      }
      for (const name of paper.categories) categories.set(name, (categories.get(name) ?? 0) + 1);
    }
    await nextTurn();
  }
  return statisticsOf({ upTo, sample, counts, categories });
}

/** The statistics that were read here, or in another thread. */
export function statisticsOf(parts: StatisticsParts): TermStatistics & { parts: StatisticsParts } {
  const { upTo, sample, counts, categories } = parts;
  const scale = Math.log(sample.length + 1);
  const rarityOf = (count: number) => (scale === 0 ? 1 : 1 - Math.log(count + 1) / scale);
  return {
    ...{ parts, upTo, sample },
    rarity: (hash) => rarityOf(counts[hash >>> (32 - BUCKET_BITS)] as number),
    categoryRarity: (category) => rarityOf(categories.get(category) ?? 0),
  };
}
