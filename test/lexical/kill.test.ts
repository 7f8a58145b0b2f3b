import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createInverted } from '../../src/lexical/inverted.ts';
import { loadLexicalFile } from '../../src/lexical/lexical-file.ts';
import { seededRandom } from '../fixtures/clustered-vectors.ts';
import { historyTo } from '../fixtures/history.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const ROUNDS = 6;

it('leaves a whole file, wherever a saver is killed', async () => {
  const random = seededRandom(12);
  const file = fileURLToPath(new URL('./save-loop.ts', import.meta.url));
  const rounds = Array.from({ length: ROUNDS }, async () => {
    const folder = temporaryFolder();
    const save = 2 + Math.floor(random() * 8);
    const turns = Math.floor(random() * 2_000);
    const child = spawn(process.execPath, ['--import', 'tsx', file, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exit = once(child, 'exit');
    for await (const line of createInterface(child.stdout)) if (Number(line) >= save) break;
    for (let turn = 0; turn < turns; turn++) await nextTurn();
    child.kill('SIGKILL');
    expect((await exit)[1]).toBe('SIGKILL');
    const loaded = await loadLexicalFile(folder, historyTo(Number.MAX_SAFE_INTEGER));
    if (!('data' in loaded)) throw new Error(loaded.reason);
    // The save before the one that was under way had ended.
    const { revision } = loaded.moment;
    expect(revision).toBeGreaterThanOrEqual(save - 1);
    expect(createInverted(loaded.data).alive).toBe(revision);
  });
  await Promise.all(rounds);
});
