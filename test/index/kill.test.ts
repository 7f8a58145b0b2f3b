import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { GRAPH_PARAMS, readHnswGraph } from '../../src/index/hnsw.ts';
import { findGraphFile } from '../../src/index/index-file.ts';
import { seededRandom } from '../fixtures/clustered-vectors.ts';
import { historyTo } from '../fixtures/history.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { SAVE_LOOP } from './save-loop-settings.ts';

const ROUNDS = 10;

/** Starts a process that saves in a loop, and kills it a random while after it has begun the `save`th save. */
async function killWhileSaving(folder: string, save: number, turns: number): Promise<void> {
  const file = fileURLToPath(new URL('./save-loop.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) if (Number(line) >= save) break;
  for (let turn = 0; turn < turns; turn++) await nextTurn();
  child.kill('SIGKILL');
  const [, signal] = await exit;
  expect(signal).toBe('SIGKILL');
}

it('leaves a whole graph in the folder, wherever a saver is killed', async () => {
  const random = seededRandom(11);
  const { identity, nodes } = SAVE_LOOP;
  const rounds = Array.from({ length: ROUNDS }, async () => {
    const folder = temporaryFolder();
    const save = 2 + Math.floor(random() * 8);
    await killWhileSaving(folder, save, Math.floor(random() * 3_000));
    const { found, rejections } = await findGraphFile(
      folder,
      identity,
      historyTo(Number.MAX_SAFE_INTEGER),
      (path) => readHnswGraph(path, identity.dimensions, GRAPH_PARAMS),
    );
    // The save before the one that was under way had ended. A pair of which one file is gone was being removed.
    expect(rejections.filter(({ reason }) => reason !== 'missing')).toEqual([]);
    expect(found?.sidecar.revision).toBeGreaterThanOrEqual(save - 1);
    expect(found?.graph.size).toBe(nodes + (found?.sidecar.revision ?? 0));
  });
  await Promise.all(rounds);
});
