import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The program in a folder of its own, as someone has it who has just installed it. */
function installed() {
  const folder = temporaryFolder();
  for (const name of ['src', 'scripts', 'samples', 'package.json', 'package-lock.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const run = async (...args: string[]) => {
    const command = ['src/run.mjs', 'scripts/paperwise.ts', ...args];
    return (await promisify(execFile)(process.execPath, command, { cwd: folder })).stdout;
  };
  return { folder, run };
}

it('runs what the sources are now, not what was compiled before', async () => {
  const { folder, run } = installed();
  expect(await run('--help')).toContain('Semantic search');
  const file = join(folder, 'scripts/paperwise.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replace('Semantic search', 'A new search'));
  expect(await run('--help')).toContain('A new search');
});

it('makes a program anew that a power cut or a cleaner left in pieces', async () => {
  const { folder, run } = installed();
  await run('--version');
  const [made = ''] = readdirSync(join(folder, '.cache/compiled'));
  const compiled = join(folder, '.cache/compiled', made);
  writeFileSync(join(compiled, 'scripts/paperwise.mjs'), '');
  rmSync(join(compiled, 'whole'));
  expect(await run('--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('runs, threads included, where nothing can be written beside the sources', async () => {
  const { folder, run } = installed();
  // Where a folder should be made is a file.
  writeFileSync(join(folder, '.cache'), '');
  mkdirSync(join(folder, 'data'));
  const papers = join(folder, 'papers.jsonl');
  writeFileSync(papers, JSON.stringify({ id: 'one', title: 'A paper', abstract: 'On folders.' }));
  expect(await run('ingest', papers)).toContain('1 created');
});
