import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const script = fileURLToPath(new URL('./build-and-close.ts', import.meta.url));

it.each([
  ['building', 'building'],
  ['settled', 'graph'],
])('lets the process end after closing: %s', async (when, state) => {
  const run = promisify(execFile);
  const { stdout, stderr } = await run(process.execPath, [
    '--import',
    'tsx',
    script,
    temporaryFolder(),
    when,
  ]);
  expect({ stdout, stderr }).toEqual({ stdout: state, stderr: '' });
});
