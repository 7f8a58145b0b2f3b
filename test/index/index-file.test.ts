import { readdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Moment } from '../../src/history.ts';
import { inspectGraphFile } from '../../src/index/graph-bytes.ts';
import { createHnswGraph, GRAPH_PARAMS, readHnswGraph } from '../../src/index/hnsw.ts';
import { findGraphFile, saveGraphFile, tidyFolder } from '../../src/index/index-file.ts';
import type { GraphIdentity } from '../../src/index/sidecar.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { historyTo } from '../fixtures/history.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DIMENSIONS = 16;
const NODES = 400;
const IDENTITY: GraphIdentity = { libraryId: 'library', fingerprint: 'model', dimensions: DIMENSIONS, M: 16 };

function smallGraph(dimensions = DIMENSIONS) {
  const graph = createHnswGraph(dimensions, GRAPH_PARAMS);
  const draw = clusteredVectors(dimensions);
  for (let key = 1; key <= NODES; key++) graph.upsert(key, draw());
  return graph;
}
const graph = smallGraph();

const save = (folder: string, revision = 5, identity = IDENTITY) =>
  saveGraphFile(folder, identity, { revision, epoch: 'e', count: NODES - 10, nodes: NODES }, graph.write);

/** Opens as a library at revision 100 does, and counts the files given to the native reader. */
async function find(
  folder: string,
  wanted: Partial<GraphIdentity & { latestRevision: number; epoch: string }> = {},
) {
  const { latestRevision = 100, epoch: known = 'e', ...identity } = wanted;
  const hadMoment = async ({ revision, epoch }: Moment) => revision <= latestRevision && epoch === known;
  let reads = 0;
  const { found, rejections } = await findGraphFile(
    folder,
    { ...IDENTITY, ...identity },
    { ...historyTo(latestRevision), hadMoment },
    (path) => {
      reads++;
      return readHnswGraph(path, DIMENSIONS, GRAPH_PARAMS);
    },
  );
  return {
    revision: found?.sidecar.revision,
    graph: found?.graph,
    reads,
    reasons: rejections.map(({ reason }) => reason),
  };
}
const fileOf = (folder: string, base: string, kind: 'bin' | 'json') => join(folder, `${base}.${kind}`);
const age = (path: string) => utimesSync(path, new Date(0), new Date(0));

describe('a saved graph', () => {
  it('is found again, whole', async () => {
    const folder = join(temporaryFolder(), 'not', 'there', 'yet');
    const base = await save(folder);
    expect(base).toMatch(/^hnsw-5-[0-9a-f]{16}$/);
    expect(readdirSync(folder).sort()).toEqual([`${base}.bin`, `${base}.json`]);
    const sidecar = JSON.parse(readFileSync(fileOf(folder, base, 'json'), 'utf8'));
    expect(sidecar).toMatchObject({ ...IDENTITY, revision: 5, count: NODES - 10, deleted: 10 });
    const { reasons, graph: loaded } = await find(folder);
    expect(reasons).toEqual([]);
    const query = clusteredVectors(DIMENSIONS, { seed: 3 })();
    expect(loaded?.propose(query, 20)).toEqual(graph.propose(query, 20));
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
    expect(await find(folder, wanted)).toMatchObject({ reads: 0, reasons: [reason] });
  });

  it('is missing from an empty folder, and from one that is not there', async () => {
    const folder = temporaryFolder();
    expect((await find(folder)).reasons).toEqual(['missing']);
    expect((await find(join(folder, 'absent'))).reasons).toEqual(['missing']);
  });

  it('is damaged when cut anywhere, or when any byte differs', async () => {
    const folder = temporaryFolder();
    const base = await save(folder);
    const path = fileOf(folder, base, 'bin');
    const whole = readFileSync(path);
    for (const share of [0, 0.0001, 0.3, 0.9, 0.999]) {
      truncateSync(path, Math.floor(whole.length * share));
      expect(await find(folder)).toMatchObject({ reads: 0, reasons: ['damaged'] });
      writeFileSync(path, whole);
    }
    for (const at of [0, 8, 16, 24, 50, 95, 96, 5_000, whole.length - 1]) {
      const flipped = Buffer.from(whole);
      flipped.writeUInt8(flipped.readUInt8(at) ^ 1, at);
      writeFileSync(path, flipped);
      expect(await find(folder)).toMatchObject({ reads: 0, reasons: ['damaged'] });
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.alloc(1)]));
    expect(await find(folder)).toMatchObject({ reads: 0, reasons: ['damaged'] });
  });

  it('gives way to an older one when it cannot be used', async () => {
    const folder = temporaryFolder();
    await save(folder, 3);
    truncateSync(fileOf(folder, await save(folder, 8), 'bin'), 100);
    await save(folder, 101);
    expect(await find(folder)).toMatchObject({ revision: 3, reads: 1, reasons: ['stale', 'damaged'] });
  });

  it.each([
    ['no JSON', 'not json'],
    ['an empty file', ''],
    ['another format', JSON.stringify({ format: 99 })],
    ['too much', 'x'.repeat(100_000)],
  ])('has an unreadable sidecar: %s', async (_, text) => {
    const folder = temporaryFolder();
    writeFileSync(fileOf(folder, await save(folder), 'json'), text);
    expect(await find(folder)).toMatchObject({ reads: 0, reasons: ['unreadable sidecar'] });
  });

  it('is no pair when one of its files is missing', async () => {
    const folder = temporaryFolder();
    await rm(fileOf(folder, await save(folder), 'bin'));
    expect((await find(folder)).reasons).toEqual(['missing']);
    const other = temporaryFolder();
    await rm(fileOf(other, await save(other), 'json'));
    expect((await find(other)).reasons).toEqual(['missing']);
  });

  it('is not believed about its dimensions', async () => {
    const folder = temporaryFolder();
    const base = await save(folder);
    const path = fileOf(folder, base, 'bin');
    await smallGraph(DIMENSIONS + 1).write(path);
    const { bytes, checksum } = await inspectGraphFile(path);
    const sidecar = JSON.parse(readFileSync(fileOf(folder, base, 'json'), 'utf8'));
    writeFileSync(fileOf(folder, base, 'json'), JSON.stringify({ ...sidecar, bytes, checksum }));
    expect(await find(folder)).toMatchObject({ reads: 0, reasons: ['damaged'] });
  });
});

