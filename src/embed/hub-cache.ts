import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError } from '../errors.ts';

/** The two methods of the Web Cache API that @xenova/transformers calls, and where files are. */
export interface HubCache {
  /** The kept file whose address ends in `ending`. Throws `store_failed` when there is none. */
  fileEndingIn(ending: string): string;
  match(name: string): Promise<Response | undefined>;
  put(name: string, response: Response): Promise<void>;
}

/**
 * Keeps downloaded model files in a folder by their address. A file appears under its name when it is complete, so
 * an interrupted download is begun again and two processes may download at once.
 */
export function createHubCache(folder: string): HubCache {
  const files = new Set<string>();
  return {
    fileEndingIn(ending) {
      const file = [...files].find((name) => name.endsWith(path.normalize(ending)));
      if (file !== undefined) return file;
      throw new AppError(
        'store_failed',
        `Cannot keep the downloaded ${ending} in ${folder}. Check the folder's rights and free space.`,
      );
    },
    async match(name) {
      const file = fileOf(folder, name);
      if (file === undefined) return undefined;
      try {
        // A session is opened by path: the library need not hold the content of a kept ONNX file as well.
        const isNetwork = file.endsWith('.onnx');
        if (isNetwork) await access(file, constants.R_OK);
        const response = isNetwork ? new Response() : new Response(await readFile(file));
        files.add(file);
        return response;
      } catch {
        // Absent or unreadable: it is downloaded.
        return undefined;
      }
    },
    async put(name, response) {
      const file = fileOf(folder, name);
      if (file === undefined) return;
      const temporary = `${file}.${randomUUID()}.tmp`;
      await mkdir(path.dirname(file), { recursive: true });
      try {
        await writeFile(temporary, Buffer.from(await response.arrayBuffer()), { flush: true });
        await rename(temporary, file);
        files.add(file);
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
