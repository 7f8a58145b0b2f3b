import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/*
 * What texts become by `src/words.ts` and `src/identity.ts` is stored: in the index of words, in the columns of names,
 * and as sets of terms. These fingerprints are stored with it, so that it is made anew by a program that reads texts in another way.
 * They are of the source itself, which misses no change; a change of a comment costs a rebuild too.
 */

const STEMMER = createRequire(import.meta.url).resolve('stemmer');

/** Of all that decides which terms a text has. */
export const termsFingerprint = (): string => fingerprintOf(['./words.ts']);

/** Of all that decides what papers are compared by when they are recommended. */
export const termSetsFingerprint = (): string => fingerprintOf(['./words.ts', './term-set.ts']);

/** Of all that decides what papers and authors are called. */
export const namesFingerprint = (): string => fingerprintOf(['./words.ts', './identity.ts']);

function fingerprintOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(new URL(file, import.meta.url))).update('\0');
  hash.update(readFileSync(STEMMER));
  // Which characters are letters.
  hash.update(process.versions.unicode ?? '');
  return hash.digest('hex').slice(0, 32);
}
