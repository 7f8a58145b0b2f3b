import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { clusteredVectors, seededRandom } from '../fixtures/clustered-vectors.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';
import { SAVE_LOOP, savedIndexIn } from './save-loop-settings.ts';

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

it('leaves a whole index in the folder, wherever a saver is killed', async () => {
  const random = seededRandom(11);
  const { dimensions, papers } = SAVE_LOOP;
  const rounds = Array.from({ length: ROUNDS }, async () => {
    const folder = temporaryFolder();
    const save = 2 + Math.floor(random() * 8);
    await killWhileSaving(folder, save, Math.floor(random() * 3_000));
    const loaded = await savedIndexIn(folder, Number.MAX_SAFE_INTEGER).load();
    if ('reason' in loaded) throw new Error(loaded.reason);
    // The save before the one that was under way had ended.
    const { exact, graph, revision } = loaded;
    expect(revision).toBeGreaterThanOrEqual(save - 1);
    expect(exact.count).toBe(papers + revision);
    expect(graph.links.nodes).toBe(papers + revision);
    const draw = clusteredVectors(dimensions);
    for (let key = 1; key <= papers + revision; key++) {
      expect(exact.similarity(key, draw())).toBeGreaterThan(0.9999);
    }
  });
  await Promise.all(rounds);
});
