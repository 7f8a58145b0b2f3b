import { z } from 'zod';
import { PAGE_BYTES } from './byte-streams.ts';
import type { InvertedData } from './inverted.ts';

const TYPES = { Uint8Array, Int32Array, Uint32Array, Float64Array } as const;
type AnyArray = Uint8Array | Int32Array | Uint32Array | Float64Array;

/** What the header of a file says of its arrays. */
export const describedArrays = z.array(
  z.strictObject({
    type: z.enum(['Uint8Array', 'Int32Array', 'Uint32Array', 'Float64Array']),
    length: z.int().min(0),
  }),
);
type Described = z.output<typeof describedArrays>;

/** Each array begins at a multiple of 8 bytes, as those of numbers of 8 bytes must. */
export const aligned = (bytes: number) => Math.ceil(bytes / 8) * 8;

/** All arrays in the order of the file; pages are one array in several parts. */
export function arraysOf(data: InvertedData) {
  const { pages, end } = data.postings;
  const used = pages.map((page, at) => page.subarray(0, Math.max(0, end - at * PAGE_BYTES)));
  const { documents, lastSlots, streams } = data.postings;
  const { terms, forms, formCounts, termsOfForms } = data.vocabulary;
  const { keys, aliveMask, lengths, digests } = data;
  const single: AnyArray[] = [
    terms.bytes,
    terms.starts,
    forms.bytes,
    forms.starts,
    formCounts,
    termsOfForms,
    documents,
    lastSlots,
    streams,
    keys,
    aliveMask,
    lengths,
    digests,
  ];
  const described = single.map((array) => ({
    type: typeOf(array),
    length: array.length,
    bytes: array.byteLength,
    parts: [new Uint8Array(array.buffer, array.byteOffset, array.byteLength)],
  }));
  return [{ type: 'Uint8Array' as const, length: end, bytes: end, parts: used }, ...described];
}

function typeOf(array: AnyArray): keyof typeof TYPES {
  if (array instanceof Float64Array) return 'Float64Array';
  if (array instanceof Uint32Array) return 'Uint32Array';
  return array instanceof Int32Array ? 'Int32Array' : 'Uint8Array';
}

/**
 * The arrays of a file, copied: a view of it would keep the whole of it in memory after most arrays have grown into
 * others. Throws when they do not fill it exactly.
 */
export function dataOf(described: Described, content: Uint8Array, start: number): InvertedData {
  let at = start;
  const arrays = described.map(({ type, length }) => {
    const array = new TYPES[type](content.buffer as ArrayBuffer, content.byteOffset + at, length);
    at += aligned(array.byteLength);
    return array;
  });
  if (at !== content.length)
    throw new Error(`expected ${at} bytes before the checksum, found ${content.length}`);
  let next = 0;
  const view = <T extends AnyArray>(type: new (length: number) => T): T => {
    const array = arrays[next++];
    if (array instanceof type) return array;
    throw new Error(`array ${next - 1} is of another type than expected`);
  };
  const take = <T extends AnyArray>(type: new (length: number) => T): T => view(type).slice() as T;
  const bytes = view(Uint8Array);
  const end = bytes.length;
  const pages: Uint8Array[] = [];
  for (let from = 0; from === 0 || from < end; from += PAGE_BYTES) {
    // More will be appended to the last page, which must be whole for that.
    const page = new Uint8Array(PAGE_BYTES);
    page.set(bytes.subarray(from, from + PAGE_BYTES));
    pages.push(page);
  }
  const table = () => ({ bytes: take(Uint8Array), starts: take(Uint32Array) });
  return {
    vocabulary: {
      terms: table(),
      forms: table(),
      formCounts: take(Uint32Array),
      termsOfForms: take(Uint32Array),
    },
    postings: {
      pages,
      end,
      documents: take(Int32Array),
      lastSlots: take(Int32Array),
      streams: take(Uint32Array),
    },
    keys: take(Float64Array),
    aliveMask: take(Uint8Array),
    lengths: take(Uint32Array),
    digests: take(Uint32Array),
  };
}
