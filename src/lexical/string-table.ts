import { type Column, createColumn } from './column.ts';

/** The parts of a table, as they are saved. */
export interface StringTableData {
  bytes: Uint8Array;
  /** Where each string begins in `bytes`; one more than there are strings. */
  starts: Uint32Array;
}

/**
 * Different strings, numbered from 0 in the order of their arrival. Bytes and hash slots instead of a `Map`: half a
 * million strings take a fifth of the memory, and are saved and loaded in one piece.
 */
export interface StringTable {
  readonly size: number;
  readonly allocatedBytes: number;
  /** The number of a string, which is given one if it has none. */
  add(text: string): number;
  /** The number of a string, or -1. */
  find(text: string): number;
  text(id: number): string;
  /** A view of the UTF-8 bytes of a string, until the next `add`. */
  bytesOf(id: number): Uint8Array;
  data(): StringTableData;
}

/** In bytes of UTF-8; words are at most 60 UTF-16 units long. */
const LONGEST = 256;
const SMALLEST_SLOTS = 1_024;
/** Slots are doubled when fuller than this: beyond, probing gets long. */
const FULLEST = 0.7;

export function createStringTable(saved?: StringTableData): StringTable {
  const bytes: Column<Uint8Array> = createColumn(Uint8Array, saved?.bytes);
  const starts: Column<Uint32Array> = createColumn(Uint32Array, saved?.starts);
  let size = saved ? saved.starts.length - 1 : 0;
  /** Number of a string + 1, at the first free place from its hash on. */
  let slots = new Int32Array(SMALLEST_SLOTS);

  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  const wanted = new Uint8Array(LONGEST);
  let length = 0;
  const encode = (text: string) => {
    if (text.length > LONGEST) throw new RangeError(`Expected at most ${LONGEST} characters.`);
    for (length = 0; length < text.length; length++) {
      const code = text.charCodeAt(length);
      if (code > 127) {
        length = encoder.encodeInto(text, wanted).written;
        return;
      }
      wanted[length] = code;
    }
  };
  /** FNV-1a. */
  const hashOf = (from: Uint8Array, start: number, end: number) => {
    let hash = 0x811c9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ (from[at] as number), 0x01000193);
    return hash ^ (hash >>> 15);
  };
  const isWanted = (id: number) => {
    const start = starts.values[id] as number;
    if ((starts.values[id + 1] as number) - start !== length) return false;
    for (let at = 0; at < length; at++) if (bytes.values[start + at] !== wanted[at]) return false;
    return true;
  };
  /** The place of the wanted string, or the free one where it belongs. */
  const placeOfWanted = () => {
    const mask = slots.length - 1;
    let at = hashOf(wanted, 0, length) & mask;
    while (slots[at] !== 0 && !isWanted((slots[at] as number) - 1)) at = (at + 1) & mask;
    return at;
  };
  const enlarge = (atLeast: number) => {
    let count = slots.length;
    while (atLeast > count * FULLEST) count *= 2;
    slots = new Int32Array(count);
    for (let id = 0; id < size; id++) {
      let at =
        hashOf(bytes.values, starts.values[id] as number, starts.values[id + 1] as number) & (count - 1);
      while (slots[at] !== 0) at = (at + 1) & (count - 1);
      slots[at] = id + 1;
    }
  };
  if (size > 0) enlarge(size);

  const bytesOf = (id: number) => bytes.values.subarray(starts.values[id], starts.values[id + 1]);
  return {
    get size() {
      return size;
    },
    get allocatedBytes() {
      return bytes.values.byteLength + starts.values.byteLength + slots.byteLength;
    },
    add(text) {
      encode(text);
      let place = placeOfWanted();
      const found = slots[place] as number;
      if (found !== 0) return found - 1;
      if (size + 1 > slots.length * FULLEST) {
        enlarge(size + 1);
        place = placeOfWanted();
      }
      const start = starts.values[size] as number;
      bytes.reserve(start + length);
      bytes.values.set(wanted.subarray(0, length), start);
      starts.reserve(size + 2);
      starts.values[size + 1] = start + length;
      slots[place] = size + 1;
      return size++;
    },
    find(text) {
      if (text.length > LONGEST) return -1;
      encode(text);
      return (slots[placeOfWanted()] as number) - 1;
    },
    text: (id) => decoder.decode(bytesOf(id)),
    bytesOf,
    data: () => ({
      bytes: bytes.values.subarray(0, starts.values[size]),
      starts: starts.values.subarray(0, size + 1),
    }),
  };
}
