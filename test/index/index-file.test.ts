import { readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Moment } from '../../src/history.ts';
import { createExactIndex } from '../../src/index/exact.ts';
import { readGraphFile } from '../../src/index/graph-bytes.ts';
import { type GraphFiles, loadGraph, saveGraph } from '../../src/index/graph-files.ts';
import { findIndex, saveSidecar, tidyFolder } from '../../src/index/index-file.ts';
import { FILE_FORMAT, type GraphIdentity, type Sidecar } from '../../src/index/sidecar.ts';
import { loadVectors, saveVectors } from '../../src/index/vector-file.ts';
import type { Embedding } from '../../src/vector.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { historyTo } from '../fixtures/history.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { builtGraph, filledIndex } from '../fixtures/walked-graph.ts';

const DIMENSIONS = 16;
const PAPERS = 400;
const IDENTITY: GraphIdentity = { libraryId: 'library', fingerprint: 'model', dimensions: DIMENSIONS, M: 16 };

const exact = filledIndex(Array.from({ length: PAPERS }, clusteredVectors(DIMENSIONS)));
const graph = builtGraph(exact);

/** Saves an index; of several, as a process does that extends nothing, they may share the files of one graph. */
async function save(folder: string, revision = 5, identity = IDENTITY, shared?: GraphFiles) {
  const vectors = await saveVectors(folder, exact.memory, exact.rowCount);
  const files = shared ?? (await saveGraph(folder, IDENTITY, graph)).files;
  const audit = { target: 0.995, recall: 1, ef: 64, sampled: 0 };
  const sidecar: Sidecar = {
    format: FILE_FORMAT,
    ...identity,
    revision,
    epoch: 'e',
    count: PAPERS,
    rows: PAPERS,
    nodes: PAPERS,
    strays: 0,
    vectors,
    ...files,
    audit,
  };
  return { name: await saveSidecar(folder, sidecar), files, sidecar };
}

/** Opens as a library at revision 100 does. */
async function find(
  folder: string,
  wanted: Partial<GraphIdentity & { latestRevision: number; epoch: string }> = {},
) {
  const { latestRevision = 100, epoch: known = 'e', ...identity } = wanted;
  const hadMoment = async ({ revision, epoch }: Moment) => revision <= latestRevision && epoch === known;
  const history = { ...historyTo(latestRevision), hadMoment };
  const { found, rejections } = await findIndex(
    folder,
    { ...IDENTITY, ...identity },
    history,
    ({ vectors, dimensions, rows }) => loadVectors(folder, vectors, dimensions, rows),
  );
  return { found, revision: found?.sidecar.revision, reasons: rejections.map(({ reason }) => reason) };
}
const age = (path: string) => utimesSync(path, new Date(0), new Date(0));

describe('a saved index', () => {
  it('comes back as it was', async () => {
    const folder = join(temporaryFolder(), 'made', 'when', 'needed');
    const { name } = await save(folder);
    expect(name).toMatch(/^index-5-[0-9a-f]{16}\.json$/);
    expect(readdirSync(folder)).toHaveLength(4);
    const { found, reasons } = await find(folder);
    expect(reasons).toEqual([]);
    if (!found) throw new Error('Nothing was found.');
    const loaded = createExactIndex(DIMENSIONS, { memory: found.loaded, rowCount: PAPERS });
    expect(loaded.count).toBe(PAPERS);
    for (let key = 0; key < PAPERS; key++) expect(loaded.vector(key)).toEqual(exact.vector(key));
  });

  it('is the one of the highest revision', async () => {
    const folder = temporaryFolder();
    for (const revision of [9, 20, 10]) await save(folder, revision);
    expect(await find(folder)).toMatchObject({ revision: 20, reasons: [] });
  });

  it.each<[string, Parameters<typeof find>[1]]>([
    ['foreign library', { libraryId: 'another' }],
    ['other model', { fingerprint: 'another' }],
    ['wrong dimensions', { dimensions: 17 }],
    ['other parameters', { M: 8 }],
    ['stale', { latestRevision: 4 }],
    ['stale', { epoch: 'another' }],
  ])('is refused: %s', async (reason, wanted) => {
    const folder = temporaryFolder();
    await save(folder);
    expect(await find(folder, wanted)).toMatchObject({ found: null, reasons: [reason] });
  });

  it('is missing from an empty folder, and from one that is not there', async () => {
    const folder = temporaryFolder();
    expect((await find(folder)).reasons).toEqual(['missing']);
    expect((await find(join(folder, 'absent'))).reasons).toEqual(['missing']);
  });

  it('gives way to an older one when it cannot be used', async () => {
    const folder = temporaryFolder();
    await save(folder, 3);
    const { sidecar } = await save(folder, 8);
    truncateSync(join(folder, sidecar.vectors.file), 100);
    await save(folder, 101);
    expect(await find(folder)).toMatchObject({ revision: 3, reasons: ['stale', 'damaged'] });
  });

  it.each([
    ['no JSON', 'not json'],
    ['an empty file', ''],
    ['another format', JSON.stringify({ format: 99 })],
    ['too much', 'x'.repeat(100_000)],
  ])('has an unreadable sidecar: %s', async (_, text) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, (await save(folder)).name), text);
    expect(await find(folder)).toMatchObject({ found: null, reasons: ['unreadable sidecar'] });
  });

  it('may not name files outside its folder', async () => {
    const folder = temporaryFolder();
    const { name, sidecar } = await save(folder);
    const vectors = { ...sidecar.vectors, file: `../${sidecar.vectors.file}` };
    writeFileSync(join(folder, name), JSON.stringify({ ...sidecar, vectors }));
    expect((await find(folder)).reasons).toEqual(['unreadable sidecar']);
  });
});

