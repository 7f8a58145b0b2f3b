import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalLexicalIndex, type LocalLexicalIndex } from '../../src/lexical/local.ts';
import { incomingPaper, textHash } from '../../src/paper.ts';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';
import type { CommitItem, PaperStore } from '../../src/store/paper-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { titleWithTypo } from '../evaluate/known-item-queries.ts';
import { createRandom, shuffled } from '../evaluate/statistics.ts';
import { printMachine } from './report.ts';

const BATCH = 500;
const QUERIES = 300;
const LONG_QUERY_WORDS = 40;
/** What a page of search asks for, to fuse it with neighbours by vector. */
const DEPTH = 300;
const DIMENSIONS = 2;

/** Builds, saves, loads and searches the lexical index of all papers of the files. Vectors are not needed for it. */
export async function measureLexical(files: readonly string[]): Promise<void> {
  printMachine();
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  const db = openSqlite(join(folder, 'library.sqlite'));
  db.pragma('synchronous = OFF');
  const store = createSqlitePaperStore(db, { fingerprint: 'none', dimensions: DIMENSIONS });
  const open = () => createLocalLexicalIndex({ folder: join(folder, 'lexical'), source: store });
  try {
    await fill(store, files);
    const built = open();
    const seconds = await secondsOf(() => built.open());
    const { count, terms, forms, bytes } = await built.status();
    console.log(`${count} papers, ${terms} stems, ${forms} words.`);
    console.log(
      `Built in ${seconds} s; ${(bytes / 2 ** 20).toFixed(1)} MiB, ${Math.round(bytes / count)} bytes a paper.`,
    );
    console.log(`Saved in ${await secondsOf(() => built.save())} s.`);
    await built.close();
    const loaded = open();
    console.log(`Loaded in ${await secondsOf(() => loaded.open())} s.`);
    await measureQueries(loaded, store);
    await loaded.close();
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(store: PaperStore, files: readonly string[]): Promise<void> {
  let batch: CommitItem[] = [];
  const commit = async () => {
    await store.commitBatch(batch);
    batch = [];
  };
  for (const file of files) {
    for await (const item of jsonLinesSource(file)) {
      if (!('record' in item)) continue;
      const incoming = incomingPaper(item.record, 'bench');
      // All embeddings are one: nothing here looks at them.
      const embedding = new Float32Array([1, 0]);
      const embedded = { textHash: textHash(incoming.facts), embedding, tokens: new Uint8Array() };
      batch.push({ incoming, embedded });
      if (batch.length === BATCH) await commit();
    }
  }
  await commit();
}

async function measureQueries(index: LocalLexicalIndex, store: PaperStore): Promise<void> {
  const random = createRandom(1);
  const keys = shuffled(await store.matchingKeys({}), random).slice(0, QUERIES);
  const papers = (await store.papersByKeys(keys)).map(({ paper }) => paper);
  const words = (text: string) => text.split(/\s+/).slice(0, LONG_QUERY_WORDS).join(' ');
  const typo = (title: string) => titleWithTypo({ title }, random) ?? title;
  const kinds: [string, string[]][] = [
    ['title', papers.map(({ title }) => title)],
    ['title with a typo', papers.map(({ title }) => typo(title))],
    [`${LONG_QUERY_WORDS} words of the abstract`, papers.map(({ abstract }) => words(abstract))],
    ['1,000 characters', papers.map(({ abstract }) => abstract.slice(0, 1_000))],
    ['title as a phrase', papers.map(({ title }) => `"${title}"`)],
  ];
  for (const [name, queries] of kinds) {
    await report(name, queries, (query) => index.search(query, { limit: DEPTH }));
  }
  await report('scores of 300 given papers, by title', kinds[0]?.[1] ?? [], (query) =>
    index.score(query, keys),
  );
  await report('suggestion for a title with a typo', kinds[1]?.[1] ?? [], (query) => index.suggest(query));
}

async function report(
  name: string,
  queries: string[],
  ask: (query: string) => Promise<unknown>,
): Promise<void> {
  for (const query of queries.slice(0, 50)) await ask(query);
  const times: number[] = [];
  for (const query of queries) {
    const begin = performance.now();
    await ask(query);
    times.push(performance.now() - begin);
  }
  const sorted = times.sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(2);
  console.log(
    `${name}: median ${at(0.5)} ms, p95 ${at(0.95)} ms, highest ${at(1)} ms (${queries.length} queries)`,
  );
}

async function secondsOf(work: () => Promise<void>): Promise<string> {
  const begin = performance.now();
  await work();
  return ((performance.now() - begin) / 1_000).toFixed(2);
}
