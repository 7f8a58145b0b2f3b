import { createLocalVectorIndex } from '../../src/index/local.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { createMemoryVectorSource } from '../fixtures/memory-vector-source.ts';

// Closes an index while its graph is being built, or after; then nothing may keep the process alive.
// `node --import tsx build-and-close.ts FOLDER building|settled`
const [folder = '', when] = process.argv.slice(2);
const source = createMemoryVectorSource();
const draw = clusteredVectors(16);
for (let key = 1; key <= 3_000; key++) source.put(key, draw());
const index = createLocalVectorIndex({
  folder,
  dimensions: 16,
  fingerprint: 'model',
  source,
  exactBelow: 100,
});
await index.open();
if (when === 'settled') await index.whenSettled();
const { state } = await index.status();
process.stdout.write(state);
await index.close();