describe('saved vectors', () => {
  it('are damaged when cut or grown, and when any byte differs', async () => {
    const folder = temporaryFolder();
    const { sidecar } = await save(folder);
    const path = join(folder, sidecar.vectors.file);
    const whole = readFileSync(path);
    const expectDamaged = async (bytes: Buffer) => {
      writeFileSync(path, bytes);
      expect(await find(folder)).toMatchObject({ found: null, reasons: ['damaged'] });
    };
    for (const share of [0, 0.3, 0.999]) {
      await expectDamaged(whole.subarray(0, Math.floor(whole.length * share)));
    }
    for (const at of [0, 20, 5_000, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      await expectDamaged(flipped);
    }
    await expectDamaged(Buffer.concat([whole, Buffer.alloc(1)]));
  });

  it('are those of a moment, once the changes after it are applied again, whatever changes while they are written', async () => {
    const dimensions = 384;
    const draw = clusteredVectors(dimensions);
    const index = filledIndex(Array.from({ length: 12_000 }, draw));
    // Rows that were freed are given to other papers, before and behind what is being written.
    for (let key = 0; key < 12_000; key += 3) index.remove(key);
    const { rowCount } = index;
    const folder = temporaryFolder();
    const saving = saveVectors(folder, index.memory, rowCount);
    const changed = new Map<number, Embedding | null>();
    let isDone = false;
    void saving.finally(() => {
      isDone = true;
    });
    for (let round = 0; !isDone; round++) {
      for (let at = 0; at < 40; at++) {
        const key = (round * 977 + at * 331) % 13_000;
        const vector = at % 4 === 0 ? null : draw();
        if (vector) index.upsert(key, vector);
        else index.remove(key);
        changed.set(key, vector);
      }
      await nextTurn();
    }
    expect(changed.size).toBeGreaterThan(100);
    const memory = await loadVectors(folder, await saving, dimensions, rowCount);
    const loaded = createExactIndex(dimensions, { memory, rowCount });
    for (const [key, vector] of changed) {
      if (vector) loaded.upsert(key, vector);
      else loaded.remove(key);
    }
    expect(loaded.count).toBe(index.count);
    expect(loaded.liveRows()).toHaveLength(index.count);
    for (let key = 0; key < 13_000; key++) expect(loaded.vector(key)).toEqual(index.vector(key));
  });
});

describe('a saved graph', () => {
  it('is not loaded when it was cut, or any byte differs: hnswlib would end the process', async () => {
    const folder = temporaryFolder();
    const { files } = await saveGraph(folder, IDENTITY, graph);
    const path = join(folder, files.graph.file);
    const whole = readFileSync(path);
    const expectRefused = async (bytes: Buffer) => {
      writeFileSync(path, bytes);
      await expect(loadGraph(folder, IDENTITY, files.graph)).rejects.toMatchObject({ code: 'index_failed' });
    };
    for (const share of [0, 0.0001, 0.3, 0.9, 0.999]) {
      await expectRefused(whole.subarray(0, Math.floor(whole.length * share)));
    }
    for (const at of [0, 8, 16, 24, 50, 53, 95, 96, 100, 5_000, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      await expectRefused(flipped);
    }
    await expectRefused(Buffer.concat([whole, Buffer.alloc(1)]));
    writeFileSync(path, whole);
    expect((await loadGraph(folder, IDENTITY, files.graph)).size).toBe(PAPERS);
  });

  it('is not believed about its dimensions', async () => {
    const folder = temporaryFolder();
    const wider = { ...IDENTITY, dimensions: DIMENSIONS + 1 };
    await expect(saveGraph(folder, wider, graph)).rejects.toMatchObject({ code: 'index_failed' });
    expect(readdirSync(folder)).toEqual([]);
    const { files } = await saveGraph(folder, IDENTITY, graph);
    await expect(loadGraph(folder, wider, files.graph)).rejects.toMatchObject({ code: 'index_failed' });
  });

  it('leaves nothing behind when the disk was full, though the library reports success', async () => {
    const folder = temporaryFolder();
    const write = async (path: string) => {
      await graph.write(path);
      truncateSync(path, 10_000);
    };
    await expect(saveGraph(folder, IDENTITY, { size: graph.size, write })).rejects.toMatchObject({
      code: 'index_failed',
      message: expect.stringContaining('not whole'),
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says so when the folder cannot be made', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expect(save(join(folder, 'file', 'index'))).rejects.toMatchObject({
      code: 'index_failed',
      message: expect.stringMatching(/[^.]\. Check that/),
    });
  });

  it('has links that lead where hnswlib has them lead', async () => {
    const folder = temporaryFolder();
    const { files, links } = await saveGraph(folder, IDENTITY, graph);
    const { facts, links: all } = await readGraphFile(join(folder, files.graph.file));
    expect(facts).toMatchObject({ nodes: PAPERS, dimensions: DIMENSIONS, M: 16 });
    expect(links.nodes).toBe(PAPERS);
    expect(links.words).toEqual(all.words);
    const bytes = readFileSync(join(folder, files.links.file));
    expect(new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)).toEqual(links.words);
  });
});

describe('tidying', () => {
  const tidy = (folder: string, name: string, revision: number, damaged: string[] = [], latest = 100) =>
    tidyFolder(folder, { name, revision, identity: IDENTITY }, damaged, async () => latest);
  const sidecars = (folder: string) => readdirSync(folder).filter((name) => name.endsWith('.json'));

  it('removes what a saver supersedes, and nothing that another saver has put above it', async () => {
    const folder = temporaryFolder();
    const { files } = await save(folder, 3);
    const at = async (revision: number, identity = IDENTITY) =>
      (await save(folder, revision, identity, files)).name;
    await at(50, { ...IDENTITY, libraryId: 'another' });
    await at(60, { ...IDENTITY, fingerprint: 'another' });
    const above = await at(70);
    const damaged = await at(71);
    await at(101);
    const equal = await at(9);
    const own = await at(9);
    await tidy(folder, own, 9, [damaged]);
    expect(sidecars(folder).sort()).toEqual([above, equal, own].sort());
    // The graph that all of them share stays, the vectors of the others are gone.
    expect(readdirSync(folder)).toHaveLength(3 + 3 + 2);
    await tidy(folder, above, 70);
    expect(sidecars(folder)).toEqual([above]);
    expect(readdirSync(folder)).toHaveLength(4);
    const { name } = await save(folder, 80);
    await tidy(folder, name, 80);
    expect(readdirSync(folder)).toHaveLength(4);
    expect(readdirSync(folder)).not.toContain(files.graph.file);
  });

  it('removes leftovers of killed savers when they are old, and no file that is not ours', async () => {
    const folder = temporaryFolder();
    const { name: own, sidecar } = await save(folder, 9);
    const leftovers = [
      'vectors-0000000000000000.bin.tmp',
      'index-7-0000000000000001.json.tmp',
      'graph-0000000000000002.bin',
      'links-0000000000000003.bin',
      'hnsw-7-0000000000000004.bin',
      'hnsw-7-0000000000000004.json',
    ];
    const others = ['notes.txt', 'hnsw.bin', 'other-7-00.bin.tmp'];
    for (const name of [...leftovers, ...others]) await copyFile(join(folder, own), join(folder, name));
    await tidy(folder, own, 9);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...leftovers, ...others]));
    for (const name of readdirSync(folder)) age(join(folder, name));
    await tidy(folder, own, 9);
    const kept = [own, sidecar.vectors.file, sidecar.graph.file, sidecar.links.file];
    expect(readdirSync(folder).sort()).toEqual([...others, ...kept].sort());
    expect(await find(folder)).toMatchObject({ revision: 9 });
  });

  it('has an index that lost a file count as missing', async () => {
    const folder = temporaryFolder();
    const { sidecar } = await save(folder);
    await rm(join(folder, sidecar.vectors.file));
    expect((await find(folder)).reasons).toEqual(['missing']);
  });
});
