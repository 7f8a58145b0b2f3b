import { type ByteBuffer, type ByteStreams, createByteStreams } from './byte-streams.ts';
import { type Column, createColumn } from './column.ts';
import { LEXICAL } from './constants.ts';

/** How often a document says a term: per field as a word of its own, then per field as a compound. */
export const COUNTS = 6;

/** The documents of a term, read: entry `i` of each array belongs together. Slots ascend. */
export interface Decoded {
  length: number;
  slots: Int32Array;
  /** Occurrences per field, compounds included by their weight. */
  title: Float32Array;
  abstract: Float32Array;
  authors: Float32Array;
  /** Occurrences that have a position. */
  places: Int32Array;
}

/** A place in the documents of a term: the slot that comes next, `NO_SLOT` behind the last. */
export interface Cursor {
  slot: number;
  /** Where the counts of that slot are in the buffer, and where the term's documents end. */
  at: number;
  end: number;
}

/** Above all slots. */
export const NO_SLOT = 2 ** 30;

/** Slots that are gone through at a time: what is added up for them stays in the processor's near caches. */
export const SPAN = 2_048;

export interface PostingsData {
  pages: Uint8Array[];
  end: number;
  documents: Int32Array;
  lastSlots: Int32Array;
  streams: Uint32Array;
}

/**
 * Of each term, two streams: its documents with counts, and its positions, so that ranking reads no positions. A
 * document is the distance of its slot from the one before, a byte of counts, and what did not fit into that byte:
 * two bits for the title, three for the abstract, two for authors, one that says that compounds follow likewise.
 */
export interface Postings {
  readonly allocatedBytes: number;
  /** Documents that were added to a term, removed ones included. */
  documents(term: number): number;
  /**
   * Adds a document of a higher slot than all before. Of `counts`, `COUNTS` entries from `at` are meant, of
   * `positions` those from `from` to before `to`, which ascend.
   */
  add(
    term: number,
    slot: number,
    counts: Int32Array,
    at: number,
    positions: Uint32Array,
    from: number,
    to: number,
  ): void;
  /** Reads a term's documents into buffers that the next call overwrites. */
  decode(term: number): Decoded;
  /**
   * Begins to go through the documents of some terms side by side, so that whoever adds them up stays with few slots
   * at a time. Cursors are good until the next call.
   */
  cursors(terms: readonly number[]): Cursor[];
  /** Reads a cursor's documents of slots below `bound`, no more than `SPAN` of them, into buffers that the next call overwrites. */
  readBelow(cursor: Cursor, bound: number): Decoded;
  /**
   * Calls back with each place of the term: the slot, and the position in the document. Only of slots that are not 0
   * in the mask.
   */
  eachPlace(term: number, mask: Uint8Array, visit: (slot: number, position: number) => void): void;
  data(terms: number): PostingsData;
}

/** Counts from here on need more than their bits of the byte: title, abstract, authors. */
const FULL = [3, 7, 3] as const;

/** Per byte of counts: 1 when nothing that belongs to it follows, which one look tells instead of four. */
const IS_WHOLE = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > 127 || (byte & 3) === FULL[0] || ((byte >> 2) & 7) === FULL[1] || byte >> 5 === FULL[2] ? 0 : 1,
);

/** Per term: first and next address of the documents, first and next address of the positions. */
const STREAMS = 4;

