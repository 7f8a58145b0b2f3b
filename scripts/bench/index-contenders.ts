import hnswlib from 'hnswlib-node';
import usearch, { type ScalarKind } from 'usearch';
import { GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import type { VectorSource } from '../../src/index/vector-index.ts';
import { dot } from '../../src/vector.ts';

/** Ten neighbours and the vector itself. */
const LIMIT = 11;

/** The numbers of the ten nearest vectors, the nearest first, and of the one that was asked for. */
export type Search = (query: Float32Array) => number[] | Promise<number[]>;
/** Makes an index of vectors; `folder` is an empty place for files. */
export type Contender = (vectors: readonly Float32Array[], folder: string) => Search | Promise<Search>;

const { M, efConstruction, ef } = GRAPH_PARAMS;

export const CONTENDERS: Record<string, Contender> = {
  'Paperwise, graph': (vectors, folder) => paperwise(vectors, folder, 0),
  'hnswlib-node, graph': (vectors) => {
    const index = new hnswlib.HierarchicalNSW('ip', dimensionsOf(vectors));
    index.initIndex(vectors.length, M, efConstruction);
    index.setEf(ef);
    return filled(index, vectors);
  },
  'usearch, graph, float': (vectors) => usearchGraph(vectors, 'f32'),
  'usearch, graph, 8-bit': (vectors) => usearchGraph(vectors, 'i8'),
  'Paperwise, all scored': (vectors, folder) => paperwise(vectors, folder, Number.POSITIVE_INFINITY),
  'hnswlib-node, all scored': (vectors) => {
    const index = new hnswlib.BruteforceSearch('ip', dimensionsOf(vectors));
    index.initIndex(vectors.length);
    return filled(index, vectors);
  },
  'usearch, all scored': (vectors) => {
    const dimensions = dimensionsOf(vectors);
    const all = new Float32Array(vectors.length * dimensions);
    vectors.forEach((vector, at) => {
      all.set(vector, at * dimensions);
    });
    return (query) => {
      // A view would be taken for the beginning of its memory.
      const { keys } = usearch.exactSearch(all, query.slice(), dimensions, LIMIT, usearch.MetricKind.IP, 1);
      return Array.from(keys, Number);
    };
  },
  'JavaScript, all scored': (vectors) => (query) => {
    const scores = Float64Array.from(vectors, (vector) => dot(vector, query));
    return [...scores.keys()].sort((a, b) => (scores[b] as number) - (scores[a] as number)).slice(0, LIMIT);
  },
};

async function paperwise(
  vectors: readonly Float32Array[],
  folder: string,
  exactBelow: number,
): Promise<Search> {
  const index = createLocalVectorIndex({
    folder,
    dimensions: dimensionsOf(vectors),
    fingerprint: 'bench',
    source: sourceOf(vectors),
    exactBelow,
  });
  await index.refresh();
  await index.whenSettled();
  return async (query) => {
    const { neighbours } = await index.nearest(query, { limit: LIMIT });
    return neighbours.map(({ key }) => key - 1);
  };
}

function usearchGraph(vectors: readonly Float32Array[], quantization: 'f32' | 'i8'): Search {
  const index = new usearch.Index({
    dimensions: dimensionsOf(vectors),
    metric: usearch.MetricKind.IP,
    quantization: quantization as ScalarKind,
    connectivity: M,
    expansion_add: efConstruction,
    expansion_search: ef,
    multi: false,
  });
  vectors.forEach((vector, at) => {
    index.add(BigInt(at), vector);
  });
  return (query) => [...index.search(query, LIMIT, 1).keys].map(Number);
}

function filled(
  index: hnswlib.HierarchicalNSW | hnswlib.BruteforceSearch,
  vectors: readonly Float32Array[],
): Search {
  vectors.forEach((vector, at) => {
    index.addPoint([...vector], at);
  });
  return (query) => nearestFirst(index.searchKnn([...query], LIMIT));
}

/** hnswlib gives the farthest last, in an order that its heap had. */
function nearestFirst({ neighbors, distances }: { neighbors: number[]; distances: number[] }): number[] {
  return neighbors
    .map((label, at) => ({ label, distance: distances[at] as number }))
    .sort((a, b) => a.distance - b.distance)
    .map(({ label }) => label);
}

const dimensionsOf = ([first]: readonly Float32Array[]) => first?.length ?? 0;

/** A library of these vectors under the keys from 1. */
export function sourceOf(vectors: readonly Float32Array[]): VectorSource {
  const revision = vectors.length;
  return {
    libraryId: async () => 'bench',
    latestRevision: async () => revision,
    latestMoment: async () => ({ revision, epoch: '' }),
    hadMoment: async () => true,
    vectorChanges: async (after, limit) =>
      vectors.slice(after, after + limit).map((embedding, at) => ({
        revision: after + at + 1,
        key: after + at + 1,
        embedding,
      })),
    matchingKeys: async () => [],
  };
}
