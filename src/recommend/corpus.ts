import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VectorIndex } from '../index/vector-index.ts';
import type { PaperKey } from '../paper.ts';
import type { PaperStore } from '../store/paper-store.ts';
import { type Geometry, geometryOf } from './geometry.ts';

/** Papers that the statistics rest on: the sizes at which more changed nothing that was measured. */
const SAMPLE = { terms: 8_000, vectors: 4_000, read: 500 } as const;

/** The statistics are made anew when the library has grown by this share, and by so many papers. */
const GROWTH = { share: 0.2, papers: 50 } as const;

/** Counts of terms are kept in so many buckets, by the upper bits of the hash: rare terms may share one. */
const BUCKET_BITS = 22;

/** What is usual in the library: what likeness of two papers is measured against. */
export interface Corpus {
  /** The newest paper that it may rest on; the same library and the same bound give the same statistics. */
  upTo: PaperKey;
  /** How rare a term is: 1 in no paper, 0 in all. ln((n + 1) / (papers with it + 1)) / ln(n + 1). */
  rarity(hash: number): number;
  categoryRarity(category: string): number;
  geometry: Geometry;
}

type Deps = { store: PaperStore; index: Pick<VectorIndex, 'embeddings'> };

export interface CorpusReader {
  /** The statistics of the library as it is, or was when it was a little smaller. */
  current(): Promise<Corpus>;
  /** Those that rest on papers up to a key. */
  upTo(key: PaperKey): Promise<Corpus>;
}

/** Half a second's work in small turns, done once and then beside the requests. */
export function createCorpusReader(deps: Deps): CorpusReader {
  let latest: Corpus | null = null;
  let reading: Promise<Corpus> | null = null;
  const read = (upTo: PaperKey) => {
    reading ??= readCorpus(deps, upTo)
      .then((corpus) => {
        latest = corpus;
        return corpus;
      })
      .finally(() => {
        reading = null;
      });
    return reading;
  };
  return {
    async current() {
      const newest = await deps.store.newestKey();
      if (latest === null) return read(newest);
      const grown = Math.abs(newest - latest.upTo);
      if (grown > GROWTH.papers && grown > GROWTH.share * latest.upTo) {
        const renewed = read(newest);
        // The old ones serve until then, unless they are of a library that was hardly begun.
        if (latest.upTo < GROWTH.papers) return renewed;
        renewed.catch(() => {});
      }
      return latest;
    },
    upTo: async (key) => (latest?.upTo === key ? latest : readCorpus(deps, key)),
  };
}

async function readCorpus({ store, index }: Deps, upTo: PaperKey): Promise<Corpus> {
  const keys = await store.sampleKeys({ upTo, limit: SAMPLE.terms });
  const counts = new Uint16Array(2 ** BUCKET_BITS);
  const categories = new Map<string, number>();
  for (let from = 0; from < keys.length; from += SAMPLE.read) {
    const facts = await store.rankingFacts(keys.slice(from, from + SAMPLE.read));
    for (const paper of facts.values()) {
      for (const hash of paper.terms) {
        const bucket = hash >>> (32 - BUCKET_BITS);
        counts[bucket] = (counts[bucket] as number) + 1;
      }
      for (const name of paper.categories) categories.set(name, (categories.get(name) ?? 0) + 1);
    }
    await nextTurn();
  }
  const scale = Math.log(keys.length + 1);
  const rarityOf = (count: number) => (scale === 0 ? 1 : 1 - Math.log(count + 1) / scale);
  const vectors = await index.embeddings(keys.slice(0, SAMPLE.vectors));
  return {
    upTo,
    rarity: (hash) => rarityOf(counts[hash >>> (32 - BUCKET_BITS)] as number),
    categoryRarity: (category) => rarityOf(categories.get(category) ?? 0),
    geometry: await geometryOf([...vectors.values()]),
  };
}
