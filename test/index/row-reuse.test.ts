import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createLocalVectorIndex, type LocalIndexOptions } from '../../src/index/local.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { createMemoryVectorSource } from '../fixtures/memory-vector-source.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const DIMENSIONS = 32;
const ROUNDS = 20;

/** An index of 300 papers after all of them have changed again and again; how many rows it took before and after. */
async function rowsAfterChanges(options: Pick<LocalIndexOptions, 'folder' | 'exactBelow'>, removedFirst = 0) {
  const source = createMemoryVectorSource();
  const draw = clusteredVectors(DIMENSIONS);
  const papers = 300 + removedFirst;
  for (let key = 1; key <= papers; key++) source.put(key, draw());
  const index = createLocalVectorIndex({
    ...options,
    dimensions: DIMENSIONS,
    fingerprint: 'model',
    source,
    leastChanges: 50,
  });
  onTestFinished(() => index.close());
  await index.whenSettled();
  for (let key = 1; key <= removedFirst; key++) source.remove(key);
  await index.refresh();
  await index.whenSettled();
  const bytes = async () => (await index.status()).bytes.codes;
  const before = await bytes();
  for (let round = 0; round < ROUNDS; round++) {
    for (let key = removedFirst + 1; key <= papers; key++) source.put(key, draw());
    await index.refresh();
    await index.whenSettled();
  }
  return { before, after: await bytes() };
}

it('rows of changed papers are used again where no graph can be built', async () => {
  const folder = join(temporaryFolder(), 'file');
  writeFileSync(folder, '');
  const { before, after } = await rowsAfterChanges({ folder, exactBelow: 100 });
  expect(after).toBeLessThan(2 * before);
});

it('rows of changed papers are used again in a library that has shrunk below the size that gets a graph', async () => {
  const { before, after } = await rowsAfterChanges({ folder: temporaryFolder(), exactBelow: 400 }, 200);
  expect(after).toBeLessThan(3 * before);
});
