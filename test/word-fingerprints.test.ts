import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { namesFingerprint, termsFingerprint } from '../src/word-fingerprints.ts';

const changed = vi.hoisted(() => ({ file: '' }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const read = (path: string | URL) =>
    changed.file !== '' && String(path).endsWith(changed.file)
      ? Buffer.concat([fs.readFileSync(path), Buffer.from(' ')])
      : fs.readFileSync(path);
  return { ...fs, readFileSync: read };
});

/** The fingerprints, when one byte of a file is another. */
function withChanged(file: string): [string, string] {
  changed.file = file;
  try {
    return [termsFingerprint(), namesFingerprint()];
  } finally {
    changed.file = '';
  }
}

describe('the fingerprints of how texts are read', () => {
  it('are of the very source that reads them', () => {
    expect(readFileSync(new URL('../src/words.ts', import.meta.url)).length).toBeGreaterThan(0);
    const [terms, names] = withChanged('nothing');
    expect(withChanged('nothing')).toEqual([terms, names]);
    expect(terms).not.toBe(names);
    for (const file of ['/src/words.ts', '/stemmer/index.js']) {
      const [otherTerms, otherNames] = withChanged(file);
      expect(otherTerms).not.toBe(terms);
      expect(otherNames).not.toBe(names);
    }
    const [sameTerms, otherNames] = withChanged('/src/identity.ts');
    expect(sameTerms).toBe(terms);
    expect(otherNames).not.toBe(names);
  });
});
