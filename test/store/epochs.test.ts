import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import { createLocalLexicalIndex } from '../../src/lexical/local.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const MODEL = { fingerprint: 'test-model', dimensions: DIMENSIONS };

/** Each call is another process. */
function open(file: string) {
  const db = openSqlite(file);
  const store = createSqlitePaperStore(db, MODEL);
  onTestFinished(() => void db.close());
  const put = (...ids: string[]) =>
    store.commitBatch(ids.map((id, at) => item(record({ id, title: `Title ${id}` }), at)));
  return { db, store, put, epochs: () => db.prepare('SELECT * FROM epochs').all().length };
}

/** A library of one paper, its backup, and the indexes that a server saved when two more papers were in. */
async function savedAfterBackup() {
  const folder = temporaryFolder();
  const file = join(folder, 'library.sqlite');
  const backup = join(folder, 'backup.sqlite');
  const server = open(file);
  await server.put('one');
  await server.db.backup(backup);
  await server.put('lost-a', 'lost-b');
  const indexes = openIndexes(folder, server.store);
  await indexes.refresh();
  await indexes.save();
  await indexes.close();
  server.db.close();
  const restore = () => {
    for (const name of readdirSync(folder)) if (name.startsWith('library.sqlite')) rmSync(join(folder, name));
    copyFileSync(backup, file);
  };
  return { folder, file, restore };
}

function openIndexes(folder: string, source: ReturnType<typeof createSqlitePaperStore>) {
  const lexical = createLocalLexicalIndex({ folder: join(folder, 'lexical'), source });
  const index = createLocalVectorIndex({ folder: join(folder, 'index'), source, ...MODEL, exactBelow: 1 });
  const both = [lexical, index];
  const close = async () => void (await Promise.all(both.map((one) => one.close())));
  onTestFinished(close);
  return {
    lexical,
    index,
    refresh: async () => {
      for (const one of both) await one.refresh();
      await index.whenSettled();
    },
    save: async () => void (await Promise.all(both.map((one) => one.save()))),
    close,
    reasons: async () => [(await lexical.status()).rebuildReason, (await index.status()).rebuildReason],
  };
}

async function expectFound(indexes: ReturnType<typeof openIndexes>, ids: string[], lost: string[]) {
  for (const id of ids) expect((await indexes.lexical.search(`"title ${id}"`, { limit: 9 })).total).toBe(1);
  for (const id of lost) {
    const { hits } = await indexes.lexical.search(id.replace('lost-', ''), { limit: 9 });
    expect(hits.filter(({ phrases }) => phrases > 0)).toEqual([]);
  }
  expect((await indexes.lexical.status()).count).toBe(ids.length);
  expect((await indexes.index.status()).count).toBe(ids.length);
}

describe('the epochs of a library', () => {
  it('begin with the first write of each process, and never with a read', async () => {
    const file = join(temporaryFolder(), 'library.sqlite');
    const [a, b, reader] = [open(file), open(file), open(file)];
    await reader.store.latestMoment();
    await reader.store.planCommit([]);
    expect(reader.epochs()).toBe(0);
    expect(await reader.store.latestMoment()).toEqual({ revision: 0, epoch: '' });
    await a.put('one');
    await a.put('two');
    expect(reader.epochs()).toBe(1);
    const first = await reader.store.latestMoment();
    await b.put('three');
    await a.put('four');
    expect(reader.epochs()).toBe(2);
    const second = await reader.store.latestMoment();
    expect(second.revision).toBe(4);
    expect(second.epoch).not.toBe(first.epoch);
    for (const moment of [first, second, { revision: 0, epoch: '' }]) {
      expect(await reader.store.hadMoment(moment)).toBe(true);
    }
    // What was read in the first epoch cannot hold what came after the second had begun.
    expect(await reader.store.hadMoment({ ...first, revision: 3 })).toBe(false);
    expect(await reader.store.hadMoment({ ...second, revision: 5 })).toBe(false);
    expect(await reader.store.hadMoment({ revision: 1, epoch: 'of another past' })).toBe(false);
  });

  it('are not begun by a write that is rolled back', async () => {
    const { db, put, epochs } = open(join(temporaryFolder(), 'library.sqlite'));
    db.exec(
      "CREATE TRIGGER fail BEFORE INSERT ON papers WHEN new.title = 'Title bad' BEGIN SELECT RAISE(ABORT, 'full'); END",
    );
    await expect(put('good', 'bad')).rejects.toThrow('full');
    expect(epochs()).toBe(0);
    await put('good');
    await put('better');
    expect(epochs()).toBe(1);
  });
});

describe('indexes that were saved before a backup was restored', () => {
  it('are used while the library has not gone another way', async () => {
    const { folder, file } = await savedAfterBackup();
    const next = open(file);
    await next.put('three');
    const indexes = openIndexes(folder, next.store);
    await indexes.refresh();
    expect(await indexes.reasons()).toEqual([null, null]);
    await expectFound(indexes, ['one', 'lost-a', 'lost-b', 'three'], []);
  });

  it('are built anew when the restored library has passed their revision', async () => {
    const { folder, file, restore } = await savedAfterBackup();
    restore();
    await open(file).put('new-a', 'new-b', 'new-c');
    const { store } = open(file);
    expect(await store.latestRevision()).toBe(4);
    const indexes = openIndexes(folder, store);
    await indexes.refresh();
    await expectFound(indexes, ['one', 'new-a', 'new-b', 'new-c'], ['lost-a', 'lost-b']);
    expect(await indexes.reasons()).toEqual([
      expect.stringMatching(/^stale: .*another past/),
      expect.stringMatching(/^stale: .*another past/),
    ]);
    await indexes.save();
    await indexes.close();
    const again = openIndexes(folder, store);
    await again.refresh();
    expect(await again.reasons()).toEqual([null, null]);
    await expectFound(again, ['one', 'new-a', 'new-b', 'new-c'], ['lost-a', 'lost-b']);
  });

  it('are read anew by a process that runs on, also when the library has passed them between two looks', async () => {
    const folder = temporaryFolder();
    const past = open(join(folder, 'a.sqlite'));
    await past.put('one');
    await past.db.backup(join(folder, 'b.sqlite'));
    await past.put('lost-a', 'lost-b');
    const other = open(join(folder, 'b.sqlite'));
    await other.put('new-a', 'new-b', 'new-c');
    let { store } = past;
    const source = new Proxy(store, { get: (_, name) => Reflect.get(store, name) });
    const indexes = openIndexes(folder, source);
    await indexes.refresh();
    await expectFound(indexes, ['one', 'lost-a', 'lost-b'], []);
    store = other.store;
    await indexes.refresh();
    await expectFound(indexes, ['one', 'new-a', 'new-b', 'new-c'], ['lost-a', 'lost-b']);
  });

  it('are told apart also where the connection that goes on writing is the same', async () => {
    const { db, put, store } = open(join(temporaryFolder(), 'library.sqlite'));
    await put('one');
    await put('lost-a', 'lost-b');
    const lost = await store.latestMoment();
    // As restoring in place does: the revision is an old one again.
    db.exec(`DELETE FROM papers WHERE key > 1; DELETE FROM source_records WHERE paper_key > 1; DELETE FROM paper_ids WHERE key > 1;
      UPDATE meta SET value = 1 WHERE name = 'revision'`);
    await put('new-a', 'new-b', 'new-c');
    expect((await store.latestMoment()).revision).toBeGreaterThan(lost.revision);
    expect(await store.hadMoment(lost)).toBe(false);
  });
});
