import { LEXICAL } from './constants.ts';

/*
 * How the documents of a term are written: of each, the distance of its slot from the one before, a byte of counts, and
 * what did not fit into that byte: two bits for the title, three for the abstract, two for authors, one that says that
 * compounds follow likewise.
 */

/** A place in the documents of a term. */
export interface Cursor {
  /** The slot that comes next; `NO_SLOT` behind the last. */
  slot: number;
  /** Where its byte of counts is, and where the term's documents end. */
  at: number;
  end: number;
}

/** Above all slots. */
export const NO_SLOT = 2 ** 30;

/** Counts from here on need more than their bits of the byte: title, abstract, authors. */
const FULL = [3, 7, 3] as const;

/** Per byte of counts: 1 when nothing that belongs to it follows, which one look tells instead of four. */
export const IS_WHOLE = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > 127 || (byte & 3) === FULL[0] || ((byte >> 2) & 7) === FULL[1] || byte >> 5 === FULL[2] ? 0 : 1,
);

/** How often a document says a term per field, compounds included by their weight; last, its places. */
export type DocumentCounts = [title: number, abstract: number, authors: number, places: number];

/** A cursor before the first of the documents that are written from `begin` to before `end`. */
export function cursorAt(from: Uint8Array, begin: number, end: number): Cursor {
  if (begin === end) return { slot: NO_SLOT, at: begin, end };
  const slot = numberAt(from, begin);
  return { slot, at: begin + sizeOf(slot), end };
}

/** Reads a byte of counts, compounds and what follows it into `counts`; returns where that ends. */
export function readDocument(from: Uint8Array, start: number, counts: DocumentCounts): number {
  const byte = from[start] as number;
  let at = start + 1;
  if (IS_WHOLE[byte] === 1) setBits(byte, counts);
  else at = readCounts(from, start, counts);
  counts[3] = counts[0] + counts[1] + counts[2];
  if (byte < 128) return at;
  const [title, abstract, authors] = counts;
  at = readCounts(from, at, counts);
  counts[0] = title + LEXICAL.compoundInText * counts[0];
  counts[1] = abstract + LEXICAL.compoundInText * counts[1];
  counts[2] = authors + LEXICAL.compoundInText * counts[2];
  return at;
}

function setBits(byte: number, counts: DocumentCounts): void {
  counts[0] = byte & 3;
  counts[1] = (byte >> 2) & 7;
  counts[2] = (byte >> 5) & 3;
}

/** Reads a byte of three counts and what follows it into `counts`; returns where that ends. */
function readCounts(from: Uint8Array, start: number, counts: DocumentCounts): number {
  let at = start + 1;
  setBits(from[start] as number, counts);
  for (let field = 0; field < FULL.length; field++) {
    if (counts[field] !== FULL[field]) continue;
    const more = numberAt(from, at);
    at += sizeOf(more);
    counts[field] = (counts[field] as number) + more;
  }
  return at;
}

/** The number that begins at a byte, as `ByteStreams.append` writes it. */
export function numberAt(from: Uint8Array, at: number): number {
  let value = 0;
  let next = at;
  for (let shift = 0; ; shift += 7) {
    const byte = from[next++] as number;
    value |= (byte & 127) << shift;
    if (byte < 128) return value >>> 0;
  }
}

/** How many bytes a number takes. */
export const sizeOf = (value: number) =>
  value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;
