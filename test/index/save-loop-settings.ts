import { GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import { createSavedIndex } from '../../src/index/saved-index.ts';
import { historyTo } from '../fixtures/history.ts';

/** What the process that is killed while it saves, and the test that kills it, agree on. */
export const SAVE_LOOP = { dimensions: 32, firstRevision: 1, papers: 500 };

/** The saved indexes of a folder, as those of a library at a revision. */
export function savedIndexIn(folder: string, latestRevision: number) {
  const saved = createSavedIndex({
    folder,
    dimensions: SAVE_LOOP.dimensions,
    fingerprint: 'model',
    source: historyTo(latestRevision),
    params: GRAPH_PARAMS,
    log: () => {},
  });
  saved.begin('library');
  return saved;
}
