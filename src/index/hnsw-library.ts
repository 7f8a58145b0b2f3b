import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import hnswlib from 'hnswlib-node';

/**
 * Where `npm run native` puts hnswlib compiled for processors with AVX2 and FMA: the one that is installed is for any
 * processor, and slower. Of this version of hnswlib-node alone.
 */
export const FAST_LIBRARY = fileURLToPath(
  new URL('../../.cache/native/hnswlib-node-3.0.0-avx2.node', import.meta.url),
);
/** What the processor must have, as Linux names it. */
export const FAST_FEATURES = ['avx2', 'fma'] as const;

/** Which of them the processor of this machine lacks; all where that cannot be known. */
export function missingFeatures(cpuinfo = '/proc/cpuinfo'): string[] {
  const text = existsSync(cpuinfo) ? readFileSync(cpuinfo, 'utf8') : '';
  const flags = /^flags\s*:(.*)$/m.exec(text)?.[1]?.split(/\s+/) ?? [];
  return FAST_FEATURES.filter((feature) => !flags.includes(feature));
}

let loaded: typeof hnswlib | null = null;

/** The quicker library where it was compiled and this processor can run it, else the installed one. */
export function hnswLibrary(): typeof hnswlib {
  loaded ??= fastLibrary() ?? hnswlib;
  return loaded;
}

function fastLibrary(): typeof hnswlib | null {
  // The folder may have come from another machine: foreign instructions would end the process.
  if (!existsSync(FAST_LIBRARY) || missingFeatures().length > 0) return null;
  try {
    const library: typeof hnswlib = createRequire(import.meta.url)(FAST_LIBRARY);
    return library;
  } catch {
    // Compiled against other system libraries: what is installed does the same, more slowly.
    return null;
  }
}
