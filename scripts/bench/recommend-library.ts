import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MODEL } from '../../src/embed/models.ts';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import type { VectorIndex } from '../../src/index/vector-index.ts';
import { createIngest } from '../../src/ingest.ts';
import type { LexicalIndex } from '../../src/lexical/lexical-index.ts';
import { createLocalLexicalIndex } from '../../src/lexical/local.ts';
import type { PickDetails } from '../../src/recommend/picks.ts';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import type { PeopleStore } from '../../src/store/people-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { createSqlitePeopleStore } from '../../src/store/sqlite-people.ts';
import { createTermStatistics, type TermStatisticsReader } from '../../src/term-statistics.ts';
import { CACHE, openEmbedders, SHARED_DATA } from '../evaluate/command-options.ts';
import { fillLibrary, vectorsOfClusters } from './generated-library.ts';

/** Of real embeddings, and so of generated ones. */
const DIMENSIONS = 384;
/** Made at a time. */
const TERM_SETS = 1_000;

export interface BenchLibrary {
  store: PaperStore;
  people: PeopleStore<PickDetails>;
  index: VectorIndex;
  lexical: LexicalIndex;
  statistics: TermStatisticsReader;
  description: string;
  close(): Promise<void>;
}

/**
 * A library of so many papers: real ones where they lie beside the repository and their embeddings are in the cache of
 * evaluations, and generated ones elsewhere. It is kept beside that cache, as filling it takes minutes; `fresh` makes
 * it anew.
 */
export async function openBenchLibrary(papers: number, { fresh }: { fresh: boolean }): Promise<BenchLibrary> {
  const files = paperFiles();
  const isReal = files.length > 0 && existsSync(join(CACHE, 'embeddings.sqlite'));
  const folder = join(CACHE, '..', 'bench', `recommend-${isReal ? 'real' : 'generated'}-${papers}`);
  if (fresh) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const embedders = isReal ? await openEmbedders({ model: DEFAULT_MODEL, cachedQueries: true }) : null;
  const model = {
    fingerprint: embedders?.passageEmbedder.fingerprint ?? 'generated',
    dimensions: embedders?.passageEmbedder.model.dimensions ?? DIMENSIONS,
  };
  const db = openSqlite(join(folder, 'library.sqlite'));
  // Nobody needs this library after a power cut.
  db.pragma('synchronous = OFF');
  const store = createSqlitePaperStore(db, model);
  const people = createSqlitePeopleStore<PickDetails>(db, model);
  const index = createLocalVectorIndex({ folder: join(folder, 'index'), ...model, source: store });
  const lexical = createLocalLexicalIndex({ folder: join(folder, 'lexical'), source: store });
  const close = async () => {
    await index.close();
    await lexical.close();
    await store.close();
  };
  try {
    if ((await store.counts()).papers < papers) {
      console.error(`Filling a library with ${papers} papers: some minutes.`);
      if (embedders) {
        const ingest = createIngest({
          store,
          embedder: embedders.passageEmbedder,
          index: { refresh: async () => {} },
        });
        await ingest.ingest(firstOf(files, papers), { defaultSource: 'bench' });
      } else {
        await fillLibrary(store, papers, vectorsOfClusters(model.dimensions), { withWords: true });
      }
    }
    // A kept library may have those of an earlier version of the program.
    for (let after: number | null = 0; after !== null; ) {
      after = (await store.fillTermSets(after, TERM_SETS)).last;
    }
    await Promise.all([index.refresh(), lexical.refresh()]);
    await index.whenSettled();
    await index.save();
    await lexical.save();
    await embedders?.close();
    const { count, state } = await index.status();
    const { papers: held } = await store.counts();
    const description = `${held} ${isReal ? 'papers of arXiv and Daily Papers' : 'generated papers'}, index of ${count}: ${state}`;
    return { store, people, index, lexical, statistics: createTermStatistics(store), description, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function paperFiles(): string[] {
  const folder = join(SHARED_DATA, 'papers');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .sort()
    .map((name) => join(folder, name));
}

/** The first so many different papers of some files. */
async function* firstOf(files: readonly string[], limit: number) {
  const seen = new Set<string>();
  for (const file of files) {
    for await (const item of jsonLinesSource(file)) {
      if ('record' in item) {
        if (!seen.has(item.record.id) && seen.size >= limit) return;
        seen.add(item.record.id);
      }
      yield item;
    }
  }
}
