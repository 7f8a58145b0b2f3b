import { open } from 'node:fs/promises';

/** Makes renames in a folder durable. Some systems cannot flush a folder; there a lost file is built anew. */
export async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null);
  if (!handle) return;
  await handle.sync().catch(() => {});
  await handle.close();
}
