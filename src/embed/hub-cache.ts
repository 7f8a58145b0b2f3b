import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The two methods of the Web Cache API that @xenova/transformers calls. */
export interface HubCache {
  match(name: string): Promise<Response | undefined>;
  put(name: string, response: Response): Promise<void>;
}

/**
 * Keeps downloaded model files in a folder by their address. A file appears under its name when it is complete, so
 * an interrupted download is begun again and two processes may download at once.
 */
export function createHubCache(folder: string): HubCache {
  return {
    async match(name) {
      const file = fileOf(folder, name);
      if (file === undefined) return undefined;
      // Absent or unreadable: it is downloaded.
      const content = await readFile(file).catch(() => undefined);
      return content && new Response(content);
    },
    async put(name, response) {
      const file = fileOf(folder, name);
      if (file === undefined) return;
      const temporary = `${file}.${randomUUID()}.tmp`;
      await mkdir(path.dirname(file), { recursive: true });
      try {
        await writeFile(temporary, Buffer.from(await response.arrayBuffer()), { flush: true });
        await rename(temporary, file);
      } finally {
        await rm(temporary, { force: true });
      }
    },
  };
}

/** `folder/host/path`; undefined for names that are no web address, which the library also asks for. */
function fileOf(folder: string, name: string): string | undefined {
  if (!/^https?:\/\//.test(name)) return undefined;
  const { host, pathname } = new URL(name);
  return path.join(folder, host.replaceAll(':', '_'), ...pathname.split('/'));
}