export function createPostings(saved?: PostingsData): Postings {
  const bytes: ByteStreams = createByteStreams(saved);
  const documents = createColumn(Int32Array, saved?.documents);
  const lastSlots = createColumn(Int32Array, saved?.lastSlots);
  const streams: Column<Uint32Array> = createColumn(Uint32Array, saved?.streams);
  const buffer: ByteBuffer = { bytes: new Uint8Array(4_096) };
  let decoded = decodedOf(1_024);
  /** Of all terms that cursors are at, one behind the other. */
  const joined: ByteBuffer = { bytes: new Uint8Array(4_096) };
  const span = decodedOf(SPAN);
  const compounds = new Int32Array(3);

  /** Where the next byte of the stream goes whose two addresses are at `at`. */
  const nextOf = (at: number) => {
    const { values } = streams;
    if (values[at] === 0) {
      const first = bytes.begin();
      values[at] = first;
      values[at + 1] = first;
    }
    return values[at + 1] as number;
  };
  const append = (at: number, value: number) => {
    streams.values[at + 1] = bytes.append(nextOf(at), value);
  };
  const appendByte = (at: number, byte: number) => {
    streams.values[at + 1] = bytes.appendByte(nextOf(at), byte);
  };
  /** Copies the stream whose two addresses are at `at`; returns where the copy ends. */
  const read = (at: number, into = buffer, begin = 0) =>
    streams.values[at] === 0
      ? begin
      : bytes.read(streams.values[at] as number, streams.values[at + 1] as number, into, begin);

  /** The byte of three counts, without the compounds' bit, and then what is above the counts that it can say. */
  const appendCounts = (stream: number, counts: Int32Array, at: number, flag: number) => {
    const title = counts[at] as number;
    const abstract = counts[at + 1] as number;
    const authors = counts[at + 2] as number;
    appendByte(
      stream,
      Math.min(title, 3) | (Math.min(abstract, 7) << 2) | (Math.min(authors, 3) << 5) | flag,
    );
    if (title >= 3) append(stream, title - 3);
    if (abstract >= 7) append(stream, abstract - 7);
    if (authors >= 3) append(stream, authors - 3);
  };

  const cursorOf = (term: number, into: ByteBuffer, begin: number): Cursor => {
    const cursor = { slot: -1, at: begin, end: read(term * STREAMS, into, begin) };
    proceed(cursor, into.bytes);
    return cursor;
  };
  /** Reads documents of slots below `bound`. */
  const decodeInto = (into: Decoded, cursor: Cursor, from: Uint8Array, bound: number) => {
    const { slots, title, abstract, authors, places } = into;
    const { compoundInText } = LEXICAL;
    const { end } = cursor;
    let { slot, at } = cursor;
    let entry = 0;
    // No closure reads numbers here: this loop is most of a search.
    while (slot < bound) {
      const byte = from[at++] as number;
      let inTitle = byte & 3;
      let inAbstract = (byte >> 2) & 7;
      let inAuthors = (byte >> 5) & 3;
      places[entry] = inTitle + inAbstract + inAuthors;
      if (IS_WHOLE[byte] === 0) {
        if (inTitle === 3) {
          inTitle += numberAt(from, at);
          at += sizeOf(inTitle - 3);
        }
        if (inAbstract === 7) {
          inAbstract += numberAt(from, at);
          at += sizeOf(inAbstract - 7);
        }
        if (inAuthors === 3) {
          inAuthors += numberAt(from, at);
          at += sizeOf(inAuthors - 3);
        }
        places[entry] = inTitle + inAbstract + inAuthors;
        if (byte > 127) {
          at = readCounts(from, at, compounds);
          inTitle += compoundInText * (compounds[0] as number);
          inAbstract += compoundInText * (compounds[1] as number);
          inAuthors += compoundInText * (compounds[2] as number);
        }
      }
      slots[entry] = slot;
      title[entry] = inTitle;
      abstract[entry] = inAbstract;
      authors[entry] = inAuthors;
      entry++;
      if (at === end) slot = NO_SLOT;
      else {
        let step = from[at++] as number;
        if (step > 127) {
          step = numberAt(from, at - 1);
          at += sizeOf(step) - 1;
        }
        slot += step + 1;
      }
    }
    cursor.slot = slot;
    cursor.at = at;
    into.length = entry;
    return into;
  };
  const decode = (term: number): Decoded => {
    const length = documents.values[term] as number;
    if (length > decoded.slots.length) decoded = decodedOf(2 * length);
    const cursor = cursorOf(term, buffer, 0);
    return decodeInto(decoded, cursor, buffer.bytes, NO_SLOT);
  };

  return {
    get allocatedBytes() {
      return (
        bytes.allocatedBytes +
        documents.values.byteLength +
        lastSlots.values.byteLength +
        streams.values.byteLength
      );
    },
    documents: (term) => documents.values[term] ?? 0,
    add(term, slot, counts, at, positions, from, to) {
      documents.reserve(term + 1);
      lastSlots.reserve(term + 1);
      streams.reserve((term + 1) * STREAMS);
      const isFirst = documents.values[term] === 0;
      const stream = term * STREAMS;
      append(stream, isFirst ? slot : slot - (lastSlots.values[term] as number) - 1);
      documents.values[term] = (documents.values[term] as number) + 1;
      lastSlots.values[term] = slot;
      const hasCompounds =
        ((counts[at + 3] as number) | (counts[at + 4] as number) | (counts[at + 5] as number)) > 0;
      appendCounts(stream, counts, at, hasCompounds ? 128 : 0);
      if (hasCompounds) appendCounts(stream, counts, at + 3, 0);
      let before = 0;
      for (let next = from; next < to; next++) {
        const position = positions[next] as number;
        append(stream + 2, position - before);
        before = position;
      }
    },
    decode,
    cursors(terms) {
      let end = 0;
      return terms.map((term) => {
        const cursor = cursorOf(term, joined, end);
        end = cursor.end;
        return cursor;
      });
    },
    readBelow: (cursor, bound) => decodeInto(span, cursor, joined.bytes, bound),
    eachPlace(term, mask, visit) {
      const { length, slots, places } = decode(term);
      read(term * STREAMS + 2);
      const from = buffer.bytes;
      let at = 0;
      for (let entry = 0; entry < length; entry++) {
        const slot = slots[entry] as number;
        const isWanted = mask[slot] !== 0;
        let position = 0;
        for (let left = places[entry] as number; left > 0; left--) {
          let step = from[at++] as number;
          if (step > 127) {
            step = numberAt(from, at - 1);
            at += sizeOf(step) - 1;
          }
          position += step;
          if (isWanted) visit(slot, position);
        }
      }
    },
    data: (terms) => {
      // A table may know a term that no document has got yet.
      documents.reserve(terms);
      lastSlots.reserve(terms);
      streams.reserve(terms * STREAMS);
      return {
        ...bytes.data(),
        documents: documents.values.subarray(0, terms),
        lastSlots: lastSlots.values.subarray(0, terms),
        streams: streams.values.subarray(0, terms * STREAMS),
      };
    },
  };
}

