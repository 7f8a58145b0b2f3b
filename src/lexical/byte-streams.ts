/**
 * Very many streams of bytes that all grow, in few big pages: a stream is a chain of slices, each larger than the
 * one before, so that short streams waste little and long ones have few breaks (the byte pool of Lucene's indexing
 * chain). A stream is known by the address of its first byte, and the address where its next byte goes.
 */
export interface ByteStreams {
  readonly allocatedBytes: number;
  /** Begins a stream: its first address, where its first byte goes. Never 0. */
  begin(): number;
  /** Appends a byte. Returns the next address. */
  appendByte(next: number, byte: number): number;
  /** Appends a number from 0 to 2^32 - 1 in 1 to 5 bytes, 7 bits each, low ones first. Returns the next address. */
  append(next: number, value: number): number;
  /** Copies a stream from its first address to its next one to a place of the buffer; returns where that ends. */
  read(first: number, next: number, into: ByteBuffer, at: number): number;
  /** The bytes in use, in pages; for `createByteStreams`. */
  data(): { pages: Uint8Array[]; end: number };
}

/** A buffer that `read` makes larger as needed. */
export interface ByteBuffer {
  bytes: Uint8Array;
}

const PAGE_BITS = 18;
export const PAGE_BYTES = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_BYTES - 1;

/** Bytes of the first slice, the second and so on; all later ones are like the last. */
const SLICES = [5, 14, 20, 30, 40, 80, 120, 200, 400, 800];
const LAST = SLICES.length - 1;
/** The last bytes of a full slice say where the next one begins. */
const LINK_BYTES = 4;

export function createByteStreams(saved?: { pages: Uint8Array[]; end: number }): ByteStreams {
  const pages = saved?.pages ?? [new Uint8Array(PAGE_BYTES)];
  // Address 0 is given to no stream, so that it can stand for none.
  let end = saved?.end ?? 1;

  const pageOf = (address: number) => pages[address >>> PAGE_BITS] as Uint8Array;
  const sizeOf = (level: number) => SLICES[Math.min(level, LAST)] as number;

  /** A slice is zero but for its last byte, which says by its level, plus 1, that here the slice ends. */
  const newSlice = (level: number) => {
    const size = sizeOf(level);
    if ((end & PAGE_MASK) + size > PAGE_BYTES) end = (end | PAGE_MASK) + 1;
    if (end >>> PAGE_BITS === pages.length) pages.push(new Uint8Array(PAGE_BYTES));
    const start = end;
    end += size;
    pageOf(start)[(start & PAGE_MASK) + size - 1] = level + 1;
    return start;
  };
  /** Links a full slice, whose end mark is at `mark`, to a new one. Returns where the next byte goes. */
  const continueAt = (mark: number) => {
    const page = pageOf(mark);
    const at = mark & PAGE_MASK;
    const level = Math.min(page[at] as number, LAST);
    const start = newSlice(level);
    const moved = LINK_BYTES - 1;
    const next = pageOf(start);
    for (let byte = 0; byte < moved; byte++) {
      next[(start & PAGE_MASK) + byte] = page[at - moved + byte] as number;
    }
    for (let byte = 0; byte < LINK_BYTES; byte++) page[at - moved + byte] = start >>> (8 * byte);
    return start + moved;
  };
  const appendByte = (next: number, byte: number) => {
    const isFull = pageOf(next)[next & PAGE_MASK] !== 0;
    const at = isFull ? continueAt(next) : next;
    pageOf(at)[at & PAGE_MASK] = byte;
    return at + 1;
  };

  return {
    get allocatedBytes() {
      return pages.length * PAGE_BYTES;
    },
    begin: () => newSlice(0),
    appendByte,
    append(next, value) {
      let at = next;
      let rest = value;
      while (rest > 127) {
        at = appendByte(at, (rest & 127) | 128);
        rest >>>= 7;
      }
      return appendByte(at, rest);
    },
    read(first, next, into, begin) {
      let length = begin;
      let start = first;
      for (let level = 0; ; level++) {
        const size = sizeOf(level);
        const page = pageOf(start);
        const at = start & PAGE_MASK;
        const isLast = next >= start && next < start + size;
        const taken = isLast ? next - start : size - LINK_BYTES;
        if (length + taken > into.bytes.length) {
          const larger = new Uint8Array(2 * (length + taken));
          larger.set(into.bytes);
          into.bytes = larger;
        }
        // Short slices are the most: a view costs more than copying them byte by byte.
        if (taken <= 32) {
          for (let byte = 0; byte < taken; byte++) into.bytes[length + byte] = page[at + byte] as number;
        } else into.bytes.set(page.subarray(at, at + taken), length);
        length += taken;
        if (isLast) return length;
        const link = at + taken;
        start =
          ((page[link] as number) |
            ((page[link + 1] as number) << 8) |
            ((page[link + 2] as number) << 16) |
            ((page[link + 3] as number) << 24)) >>>
          0;
      }
    },
    data: () => ({ pages, end }),
  };
}
