import { MOST_TOKEN_ROWS } from './token-bits.ts';
import {
  type Code,
  doWhile,
  get,
  i8x16,
  i16x8,
  i32,
  i32x4,
  set,
  v128,
  WASM_PAGE_BYTES,
  wasmModule,
} from './wasm-module.ts';

export const MAX_SIMILARITY_LIMITS = {
  /** As many as the settings allow a model. */
  dimensions: 8_192,
  queryRows: 256,
  documentRows: MOST_TOKEN_ROWS,
} as const;

/** Query rows that are compared at once: each has a 32-bit lane of every vector. */
const LANES = 4;
const WORD_BYTES = 4;
const VECTOR_BYTES = LANES * WORD_BYTES;

/**
 * Late interaction ("MaxSim": ColBERT, https://arxiv.org/abs/2004.12832) on sign bits. A text is rows of bits, one a
 * token: bit by bit the signs of its embedding, then zeros up to a multiple of 16 bytes (not checked). The order of
 * bits does not matter, as long as it is the same in all rows. Two rows are as similar as
 * `1 - 2 * hamming / dimensions`: 1 when equal, -1 when opposite.
 */
export interface MaxSimilarity {
  /**
   * Keeps a copy of a query's rows and their weights for many documents. Throws `RangeError` for what is not whole
   * rows, for too many, and for weights that are not one a row, finite and 0 or more.
   */
  prepare(query: Uint8Array, weights: Float32Array | readonly number[]): PreparedQuery;
}

export interface PreparedQuery {
  /**
   * The weighted mean, over the query's rows, of the best similarity to any row of the document: in [-1, 1]. A
   * document without rows scores -1. A query without rows, or without a weight above 0, scores 0 with any document.
   * Throws `RangeError` for what is not whole rows, and for too many.
   */
  score(document: Uint8Array): number;
}

interface Kernel {
  /**
   * Writes, for each row of the query, the smallest Hamming distance to the rows from `document` to `end`, 1 or
   * more, to `out`, until it reaches `outEnd`; all are addresses.
   */
  distances(document: number, end: number, out: number, outEnd: number): void;
}

/**
 * Queries may be prepared side by side and used in turns; all use one memory of fixed size (64 KiB at 384
 * dimensions). Make one and keep it.
 */
export function createMaxSimilarity(dimensions: number): MaxSimilarity {
  const most = MAX_SIMILARITY_LIMITS;
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > most.dimensions) {
    throw new RangeError(`Expected from 1 to ${most.dimensions} dimensions, got ${dimensions}.`);
  }
  const rowBytes = Math.ceil(dimensions / (8 * VECTOR_BYTES)) * VECTOR_BYTES;
  // The query lies at 0.
  const outAt = most.queryRows * rowBytes;
  const documentAt = outAt + most.queryRows * Int32Array.BYTES_PER_ELEMENT;
  const pages = Math.ceil((documentAt + most.documentRows * rowBytes) / WASM_PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  const module = new WebAssembly.Module(kernelModule(rowBytes));
  const kernel = new WebAssembly.Instance<Kernel>(module, { env: { memory } }).exports;
  const bytes = new Uint8Array(memory.buffer);
  const distances = new Int32Array(memory.buffer, outAt, most.queryRows);
  let loaded: Uint8Array | null = null;

  return {
    prepare(query, weights) {
      const queryRows = rowsOf('a query', query, rowBytes, most.queryRows);
      const shares = sharesOf(weights, queryRows);
      const laid = laidOut(query, queryRows, rowBytes);
      const outEnd = outAt + (laid.length / rowBytes) * Int32Array.BYTES_PER_ELEMENT;
      return {
        score(document) {
          const documentRows = rowsOf('a document', document, rowBytes, most.documentRows);
          if (shares === null) return 0;
          if (documentRows === 0) return -1;
          // Another query may have been used meanwhile.
          if (loaded !== laid) bytes.set(laid);
          loaded = laid;
          bytes.set(document, documentAt);
          kernel.distances(documentAt, documentAt + document.length, outAt, outEnd);
          const distance = shares.reduce((sum, share, row) => sum + share * (distances[row] ?? 0), 0);
          // The shares may add up to a little more than 1.
          return Math.max(-1, 1 - (2 * distance) / dimensions);
        },
      };
    },
  };
}

