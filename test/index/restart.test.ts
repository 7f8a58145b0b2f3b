import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createLocalVectorIndex,
  type LocalIndexOptions,
  type LocalVectorIndex,
} from '../../src/index/local.ts';
import type { VectorSource } from '../../src/index/vector-index.ts';
import { dot, type Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { heldVector } from '../fixtures/held-vectors.ts';
import { createMemoryVectorSource, type MemoryVectorSource } from '../fixtures/memory-vector-source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DIMENSIONS = 16;
/** Of a saved index: vectors, graph, links, and what they are. */
const FILES = 4;
const opened: LocalVectorIndex[] = [];
afterEach(async () => {
  for (const index of opened.splice(0)) await index.close();
});

function start(folder: string, source: VectorSource, options: Partial<LocalIndexOptions> = {}) {
  const index = createLocalVectorIndex({
    folder,
    dimensions: DIMENSIONS,
    fingerprint: 'model',
    source,
    exactBelow: 100,
    // The graph is to answer, though so few papers are cheaper to score.
    stepCost: 0,
    leastChanges: 20,
    ...options,
  });
  opened.push(index);
  return index;
}

function library(count: number, options: { libraryId?: string } = {}) {
  const source = createMemoryVectorSource(options);
  const draw = clusteredVectors(DIMENSIONS);
  for (let key = 1; key <= count; key++) source.put(key, draw());
  return { source, draw };
}

/** A folder with the saved graph of `library(300)`, built once and copied for each test. */
const template = mkdtempSync(join(tmpdir(), 'paperwise-test-'));
beforeAll(async () => {
  const index = start(template, library(300).source);
  await index.whenSettled();
  await index.close();
  expect(readdirSync(template)).toHaveLength(FILES);
});
afterAll(() => rmSync(template, { recursive: true }));

/** A library whose graph was saved by an index that has been closed. */
function savedLibrary() {
  const folder = temporaryFolder();
  cpSync(template, folder, { recursive: true });
  return { ...library(300), folder };
}

const pathOf = (folder: string, kind: 'index' | 'vectors' | 'graph' | 'links') =>
  join(folder, readdirSync(folder).find((name) => name.startsWith(kind)) ?? 'none');
const flipBit = (path: string, at: number) => {
  const bytes = readFileSync(path);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
  writeFileSync(path, bytes);
};

async function expectRightAnswers(
  index: LocalVectorIndex,
  source: MemoryVectorSource,
  draw: () => Embedding,
) {
  for (let query = 0; query < 20; query++) {
    const target = draw();
    const { neighbours } = await index.nearest(target, { limit: 10 });
    const truth = [...source.papers]
      .map(([key, { embedding }]) => ({ key, similarity: dot(heldVector(embedding), target) }))
      .sort((a, b) => b.similarity - a.similarity || a.key - b.key)
      .slice(0, 10);
    expect(neighbours).toEqual(truth);
  }
}

describe('a graph that was saved', () => {
  it('is loaded by the next process, and nothing is built', async () => {
    const { source, draw, folder } = savedLibrary();
    const before = readdirSync(folder);
    const index = start(folder, source);
    await index.open();
    expect(await index.status()).toMatchObject({ state: 'graph', rebuildReason: null, count: 300 });
    await expectRightAnswers(index, source, draw);
    await index.whenSettled();
    await index.save();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('catches up with what changed since, at once and for good', async () => {
    const { source, draw, folder } = savedLibrary();
    for (let key = 1; key <= 20; key++) source.put(key, draw());
    for (let key = 21; key <= 40; key++) source.remove(key);
    for (let key = 41; key <= 60; key++) source.touch(key);
    for (let key = 301; key <= 330; key++) source.put(key, draw());
    const index = start(folder, source);
    await index.open();
    expect(await index.status()).toMatchObject({ state: 'graph', rebuildReason: null });
    await expectRightAnswers(index, source, draw);
    await index.whenSettled();
    await expectRightAnswers(index, source, draw);
    await index.save();
    await index.close();
    expect(JSON.parse(readFileSync(pathOf(folder, 'index'), 'utf8'))).toMatchObject({
      revision: await source.latestRevision(),
      count: 310,
      // Changed papers are new nodes; those of their old vectors stay, as do those of removed papers.
      nodes: 350,
    });
    const again = start(folder, source);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null });
    await expectRightAnswers(again, source, draw);
  });

  it('is saved as far as it got, without waiting for the rest', async () => {
    const { source, draw, folder } = savedLibrary();
    const index = start(folder, source);
    for (let key = 301; key <= 600; key++) source.put(key, draw());
    await index.refresh();
    await index.save();
    await index.close();
    const again = start(folder, source);
    await again.open();
    expect((await again.status()).rebuildReason).toBeNull();
    await expectRightAnswers(again, source, draw);
  });

  it('is extended when it lags far behind, not built anew', async () => {
    const { source, draw, folder } = savedLibrary();
    for (let key = 301; key <= 2_500; key++) source.put(key, draw());
    const log: string[] = [];
    const index = start(folder, source, { log: (_, text) => log.push(text) });
    await index.open();
    expect(await index.status()).toMatchObject({ state: 'building', waiting: 2_200 });
    await expectRightAnswers(index, source, draw);
    await index.whenSettled();
    expect(await index.status()).toMatchObject({ state: 'graph', rebuildReason: null, waiting: 0 });
    expect(log.join('\n')).toMatch(/2500 papers was extended/);
    await expectRightAnswers(index, source, draw);
  });

  it('is left alone by few changes, which are read again at the next start', async () => {
    const { source, draw, folder } = savedLibrary();
    const before = readdirSync(folder);
    for (let key = 301; key <= 310; key++) source.put(key, draw());
    source.remove(5);
    const index = start(folder, source);
    await index.open();
    await index.save();
    await index.whenSettled();
    expect(await index.status()).toMatchObject({ state: 'graph', waiting: 10, count: 309 });
    expect(readdirSync(folder)).toEqual(before);
    await expectRightAnswers(index, source, draw);
  });

  it('takes what comes while it is extended', async () => {
    const { source, draw, folder } = savedLibrary();
    const index = start(folder, source);
    await index.open();
    for (let round = 0; round < 6; round++) {
      for (let key = 1; key <= 30; key++) source.put(300 + 30 * round + key, draw());
      for (let key = 1; key <= 10; key++) source.put(10 * round + key, draw());
      source.remove(200 + round);
      await index.refresh();
      expect((await index.status()).building).not.toBeNull();
      await expectRightAnswers(index, source, draw);
    }
    await index.whenSettled();
    expect((await index.status()).waiting).toBeLessThanOrEqual(20);
    await expectRightAnswers(index, source, draw);
    await index.close();
    const again = start(folder, source);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null, count: 474 });
    await expectRightAnswers(again, source, draw);
  });

  it.each([
    ['is gone', (path: string) => rmSync(path)],
    ['has one other byte', (path: string) => flipBit(path, 2_000)],
    ['was cut', (path: string) => truncateSync(path, 1_000)],
  ])('is built from nothing when the graph to extend %s', async (_, spoil) => {
    const { source, draw, folder } = savedLibrary();
    spoil(pathOf(folder, 'graph'));
    for (let key = 301; key <= 400; key++) source.put(key, draw());
    const log: string[] = [];
    const index = start(folder, source, { log: (level, text) => log.push(`${level} ${text}`) });
    await index.whenSettled();
    expect(log.join('\n')).toMatch(/warn The saved graph could not be extended/);
    expect(await index.status()).toMatchObject({ state: 'graph', waiting: 0 });
    await expectRightAnswers(index, source, draw);
    await index.close();
    const again = start(folder, source);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null, waiting: 0 });
    await expectRightAnswers(again, source, draw);
  });

  const spoilt: [string, RegExp, (folder: string) => void, Partial<LocalIndexOptions>][] = [
    ['is missing', /^missing/, (folder) => rmSync(folder, { recursive: true }), {}],
    ['lacks its sidecar', /^missing/, (folder) => rmSync(pathOf(folder, 'index')), {}],
    ['lacks its vectors', /^missing/, (folder) => rmSync(pathOf(folder, 'vectors')), {}],
    ['lacks its links', /^missing/, (folder) => rmSync(pathOf(folder, 'links')), {}],
    ['has cut vectors', /^damaged: .* bytes/, (folder) => truncateSync(pathOf(folder, 'vectors'), 1_000), {}],
    ['has cut links', /^damaged: .* bytes/, (folder) => truncateSync(pathOf(folder, 'links'), 1_000), {}],
    [
      'has one other byte in its vectors',
      /^damaged: .* checksum/i,
      (folder) => flipBit(pathOf(folder, 'vectors'), 2_000),
      {},
    ],
    [
      'has one other byte in its links',
      /^damaged: .* checksum/i,
      (folder) => flipBit(pathOf(folder, 'links'), 2_000),
      {},
    ],
    [
      'has an unreadable sidecar',
      /^unreadable sidecar/,
      (folder) => writeFileSync(pathOf(folder, 'index'), '{'),
      {},
    ],
    ['is of another model', /^other model/, () => {}, { fingerprint: 'newer' }],
    ['has other parameters', /^other parameters/, () => {}, { graph: { M: 12 } }],
  ];
  it.each(spoilt)('is built anew when it %s', async (_, reason, spoil, options) => {
    const { source, draw, folder } = savedLibrary();
    spoil(folder);
    const index = start(folder, source, options);
    await index.open();
    expect(await index.status()).toMatchObject({
      state: 'building',
      rebuildReason: expect.stringMatching(reason),
    });
    await expectRightAnswers(index, source, draw);
    await index.whenSettled();
    expect((await index.status()).state).toBe('graph');
    await expectRightAnswers(index, source, draw);
    await index.close();
    const again = start(folder, source, options);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null });
  });

  it('is built anew for another library, for other dimensions, and for one that went back', async () => {
    const { folder } = savedLibrary();
    const other = library(200, { libraryId: 'another' });
    const foreign = start(folder, other.source);
    await foreign.open();
    expect((await foreign.status()).rebuildReason).toMatch(/^foreign library/);
    await foreign.whenSettled();
    await expectRightAnswers(foreign, other.source, other.draw);
    await foreign.close();

    const older = library(150, { libraryId: 'another' });
    const stale = start(folder, older.source);
    await stale.open();
    expect((await stale.status()).rebuildReason).toMatch(/^stale: .* 200, .* 150/);
    await stale.whenSettled();
    await expectRightAnswers(stale, older.source, older.draw);
    // Else it would pass for current when the library gets to its revision.
    expect(readdirSync(folder)).toHaveLength(FILES);
    await stale.close();

    const source = createMemoryVectorSource({ libraryId: 'another' });
    const draw = clusteredVectors(24);
    for (let key = 1; key <= 150; key++) source.put(key, draw());
    const wider = start(folder, source, { dimensions: 24 });
    await wider.open();
    expect((await wider.status()).rebuildReason).toMatch(/^wrong dimensions/);
    await wider.whenSettled();
    await expectRightAnswers(wider, source, draw);
  });

  it('is shared by two processes, of which the later saver wins', async () => {
    const { source, draw, folder } = savedLibrary();
    const [one, two] = [start(folder, source), start(folder, source)];
    await Promise.all([one.open(), two.open()]);
    for (let key = 301; key <= 330; key++) source.put(key, draw());
    await one.refresh();
    for (let key = 331; key <= 360; key++) source.put(key, draw());
    await two.refresh();
    await Promise.all([one.whenSettled(), two.whenSettled()]);
    await Promise.all([one.save(), two.save()]);
    await two.close();
    const again = start(folder, source);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null, count: 360 });
    await expectRightAnswers(again, source, draw);
  });
});

