import type { VectorIndex } from '../index/vector-index.ts';
import type { PaperKey } from '../paper.ts';
import { createRenewed } from '../shared-runs.ts';
import type { TermStatistics, TermStatisticsReader } from '../term-statistics.ts';
import { type Geometry, geometryOf } from './geometry.ts';

/** Vectors that the geometry rests on: of the papers that the statistics of terms rest on, the first so many. */
const VECTORS = 4_000;

/** A library of so few papers is followed at once. */
const FEW = 500;

/** What is usual in the library: what likeness of two papers is measured against. */
export interface Corpus extends TermStatistics {
  geometry: Geometry;
}

export interface CorpusReader {
  /** The statistics of the library as it is, or was when it was a little smaller. */
  current(): Promise<Corpus>;
  /** Those that rest on papers up to a key. */
  upTo(key: PaperKey): Promise<Corpus>;
}

type Deps = { statistics: TermStatisticsReader; index: Pick<VectorIndex, 'embeddings'> };

/** The geometry is half a second's work in small turns, done once and then beside the requests. */
export function createCorpusReader({ statistics, index }: Deps): CorpusReader {
  const corpusOf = async (terms: TermStatistics): Promise<Corpus> => {
    const vectors = await index.embeddings(terms.sample.slice(0, VECTORS));
    return { ...terms, geometry: await geometryOf([...vectors.values()]) };
  };
  const { latest, renew } = createRenewed(corpusOf);
  return {
    async current() {
      const terms = await statistics.current();
      const known = latest();
      if (known?.upTo === terms.upTo) return known;
      const renewed = renew(terms);
      // Of a small library it is made in milliseconds.
      if (known === null || terms.sample.length <= FEW) return renewed;
      renewed.catch(() => {});
      return known;
    },
    async upTo(key) {
      const known = latest();
      return known?.upTo === key ? known : corpusOf(await statistics.upTo(key));
    },
  };
}