function rowsOf(what: string, matrix: Uint8Array, rowBytes: number, most: number): number {
  const rows = matrix.length / rowBytes;
  if (Number.isInteger(rows) && rows <= most) return rows;
  throw new RangeError(
    `Expected ${what} of up to ${most} rows of ${rowBytes} bytes, got ${matrix.length} bytes.`,
  );
}

/** The weights, made to add up to 1; null when they add up to 0. */
function sharesOf(weights: ArrayLike<number>, rows: number): Float64Array | null {
  if (weights.length !== rows) throw new RangeError(`Expected ${rows} weights, got ${weights.length}.`);
  const shares = Float64Array.from(weights);
  const total = shares.reduce((sum, weight) => sum + weight, 0);
  if (!Number.isFinite(total) || shares.some((weight) => weight < 0)) {
    throw new RangeError('Expected weights of 0 or more with a finite sum.');
  }
  return total > 0 ? shares.map((weight) => weight / total) : null;
}

/**
 * The query in the order in which the kernel reads it: for each four rows, the first words of all, then the second
 * words, and so on. So a word of a document's row, repeated, meets four rows at once, and the counts of each row end
 * up in its own lane: no sums across a vector are needed. Missing rows are zeros.
 */
function laidOut(query: Uint8Array, queryRows: number, rowBytes: number): Uint8Array {
  const laid = new Uint8Array(Math.ceil(queryRows / LANES) * LANES * rowBytes);
  for (let row = 0; row < queryRows; row++) {
    const lane = row % LANES;
    const laneAt = (row - lane) * rowBytes + lane * WORD_BYTES;
    for (let at = 0; at < rowBytes; at += WORD_BYTES) {
      const word = query.subarray(row * rowBytes + at, row * rowBytes + at + WORD_BYTES);
      laid.set(word, laneAt + at * LANES);
    }
  }
  return laid;
}

/** A row is compared without a loop: its length is known here, and counting its bits costs nearly all of the time. */
function kernelModule(rowBytes: number): Uint8Array<ArrayBuffer> {
  const [document, end, out, outEnd, query, row, nearest] = [0, 1, 2, 3, 4, 5, 6];
  const step = (local: number, size: number): Code => set(local, i32.add(get(local), i32.const(size)));
  const differing = (word: number): Code =>
    i8x16.popcnt(
      v128.xor(v128.load32Splat(get(row), word * WORD_BYTES), v128.load(get(query), word * VECTOR_BYTES)),
    );
  // Widened after each four words, as a byte would overflow after 31.
  const inFourWords = Array.from({ length: rowBytes / VECTOR_BYTES }, (_, four) => {
    const counts = [0, 1, 2, 3].map((at) => differing(4 * four + at));
    return i16x8.extaddPairwiseI8x16U(counts.reduce((a, b) => i8x16.add(a, b)));
  });
  const distance = i32x4.extaddPairwiseI16x8U(inFourWords.reduce((a, b) => i16x8.add(a, b)));
  const fourRows = [
    // No distance is greater.
    set(nearest, i32x4.splat(i32.const(8 * rowBytes))),
    set(row, get(document)),
    doWhile(
      [set(nearest, i32x4.minS(get(nearest), distance)), step(row, rowBytes)],
      i32.ltU(get(row), get(end)),
    ),
    v128.store(get(out), get(nearest)),
    step(query, LANES * rowBytes),
    step(out, VECTOR_BYTES),
  ];
  const body = doWhile(fourRows, i32.ltU(get(out), get(outEnd)));
  return wasmModule([{ name: 'distances', params: 4, integers: 2, vectors: 1, body }]);
}
