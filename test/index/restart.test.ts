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
import { createMemoryVectorSource, type MemoryVectorSource } from '../fixtures/memory-vector-source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DIMENSIONS = 16;
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
    proposalCost: 0,
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
  expect(readdirSync(template)).toHaveLength(2);
});
afterAll(() => rmSync(template, { recursive: true }));

/** A library whose graph was saved by an index that has been closed. */
function savedLibrary() {
  const folder = temporaryFolder();
  cpSync(template, folder, { recursive: true });
  return { ...library(300), folder };
}

const pathOf = (folder: string, kind: 'bin' | 'json') =>
  join(folder, readdirSync(folder).find((name) => name.endsWith(kind)) ?? 'none');

async function expectRightAnswers(
  index: LocalVectorIndex,
  source: MemoryVectorSource,
  draw: () => Embedding,
) {
  for (let query = 0; query < 20; query++) {
    const target = draw();
    const { neighbours } = await index.nearest(target, { limit: 10 });
    const truth = [...source.papers]
      .map(([key, { embedding }]) => ({ key, similarity: dot(embedding, target) }))
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
    expect(JSON.parse(readFileSync(pathOf(folder, 'json'), 'utf8'))).toMatchObject({
      revision: await source.latestRevision(),
      count: 310,
      deleted: 20,
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

  it('is built anew when it lags far behind', async () => {
    const { source, draw, folder } = savedLibrary();
    for (let key = 301; key <= 2_500; key++) source.put(key, draw());
    const index = start(folder, source);
    await index.open();
    await expectRightAnswers(index, source, draw);
    await index.whenSettled();
    expect(await index.status()).toMatchObject({
      state: 'graph',
      rebuildReason: expect.stringMatching(/^behind: 2200 of 2500/),
    });
    await expectRightAnswers(index, source, draw);
  });

  const spoilt: [string, RegExp, (folder: string) => void, Partial<LocalIndexOptions>][] = [
    ['is missing', /^missing/, (folder) => rmSync(folder, { recursive: true }), {}],
    ['lacks its sidecar', /^missing/, (folder) => rmSync(pathOf(folder, 'json')), {}],
    ['lacks its graph', /^missing/, (folder) => rmSync(pathOf(folder, 'bin')), {}],
    ['was cut', /^damaged: .* bytes/, (folder) => truncateSync(pathOf(folder, 'bin'), 1_000), {}],
    [
      'has one other byte',
      /^damaged: .* checksum/,
      (folder) => {
        const bytes = readFileSync(pathOf(folder, 'bin'));
        bytes.writeUInt8(bytes.readUInt8(2_000) ^ 4, 2_000);
        writeFileSync(pathOf(folder, 'bin'), bytes);
      },
      {},
    ],
    [
      'has an unreadable sidecar',
      /^unreadable sidecar/,
      (folder) => writeFileSync(pathOf(folder, 'json'), '{'),
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
    expect(readdirSync(folder)).toHaveLength(2);
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
    source.put(301, draw());
    await one.refresh();
    source.put(302, draw());
    await two.refresh();
    await Promise.all([one.whenSettled(), two.whenSettled()]);
    await Promise.all([one.save(), two.save()]);
    await two.close();
    const again = start(folder, source);
    await again.open();
    expect(await again.status()).toMatchObject({ state: 'graph', rebuildReason: null, count: 302 });
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
    expect(readdirSync(folder)).toHaveLength(2);
    await expectRightAnswers(index, source, draw);
    expect(JSON.parse(readFileSync(pathOf(folder, 'json'), 'utf8'))).toMatchObject({
      count: 230,
      deleted: 0,
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
    expect(readdirSync(folder)).toHaveLength(2);
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
    source.put(301, draw());
    await index.refresh();
    await index.whenSettled();
    await expect(index.save()).rejects.toMatchObject({ code: 'index_failed' });
    expect((await index.status()).state).toBe('graph');
    await expectRightAnswers(index, source, draw);
    rmSync(folder);
    mkdirSync(folder);
    await index.save();
    expect(readdirSync(folder)).toHaveLength(2);
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
