import { setImmediate } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import { bibtexReferences } from './bibtex.ts';
import { cslReferences } from './csl-json.ts';
import { type BibliographyEntry, entryOf, type ReferenceItem } from './reference.ts';
import { risReferences } from './ris.ts';
import { shortened } from './source.ts';
import { looksLikeZoteroJson, zoteroReferences } from './zotero-json.ts';

export type { BibliographyEntry } from './reference.ts';

/** What papers are written as, and read from. */
export const BIBLIOGRAPHY_FORMATS = ['bibtex', 'ris', 'csl-json'] as const;
export type BibliographyFormat = (typeof BIBLIOGRAPHY_FORMATS)[number];

/** What a person's library is read from. */
export const LIBRARY_FORMATS = [...BIBLIOGRAPHY_FORMATS, 'zotero-json'] as const;
export type LibraryFormat = (typeof LIBRARY_FORMATS)[number];

/** Limits on one bibliography. */
export const BIBLIOGRAPHY_LIMITS = { bytes: 8 * 1024 * 1024, entries: 5_000 } as const;

/** So many entries are read before others have their turn: some 50 ms of work. */
const ENTRIES_A_TURN = 500;

export interface Bibliography {
  format: LibraryFormat;
  entries: BibliographyEntry[];
  /** What could not be read: where it stands, by key or number and line, and why. */
  problems: { at: string; reason: string }[];
}

const READERS: Record<LibraryFormat, (text: string) => Iterable<ReferenceItem>> = {
  bibtex: bibtexReferences,
  ris: risReferences,
  'csl-json': cslReferences,
  'zotero-json': zoteroReferences,
};
const NAMES: Record<LibraryFormat, string> = {
  bibtex: 'BibTeX',
  ris: 'RIS',
  'csl-json': 'CSL-JSON',
  'zotero-json': "Zotero's JSON",
};

/**
 * Reads a bibliography in one of the formats, which the text tells when it is not given. A damaged entry is a problem
 * of its own, and the rest is read. Throws `invalid_input` for a text that is no such bibliography, or has too many
 * entries, and `payload_too_large` for one that is too long.
 */
export async function readBibliography(text: string, format?: LibraryFormat): Promise<Bibliography> {
  const bytes = Buffer.byteLength(text);
  if (bytes > BIBLIOGRAPHY_LIMITS.bytes) {
    const most = `expected at most ${BIBLIOGRAPHY_LIMITS.bytes}: split it`;
    throw new AppError('payload_too_large', `The bibliography has ${bytes} bytes, ${most}.`);
  }
  const plain = text.replace(/^\ufeff/, '');
  const found = formatOf(plain, format);
  if (found === null || (format !== undefined && found !== format)) throw unexpected(plain, format, found);
  const bibliography: Bibliography = { format: found, entries: [], problems: [] };
  let count = 0;
  for (const item of READERS[found](plain)) {
    if (++count > BIBLIOGRAPHY_LIMITS.entries) {
      const most = `expected at most ${BIBLIOGRAPHY_LIMITS.entries}; split it`;
      throw new AppError('invalid_input', `The bibliography has too many entries: ${most}.`);
    }
    const entry = 'reference' in item ? entryOf(item.reference) : item;
    if ('reason' in entry) bibliography.problems.push({ at: item.at, reason: entry.reason });
    else bibliography.entries.push(entry);
    if (count % ENTRIES_A_TURN === 0) await setImmediate();
  }
  return bibliography;
}

/** The format that a text is in, by how it begins, or by what its first entry looks like. */
function formatOf(text: string, asked?: LibraryFormat): LibraryFormat | null {
  if (/^\s*[[{]/.test(text)) {
    return asked === 'zotero-json' || looksLikeZoteroJson(text) ? 'zotero-json' : 'csl-json';
  }
  const ris = text.search(/^\s{0,4}TY\s{0,2}-/m);
  const bibtex = text.search(/@[ \t]{0,20}[a-z]{1,40}\s{0,20}[{(]/i);
  if (ris === -1) return bibtex === -1 ? null : 'bibtex';
  return bibtex === -1 || ris < bibtex ? 'ris' : 'bibtex';
}

function unexpected(text: string, format: LibraryFormat | undefined, found: LibraryFormat | null): AppError {
  const expected =
    format === undefined ? "a bibliography in BibTeX, RIS, CSL-JSON or Zotero's JSON" : NAMES[format];
  const begins = text.trim() === '' ? 'an empty text' : `a text that begins with "${shortened(text.trim())}"`;
  return new AppError(
    'invalid_input',
    `Expected ${expected}, got ${found === null ? begins : NAMES[found]}.`,
  );
}
