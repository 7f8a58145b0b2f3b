import { type ByteBuffer, type ByteStreams, createByteStreams } from './byte-streams.ts';
import { type Column, createColumn } from './column.ts';
import {
  type Cursor,
  cursorAt,
  type DocumentCounts,
  numberAt,
  readDocument,
  sizeOf,
} from './document-bytes.ts';

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

export interface PostingsData {
  pages: Uint8Array[];
  end: number;
  documents: Int32Array;
  lastSlots: Int32Array;
  streams: Uint32Array;
}

/** Of each term, two streams: its documents with counts, and its positions, so that ranking reads no positions. */
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
   * The documents of some terms as they are written (src/lexical/document-bytes.ts), each with a cursor before the
   * first, to go through them side by side. Good until the next call.
   */
  written(terms: readonly number[]): { from: Uint8Array; cursors: Cursor[] };
  /**
   * Calls back with each place of the term: the slot, and the position in the document. Only of slots that are not 0
   * in the mask.
   */
  eachPlace(term: number, mask: Uint8Array, visit: (slot: number, position: number) => void): void;
  data(terms: number): PostingsData;
}

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
  const counts: DocumentCounts = [0, 0, 0, 0];

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

  const decode = (term: number): Decoded => {
    const length = documents.values[term] as number;
    if (length > decoded.slots.length) decoded = decodedOf(2 * length);
    const { slots, title, abstract, authors, places } = decoded;
    const end = read(term * STREAMS);
    const from = buffer.bytes;
    let at = 0;
    let slot = -1;
    for (let entry = 0; at < end; entry++) {
      const step = numberAt(from, at);
      slot += step + 1;
      at = readDocument(from, at + sizeOf(step), counts);
      slots[entry] = slot;
      title[entry] = counts[0];
      abstract[entry] = counts[1];
      authors[entry] = counts[2];
      places[entry] = counts[3];
    }
    decoded.length = length;
    return decoded;
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
    written(terms) {
      const ends = [0];
      for (const term of terms) ends.push(read(term * STREAMS, joined, ends.at(-1)));
      const from = joined.bytes;
      return {
        from,
        cursors: terms.map((_, at) => cursorAt(from, ends[at] as number, ends[at + 1] as number)),
      };
    },
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

const decodedOf = (length: number): Decoded => ({
  length: 0,
  slots: new Int32Array(length),
  title: new Float32Array(length),
  abstract: new Float32Array(length),
  authors: new Float32Array(length),
  places: new Int32Array(length),
});
