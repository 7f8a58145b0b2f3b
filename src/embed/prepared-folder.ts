import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Lists the folder's files with their SHA-256 sums; written last. */
const MANIFEST = 'manifest.json';
/** Left-over temporary folders of killed processes are removed after this time. */
const STALE_AFTER_MS = 3_600_000;
/** Another process may rename its own folder into place between a look and a rename: look again, this often. */
const MAX_ATTEMPTS = 5;

/** True when each of `names` is in the folder with the SHA-256 that the folder's manifest states. */
export async function isIntact(folder: string, names: readonly string[]): Promise<boolean> {
  try {
    const manifest: Record<string, string> = JSON.parse(await readFile(path.join(folder, MANIFEST), 'utf8'));
    for (const name of names) {
      if ((await sha256OfFile(path.join(folder, name))) !== manifest[name]) return false;
    }
    return true;
  } catch {
    // Absent or unreadable: either way it has to be written, and writing reports what is wrong.
    return false;
  }
}

/**
 * Writes files and a manifest as one folder, which appears complete or not at all. Of several processes that write
 * the same folder the first wins; an incomplete or damaged folder of that name is replaced.
 *
 * @param files content by name; a name may have one level of folders, with `/`.
 * @throws what the file system throws.
 */
export async function writeFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const parent = path.dirname(folder);
  const temporary = `${folder}.${randomUUID()}.tmp`;
  await mkdir(parent, { recursive: true });
  await removeStale(parent);
  try {
    await writeFiles(temporary, files);
    await moveIntoPlace(temporary, folder, [...files.keys()]);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await flushFolder(parent);
}

export function sha256Of(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** As `sha256Of`, with little memory. */
async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

async function writeFiles(folder: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const manifest = Object.fromEntries([...files].map(([name, content]) => [name, sha256Of(content)]));
  const folders = new Set([folder]);
  const write = async (name: string, content: Uint8Array) => {
    const file = path.join(folder, name);
    folders.add(path.dirname(file));
    await mkdir(path.dirname(file), { recursive: true });
    // Flushed, so that a power cut after the rename cannot leave a folder of empty files.
    await writeFile(file, content, { flush: true });
  };
  for (const [name, content] of files) await write(name, content);
  await write(MANIFEST, Buffer.from(JSON.stringify(manifest, null, 2)));
  for (const one of folders) await flushFolder(one);
}

/** A folder cannot be renamed over one that holds files: a good one stays, a bad one is moved away first. */
async function moveIntoPlace(temporary: string, folder: string, names: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(temporary, folder);
      return;
    } catch (error) {
      if (await isIntact(folder, names)) return;
      if (attempt === MAX_ATTEMPTS) throw error;
      const aside = `${folder}.${randomUUID()}.tmp`;
      // Fails when another process has just done the same.
      await rename(folder, aside).catch(() => undefined);
      await rm(aside, { recursive: true, force: true });
    }
  }
}

async function removeStale(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.endsWith('.tmp')) continue;
    const folder = path.join(parent, name);
    // Another process may have removed it in the meantime.
    const changedMs = await stat(folder).then(
      (info) => info.mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - changedMs > STALE_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}

async function flushFolder(folder: string): Promise<void> {
  // Windows cannot open folders, and does not need to.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
