import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from '../../src/config.ts';
import type { Embedder } from '../../src/embed/embedder.ts';
import { DEFAULT_MODEL, describeModel } from '../../src/embed/models.ts';
import { createTransformersEmbedder } from '../../src/embed/transformers.ts';
import { createLocalVectorIndex, type LocalVectorIndex } from '../../src/index/local.ts';
import { createIngest } from '../../src/ingest.ts';
import { createLocalLexicalIndex, type LocalLexicalIndex } from '../../src/lexical/local.ts';
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
import { addRecombinedPapers } from './recombined-papers.ts';

/** Raised when other papers are made than before: those that are kept are made anew then. */
const RECIPE = 1;
/** Made at a time. */
const TERM_SETS = 1_000;

export interface LargeLibraryOptions {
  papers: number;
  /** Make it anew although one is kept. */
  fresh: boolean;
}

export interface LargeLibrary {
  /** A data folder, as a server takes it. */
  folder: string;
  store: PaperStore;
  people: PeopleStore<PickDetails>;
  index: LocalVectorIndex;
  lexical: LocalLexicalIndex;
  statistics: TermStatisticsReader;
  description: string;
  /** An embedder of the library's model with so many threads; the caller closes it. */
  openEmbedder(workers: number): Promise<Embedder>;
  close(): Promise<void>;
}

/**
 * Opens a library of so many papers with everything built and saved, as a server leaves it. Where real papers lie
 * beside the repository and their embeddings are in the cache of evaluations, it has these, and beyond them papers that
 * are made of two real ones each; elsewhere generated ones. Making it takes minutes: it is kept.
 */
export async function openLargeLibrary({ papers, fresh }: LargeLibraryOptions): Promise<LargeLibrary> {
  const files = paperFiles();
  const isReal = files.length > 0 && existsSync(join(CACHE, 'embeddings.sqlite'));
  const folder = join(CACHE, '..', 'bench', `library-${isReal ? 'real' : 'generated'}-${papers}`);
  const { fingerprint, dimensions, openEmbedder } = await modelOf(folder);
  const made = JSON.stringify({ recipe: RECIPE, papers, model: fingerprint });
  const note = join(folder, 'made.json');
  if (fresh || !existsSync(note) || readFileSync(note, 'utf8') !== made) {
    rmSync(folder, { recursive: true, force: true });
  }
  mkdirSync(folder, { recursive: true });
  const parts = await openParts(folder);
  const { store, index, lexical, close } = parts;
  try {
    if (!existsSync(note)) {
      await fill(store, papers, dimensions, isReal ? files : []);
      writeFileSync(note, made);
    }
    // A kept library may have those of an earlier version of the program.
    for (let after: number | null = 0; after !== null; ) {
      after = (await store.fillTermSets(after, TERM_SETS)).last;
    }
    await timed('indexes read or built', async () => {
      await Promise.all([index.refresh(), lexical.refresh()]);
      await index.whenSettled();
    });
    await index.save();
    await lexical.save();
    const { count, state } = await index.status();
    const kind = isReal ? 'real papers, beyond 41,248 recombined ones' : 'generated papers';
    const description = `${(await store.counts()).papers} papers (${kind}), index of ${count}: ${state}`;
    return { ...parts, folder, statistics: createTermStatistics(store), description, openEmbedder };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The model of all libraries here: the one that a server has when nothing is set. */
async function modelOf(folder: string) {
  const { model, source } = describeModel({ name: DEFAULT_MODEL });
  const cacheFolder = dataPaths(folder).models;
  const openEmbedder = (workers: number) =>
    createTransformersEmbedder({ model, source, cacheFolder, workers });
  const probe = await openEmbedder(1);
  await probe.close();
  return { fingerprint: probe.fingerprint, dimensions: model.dimensions, openEmbedder };
}

/** Store and indexes of a data folder, as a server of the default model opens them; nothing is read yet. */
export async function openParts(folder: string) {
  const { database, index: indexFolder, lexical: lexicalFolder } = dataPaths(folder);
  const { fingerprint, dimensions } = await modelOf(folder);
  const db = openSqlite(database);
  // Nobody needs these libraries after a power cut.
  db.pragma('synchronous = OFF');
  const store = createSqlitePaperStore(db, { fingerprint, dimensions });
  const people = createSqlitePeopleStore<PickDetails>(db, { fingerprint, dimensions });
  const index = createLocalVectorIndex({ folder: indexFolder, dimensions, fingerprint, source: store });
  const lexical = createLocalLexicalIndex({ folder: lexicalFolder, source: store });
  const close = async () => {
    await index.close();
    await lexical.close();
    await store.close();
  };
  return { dimensions, store, people, index, lexical, close };
}

async function fill(
  store: PaperStore,
  papers: number,
  dimensions: number,
  files: readonly string[],
): Promise<void> {
  console.error(`Making a library of ${papers} papers: some minutes.`);
  if (files.length === 0) {
    const draw = vectorsOfClusters(dimensions);
    await timed('generated papers stored', () => fillLibrary(store, papers, draw, { withWords: true }));
    return;
  }
  const embedders = await openEmbedders({ model: DEFAULT_MODEL, cachedQueries: true });
  try {
    const index = { refresh: async () => {} };
    const ingest = createIngest({ store, embedder: embedders.passageEmbedder, index });
    await timed('real papers stored', async () => {
      await ingest.ingest(firstOf(files, papers), { defaultSource: 'bench', batchSize: 500 });
    });
  } finally {
    await embedders.close();
  }
  await timed('recombined papers stored', () =>
    addRecombinedPapers(store, papers, (count) => {
      if (count % 10_000 < 1_000) console.error(`  ${count} papers`);
    }),
  );
}

async function timed(what: string, work: () => Promise<void>): Promise<void> {
  const begin = performance.now();
  await work();
  console.error(`  ${what}: ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
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