describe('a save that fails', () => {
  it('leaves nothing behind when the disk was full, though the library reports success', async () => {
    const folder = temporaryFolder();
    const write = async (path: string) => {
      await graph.write(path);
      truncateSync(path, 10_000);
    };
    const state = { revision: 5, epoch: '', count: NODES, nodes: NODES };
    await expect(saveGraphFile(folder, IDENTITY, state, write)).rejects.toMatchObject({
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
});

describe('tidying', () => {
  const tidy = (folder: string, base: string, revision: number, damaged: string[] = [], latest = 100) =>
    tidyFolder(folder, { base, revision, identity: IDENTITY }, damaged, async () => latest);
  const bases = (folder: string) => [
    ...new Set(readdirSync(folder).map((name) => name.replace(/\.\w+$/, ''))),
  ];

  it('removes what a saver supersedes, and nothing that another saver has put above it', async () => {
    const folder = temporaryFolder();
    await save(folder, 3);
    await save(folder, 50, { ...IDENTITY, libraryId: 'another' });
    await save(folder, 60, { ...IDENTITY, fingerprint: 'another' });
    const above = await save(folder, 70);
    const damaged = await save(folder, 71);
    await save(folder, 101);
    const equal = await save(folder, 9);
    const own = await save(folder, 9);
    await tidy(folder, own, 9, [damaged]);
    expect(bases(folder).sort()).toEqual([above, equal, own].sort());
    await tidy(folder, above, 70);
    expect(bases(folder)).toEqual([above]);
  });

  it('removes leftovers of killed savers when they are old, and no file that is not ours', async () => {
    const folder = temporaryFolder();
    const own = await save(folder, 9);
    const leftovers = [
      'hnsw-7-0000000000000000.bin.tmp',
      'hnsw-7-0000000000000001.json.tmp',
      'hnsw-200-0000000000000002.bin',
      'hnsw-200-0000000000000003.json',
    ];
    const others = ['notes.txt', 'hnsw.bin', 'other-7-00.bin.tmp'];
    for (const name of [...leftovers, ...others])
      await copyFile(fileOf(folder, own, 'json'), join(folder, name));
    await tidy(folder, own, 9);
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...leftovers, ...others]));
    for (const name of [...leftovers, ...others]) age(join(folder, name));
    await tidy(folder, own, 9);
    expect(readdirSync(folder).sort()).toEqual([...others, `${own}.bin`, `${own}.json`].sort());
    expect(await find(folder)).toMatchObject({ revision: 9 });
  });
});
