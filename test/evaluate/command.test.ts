import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

it('says what is missing when the collections are not there', async () => {
  const data = join(temporaryFolder(), 'nothing');
  const args = ['--import', 'tsx', 'scripts/evaluate.ts', '--data', data];
  const failure = await promisify(execFile)(process.execPath, args, { cwd: ROOT }).catch((error) => error);
  expect(failure).toMatchObject({ code: 1, stdout: '' });
  expect(failure.stderr).toMatch(/^evaluate: Expected the collection "scifact" in .*does not exist.*--data/);
});
