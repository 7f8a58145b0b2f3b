import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const ADDON = 'onnxruntime_binding.node';

/**
 * Makes this worker thread load a private copy of onnxruntime's native binding. To be called before the binding is.
 *
 * onnxruntime-node 1.14 keeps a reference to a JavaScript function in one static variable. Each thread that loads
 * the binding frees the reference of the thread before it, from the wrong thread, and after that thread has ended,
 * from freed memory: restarting workers corrupts the heap within a few rounds, and a lone worker that is
 * restarted fails with "Module did not self-register". A copy under another name has static variables of its own
 * (280 kB); the runtime itself (16 MB) is found through a link and loaded once. The copy is removed at once:
 * a loaded file needs no name.
 */
export function usePrivateAddon(temporaryFolder: string): void {
  // Windows can neither remove a loaded library nor, without rights, make the links.
  if (process.platform === 'win32') return;
  const load = process.dlopen;
  process.dlopen = (target: object, file: string, flags?: number) => {
    const open = (name: string) =>
      flags === undefined ? load.call(process, target, name) : load.call(process, target, name, flags);
    if (path.basename(file) !== ADDON) return open(file);
    mkdirSync(temporaryFolder, { recursive: true });
    const folder = mkdtempSync(path.join(temporaryFolder, 'onnxruntime-'));
    try {
      const original = path.dirname(file);
      for (const name of readdirSync(original)) {
        if (name !== ADDON) symlinkSync(path.join(original, name), path.join(folder, name));
      }
      copyFileSync(file, path.join(folder, ADDON));
      open(path.join(folder, ADDON));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}
