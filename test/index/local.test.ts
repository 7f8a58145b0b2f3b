import { expect } from 'vitest';
import { createLocalVectorIndex } from '../../src/index/local.ts';
import type { VectorSource } from '../../src/index/vector-index.ts';
import { CONTRACT_DIMENSIONS, vectorIndexContract } from '../contracts/vector-index.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

function openIndex(folder: string, source: VectorSource, exactBelow: number) {
  const index = createLocalVectorIndex({
    folder,
    dimensions: CONTRACT_DIMENSIONS,
    fingerprint: 'test-model',
    source,
    exactBelow,
    // So small a library is cheaper to score: the graph is to answer all the same.
    stepCost: 0,
  });
  return { index, settle: () => index.whenSettled(), close: () => index.close() };
}

vectorIndexContract('local, all scored', async (source) => openIndex(temporaryFolder(), source, 5_000), {
  exact: true,
});

vectorIndexContract(
  'local, graph',
  async (source) => {
    const { index, settle, close } = openIndex(temporaryFolder(), source, 20);
    return {
      index,
      close,
      async settle() {
        await settle();
        const { state, count } = await index.status();
        if (count >= 20) expect(state).toBe('graph');
      },
    };
  },
  { exact: false },
);
