import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../src/config.ts';
import { openServices } from '../src/services.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { createSqlitePaperStore } from '../src/store/sqlite-papers.ts';
import { DIMENSIONS, item } from './contracts/paper-store.ts';
import { shareModels } from './fixtures/model-cache.ts';
import { record } from './fixtures/papers.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

/** Papers that another program has put in, `count` of them from `first` on. */
async function put(folder: string, first: number, count: number) {
  const store = createSqlitePaperStore(openSqlite(join(folder, 'library.sqlite')), {
    fingerprint: 'another',
    dimensions: DIMENSIONS,
  });
  await store.commitBatch(
    Array.from({ length: count }, (_, at) =>
      item(record({ id: `p${first + at}`, title: `On ${first + at}` })),
    ),
  );
  await store.close();
}

describe('a command', () => {
  it('saves the index of words when it had to build it, or to read many changes, and not otherwise', async () => {
    const folder = temporaryFolder();
    shareModels(folder);
    /** Searches as a command does; tells when the file was written last. */
    const search = async () => {
      const services = await openServices(readConfig({ PAPERWISE_DATA: folder }), {
        mode: 'command',
        log: () => {},
      });
      expect((await services.lexical.search('on', { limit: 1 })).total).toBeGreaterThan(0);
      const { unsaved } = await services.lexical.status();
      await services.close();
      return { unsaved, written: statSync(join(folder, 'lexical', 'lexical.bin')).mtimeMs };
    };
    await put(folder, 0, 5);
    const built = await search();
    await put(folder, 5, 500);
    const behind = await search();
    expect(behind).toEqual({ unsaved: 500, written: built.written });
    await put(folder, 505, 1);
    const far = await search();
    expect(far.unsaved).toBe(501);
    expect(far.written).toBeGreaterThan(built.written);
    expect(await search()).toEqual({ unsaved: 0, written: far.written });
  });
});