/** Moves a cursor from behind one document to the slot of the next. */
function proceed(cursor: Cursor, from: Uint8Array): void {
  if (cursor.at === cursor.end) {
    cursor.slot = NO_SLOT;
    return;
  }
  const step = numberAt(from, cursor.at);
  cursor.slot += step + 1;
  cursor.at += sizeOf(step);
}

/** The number that begins at a byte, as `ByteStreams.append` writes it. */
function numberAt(from: Uint8Array, at: number): number {
  let value = 0;
  let next = at;
  for (let shift = 0; ; shift += 7) {
    const byte = from[next++] as number;
    value |= (byte & 127) << shift;
    if (byte < 128) return value >>> 0;
  }
}

/** How many bytes a number takes. */
const sizeOf = (value: number) =>
  value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;

/** Reads a byte of three counts and what follows it into `counts`; returns where that ends. */
function readCounts(from: Uint8Array, start: number, counts: Int32Array): number {
  const byte = from[start] as number;
  const parts = [byte & 3, (byte >> 2) & 7, (byte >> 5) & 3];
  let at = start + 1;
  for (let field = 0; field < parts.length; field++) {
    const isFull = parts[field] === FULL[field];
    const more = isFull ? numberAt(from, at) : 0;
    if (isFull) at += sizeOf(more);
    counts[field] = (parts[field] as number) + more;
  }
  return at;
}

const decodedOf = (length: number): Decoded => ({
  length: 0,
  slots: new Int32Array(length),
  title: new Float32Array(length),
  abstract: new Float32Array(length),
  authors: new Float32Array(length),
  places: new Int32Array(length),
});
