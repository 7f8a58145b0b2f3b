import { isMainThread } from 'node:worker_threads';
import { compiledUrl, isEntry } from './compiled.mjs';

/**
 * Runs a file in this thread: compiled, or where that is impossible (a folder that cannot be written, a file that is no
 * entry) by translating it and what it imports as they are loaded.
 *
 * @param {string} entry the address of a TypeScript file
 */
export async function runEntry(entry) {
  const compiled = await compiledUrl(entry).catch((error) => {
    if (isEntry(entry) && isMainThread) {
      console.error(`paperwise: starts more slowly, as it cannot be compiled: ${error.message}`);
    }
    return null;
  });
  if (compiled !== null) await import(compiled);
  else if (isMainThread) {
    const { tsImport } = await import('tsx/esm/api');
    await tsImport(entry, import.meta.url);
  } else {
    // Node 20 does not take other loaders of modules in its threads; `require` can be taught.
    const { require } = await import('tsx/cjs/api');
    require(entry, import.meta.url);
  }
}
