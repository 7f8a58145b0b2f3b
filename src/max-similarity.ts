import {
  type Code,
  doWhile,
  get,
  i32,
  i32x4,
  set,
  v128,
  WASM_PAGE_BYTES,
  wasmModule,
} from './wasm-module.ts';

/** Query rows that one pass over a document compares: four to a vector, in four vectors. */
const PASS_ROWS = 16;
const LANES = 4;
/** Bytes of two neighbouring numbers, as 16-bit integers: what one multiplication takes from a row. */
const PAIR_BYTES = 4;
const VECTOR_BYTES = 16;

/** A query made ready for being compared with many documents. */
export interface PreparedQuery {
  /**
   * For each row of the query, the greatest dot product with any row of the document. The document is
   * `documentRows` rows (1 or more) of the query's dimensions, one after the other; throws `RangeError` for others.
   */
  maxSimilarities(document: Int8Array, documentRows: number): Int32Array;
}

/** Late interaction ("MaxSim") of 8-bit vectors. */
export interface MaxSimilarity {
  /** `query` is `queryRows` rows (1 or more), one after the other. Throws `RangeError` when it is not. */
  prepare(query: Int8Array, queryRows: number): PreparedQuery;
}

interface Kernel {
  /** Widens the 8-bit integers from `from` on to 16 bits, until `to` reaches `end`; all are addresses. */
  widen(from: number, to: number, end: number): void;
  /** Writes the greatest dot products of the 16 rows at `query` with the rows from `document` to `end` to `out`. */
  maxOfPass(query: number, document: number, end: number, out: number): void;
}

/**
 * Compares matrices of 8-bit integers of `dimensions` numbers a row, a multiple of 16 (`RangeError` otherwise).
 * Results are exact for any numbers. Queries may be prepared side by side; all use one memory, which grows with the
 * longest document and is never given back: make one and keep it.
 */
export function createMaxSimilarity(dimensions: number): MaxSimilarity {
  if (!Number.isInteger(dimensions) || dimensions < 16 || dimensions % 16 !== 0) {
    throw new RangeError(`Expected dimensions that are a multiple of 16, got ${dimensions}.`);
  }
  const memory = new WebAssembly.Memory({ initial: 1 });
  const module = new WebAssembly.Module(kernelModule(dimensions));
  const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
  let loaded: Int16Array | null = null;

  const reserve = (bytes: number) => {
    const missing = bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / WASM_PAGE_BYTES));
  };

  return {
    prepare(query, queryRows) {
      assertRows(query, queryRows, dimensions);
      const laid = laidOut(query, queryRows, dimensions);
      const passes = Math.ceil(queryRows / PASS_ROWS);
      const passBytes = laid.byteLength / passes;
      const outAt = laid.byteLength;
      const wideAt = outAt + passes * PASS_ROWS * Int32Array.BYTES_PER_ELEMENT;
      return {
        maxSimilarities(document, documentRows) {
          assertRows(document, documentRows, dimensions);
          const wideEnd = wideAt + 2 * document.length;
          reserve(wideEnd + document.length);
          const { buffer } = memory;
          // Another query may have been used meanwhile.
          if (loaded !== laid) new Int16Array(buffer, 0, laid.length).set(laid);
          loaded = laid;
          new Int8Array(buffer, wideEnd, document.length).set(document);
          kernel.widen(wideEnd, wideAt, wideEnd);
          for (let pass = 0; pass < passes; pass++) {
            const out = outAt + pass * PASS_ROWS * Int32Array.BYTES_PER_ELEMENT;
            kernel.maxOfPass(pass * passBytes, wideAt, wideEnd, out);
          }
          return new Int32Array(buffer, outAt, queryRows).slice();
        },
      };
    },
  };
}

/** For each row of the query, the greatest dot product with any row of the document; to compare two matrices once. */
export function maxSimilarities(
  query: Int8Array,
  queryRows: number,
  document: Int8Array,
  documentRows: number,
  dimensions: number,
): Int32Array {
  return createMaxSimilarity(dimensions).prepare(query, queryRows).maxSimilarities(document, documentRows);
}

function assertRows(matrix: Int8Array, rows: number, dimensions: number): void {
  if (Number.isInteger(rows) && rows >= 1 && matrix.length === rows * dimensions) return;
  throw new RangeError(`Expected 1 or more rows of ${dimensions} numbers, got ${matrix.length} as ${rows}.`);
}

/**
 * The query in the order in which the kernel reads it: for each pass of 16 rows and each pair of neighbouring
 * numbers, that pair of every row. So a pair of a document's row, repeated, meets four rows of the query in one
 * multiplication, and no sums across a vector are needed. Missing rows are zeros.
 */
function laidOut(query: Int8Array, queryRows: number, dimensions: number): Int16Array {
  const passes = Math.ceil(queryRows / PASS_ROWS);
  const laid = new Int16Array(passes * PASS_ROWS * dimensions);
  for (let row = 0; row < queryRows; row++) {
    const passAt = Math.floor(row / PASS_ROWS) * PASS_ROWS * dimensions;
    for (let at = 0; at < dimensions; at++) {
      const pair = (at >> 1) * PASS_ROWS + (row % PASS_ROWS);
      laid[passAt + 2 * pair + (at & 1)] = query[row * dimensions + at] as number;
    }
  }
  return laid;
}

function kernelModule(dimensions: number): Uint8Array<ArrayBuffer> {
  const groups = Array.from({ length: PASS_ROWS / LANES }, (_, group) => group);
  const [from, to, widenEnd] = [0, 1, 2];
  const [query, document, end, out, q, rowEnd] = [0, 1, 2, 3, 4, 5];
  const [pair, firstSum] = [6, 7];
  const firstMost = firstSum + groups.length;
  const step = (local: number, bytes: number): Code => set(local, i32.add(get(local), i32.const(bytes)));
  const outAt = (group: number) => group * VECTOR_BYTES;

  const dotOfRow = [
    groups.map((group) => set(firstSum + group, v128.zero)),
    set(q, get(query)),
    set(rowEnd, i32.add(get(document), i32.const(2 * dimensions))),
    doWhile(
      [
        set(pair, v128.load32Splat(get(document))),
        groups.map((group) => {
          const products = i32x4.dotI16x8S(get(pair), v128.load(get(q), group * VECTOR_BYTES));
          return set(firstSum + group, i32x4.add(get(firstSum + group), products));
        }),
        step(q, groups.length * VECTOR_BYTES),
        step(document, PAIR_BYTES),
      ],
      i32.ltU(get(document), get(rowEnd)),
    ),
  ];
  const keepGreatest = groups.map((group) =>
    set(firstMost + group, i32x4.maxS(get(firstMost + group), get(firstSum + group))),
  );
  return wasmModule([
    {
      name: 'widen',
      params: 3,
      integers: 0,
      vectors: 0,
      body: doWhile(
        [v128.store(get(to), v128.load8x8s(get(from))), step(from, 8), step(to, VECTOR_BYTES)],
        i32.ltU(get(to), get(widenEnd)),
      ),
    },
    {
      name: 'maxOfPass',
      params: 4,
      integers: 2,
      vectors: 1 + 2 * groups.length,
      body: [
        groups.map((group) => set(firstMost + group, i32x4.splat(i32.const(-(2 ** 31))))),
        doWhile([dotOfRow, keepGreatest], i32.ltU(get(document), get(end))),
        groups.map((group) => v128.store(get(out), get(firstMost + group), outAt(group))),
      ],
    },
  ]);
}