describe('background work', () => {
  it('builds a graph when the library grows past the limit, while all papers are scored', async () => {
    const { source, draw } = library(99);
    const index = start(temporaryFolder(), source);
    await index.whenSettled();
    expect((await index.status()).state).toBe('exact');
    source.put(100, draw());
    await index.refresh();
    expect((await index.status()).state).toBe('building');
    expect((await index.nearest(draw(), { limit: 5 })).exact).toBe(true);
    // These come while the graph is being built from the vectors of before.
    for (let key = 90; key <= 180; key++) source.put(key, draw());
    for (let key = 1; key <= 9; key++) source.remove(key);
    await index.refresh();
    await expectRightAnswers(index, source, draw);
    await index.whenSettled();
    expect(await index.status()).toMatchObject({ state: 'graph', count: 171, rebuildReason: null });
    expect((await index.nearest(draw(), { limit: 5 })).exact).toBe(false);
    await expectRightAnswers(index, source, draw);
  });

  it('builds the graph anew when many of its papers were removed', async () => {
    const { source, draw, folder } = savedLibrary();
    const index = start(folder, source);
    await index.open();
    for (let key = 1; key <= 70; key++) source.remove(key);
    await index.refresh();
    expect(await index.status()).toMatchObject({
      state: 'graph',
      rebuildReason: expect.stringMatching(/^worn/),
    });
    await expectRightAnswers(index, source, draw);
    // The worn graph, at the revision of the one that is being built.
    await index.save();
    await index.whenSettled();
    expect(await index.status()).toMatchObject({ state: 'graph', count: 230 });
    expect(readdirSync(folder)).toHaveLength(FILES);
    await expectRightAnswers(index, source, draw);
    expect(JSON.parse(readFileSync(pathOf(folder, 'index'), 'utf8'))).toMatchObject({
      count: 230,
      nodes: 230,
    });
  });

  it('scores all papers again when few are left', async () => {
    const { source, draw, folder } = savedLibrary();
    const index = start(folder, source);
    await index.open();
    for (let key = 1; key <= 260; key++) source.remove(key);
    await index.refresh();
    await index.whenSettled();
    expect(await index.status()).toMatchObject({ state: 'exact', count: 40 });
    await expectRightAnswers(index, source, draw);
  });

  it('saves one after the other, also while the graph catches up', async () => {
    const { source, draw, folder } = savedLibrary();
    const index = start(folder, source);
    const saves = [];
    for (let round = 0; round < 5; round++) {
      for (let key = 1; key <= 40; key++) source.put(400 + 40 * round + key, draw());
      await index.refresh();
      saves.push(index.save());
    }
    await Promise.all(saves);
    await index.whenSettled();
    await index.save();
    expect(readdirSync(folder)).toHaveLength(FILES);
    await index.close();
    const again = start(folder, source);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null, count: 500 });
    await expectRightAnswers(again, source, draw);
  });

  it('reads a library anew that was replaced by an older one', async () => {
    const first = library(300);
    const older = library(200);
    let current: MemoryVectorSource = first.source;
    const source: VectorSource = {
      libraryId: () => current.libraryId(),
      latestRevision: () => current.latestRevision(),
      latestMoment: () => current.latestMoment(),
      hadMoment: (moment) => current.hadMoment(moment),
      vectorChanges: (after, limit) => current.vectorChanges(after, limit),
      matchingKeys: (filter) => current.matchingKeys(filter),
    };
    const index = start(temporaryFolder(), source);
    await index.whenSettled();
    current = older.source;
    await index.refresh();
    expect(await index.status()).toMatchObject({ count: 200, revision: 200, state: 'building' });
    await expectRightAnswers(index, older.source, older.draw);
    await index.whenSettled();
    expect(await index.status()).toMatchObject({
      state: 'graph',
      rebuildReason: expect.stringMatching(/^stale/),
    });
    await expectRightAnswers(index, older.source, older.draw);
  });

  it('is ended by closing, in the middle of a build as well', async () => {
    const { source, draw } = library(2_000);
    const index = start(temporaryFolder(), source);
    await index.open();
    expect((await index.status()).state).toBe('building');
    const settled = index.whenSettled();
    await index.close();
    await settled;
    await expect(index.nearest(draw(), { limit: 1 })).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a folder that cannot be written', () => {
  it('fails the save, not the search', async () => {
    const { source, draw, folder } = savedLibrary();
    const index = start(folder, source);
    await index.open();
    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'a file where the folder was');
    for (let key = 301; key <= 330; key++) source.put(key, draw());
    await index.refresh();
    await index.whenSettled();
    await expect(index.save()).rejects.toMatchObject({ code: 'index_failed' });
    expect((await index.status()).state).toBe('graph');
    await expectRightAnswers(index, source, draw);
    rmSync(folder);
    mkdirSync(folder);
    await index.save();
    await index.close();
    const again = start(folder, source, { leastChanges: 1_000 });
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null, count: 330 });
    await expectRightAnswers(again, source, draw);
  });

  it('fails the build, and all papers are scored', async () => {
    const { source, draw } = library(200);
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, 'a file where the folder should be');
    const log: string[] = [];
    const index = start(folder, source, { log: (level, text) => log.push(`${level} ${text}`) });
    await index.whenSettled();
    expect((await index.status()).state).toBe('exact');
    expect(log.join('\n')).toMatch(/error The graph could not be built/);
    await expectRightAnswers(index, source, draw);
    source.put(201, draw());
    await index.refresh();
    await index.whenSettled();
    await expect(index.save()).rejects.toMatchObject({ code: 'index_failed' });
  });
});
