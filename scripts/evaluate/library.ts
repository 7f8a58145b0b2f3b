import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Embedder } from '../../src/embed/embedder.ts';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import type { VectorIndex } from '../../src/index/vector-index.ts';
import { createIngest } from '../../src/ingest.ts';
import type { LexicalConstants } from '../../src/lexical/constants.ts';
import type { LexicalIndex } from '../../src/lexical/lexical-index.ts';
import { createLocalLexicalIndex } from '../../src/lexical/local.ts';
import type { Ranking } from '../../src/ranking.ts';
import { createSearch, type Search } from '../../src/search.ts';
import type { SourceItem } from '../../src/sources/source.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import type { PeopleStore } from '../../src/store/people-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';

import { createTermStatistics, type TermStatisticsReader } from '../../src/term-statistics.ts';

/** A library that lasts as long as an evaluation: real database, index, ingest and search, in a temporary folder. */
export interface EvaluatedLibrary {
  store: PaperStore;
  people: PeopleStore;
  index: VectorIndex;
  lexical: LexicalIndex;
  statistics: TermStatisticsReader;
  /** The real search over this library, with an embedder for its queries. */
  searchWith(queryEmbedder: Embedder, ranking?: Ranking): Search;
  /** The same library with other constants of BM25F, for trials. */
  withConstants(constants: LexicalConstants): Promise<Pick<EvaluatedLibrary, 'searchWith' | 'close'>>;
  close(): Promise<void>;
}

/**
 * Fills a new library, and waits until its index has its final form. It is made anew by every run, so that a change
 * of the store or of ingest is never missed; only embeddings are kept, by the embedder. Throws when a paper is
 * refused: the figures would be of another collection.
 */
export async function fillLibrary(
  items: Iterable<SourceItem>,
  passageEmbedder: Embedder,
): Promise<EvaluatedLibrary> {
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-evaluate-'));
  const { fingerprint, model } = passageEmbedder;
  const db = openSqlite(join(folder, 'library.sqlite'));
  // Nobody needs this library after a power cut.
  db.pragma('synchronous = OFF');
  const store = createSqlitePaperStore(db, { fingerprint, dimensions: model.dimensions });
  const index = createLocalVectorIndex({
    folder: join(folder, 'index'),
    dimensions: model.dimensions,
    fingerprint,
    source: store,
  });
  const lexical = createLocalLexicalIndex({ folder: join(folder, 'lexical'), source: store });
  const close = async () => {
    await index.close();
    await lexical.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const refused: string[] = [];
    // The index reads all papers at the end, in one go.
    const ingest = createIngest({ store, embedder: passageEmbedder, index: { refresh: async () => {} } });
    await ingest.ingest(items, {
      defaultSource: 'evaluation',
      onResult: (result) => {
        if (result.outcome === 'rejected') refused.push(`${result.at}: ${result.reason}`);
      },
    });
    if (refused.length > 0) {
      throw new Error(`${refused.length} papers were refused, such as ${refused.slice(0, 3).join('; ')}.`);
    }
    await index.refresh();
    await Promise.all([index.whenSettled(), lexical.refresh()]);
  } catch (error) {
    await close();
    throw error;
  }
  const statistics = createTermStatistics(store);
  return {
    store,
    people: createSqlitePeopleStore(db, { fingerprint, dimensions: model.dimensions }),
    index,
    lexical,
    statistics,
    searchWith: (embedder, ranking) => createSearch({ store, embedder, index, lexical, statistics }, ranking),
    withConstants: async (constants) => {
      const other = createLocalLexicalIndex({ folder: join(folder, 'other'), source: store, constants });
      await other.refresh();
      return {
        searchWith: (embedder, ranking) =>
          createSearch({ store, embedder, index, lexical: other, statistics }, ranking),
        close: () => other.close(),
      };
    },
    close,
  };
}
