import type { Embedding } from './vector.ts';
import {
  type Code,
  doWhile,
  f32,
  f32x4,
  get,
  i32,
  set,
  v128,
  WASM_PAGE_BYTES,
  wasmModule,
} from './wasm-module.ts';

/** Numbers that one turn of the inner loop multiplies; rows are filled up with zeros to a multiple. */
const STEP = 16;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/** A fixed number of rows for vectors, in memory that WebAssembly SIMD can read, with scores against a query. */
export interface VectorBlock {
  /** Bytes allocated for the rows, their filling up included. */
  readonly bytes: number;
  /** The vector of a row, as a view: writing to it writes the row. */
  row(at: number): Float32Array;
  /**
   * The dot products of the query with the first `count` rows, in single precision. A view that is valid until the
   * next call. The query must have the block's dimensions.
   */
  scoreFirst(query: Embedding, count: number): Float32Array;
}

/** All are addresses; the query lies at 0. */
interface Kernel {
  /** Writes the dot products of the query with the rows from `row` on to `out`, until `out` reaches `end`. */
  scoreFirst(row: number, out: number, end: number): void;
}

/**
 * Makes blocks of `rows` vectors of `dimensions` numbers. A block never grows: what is in it is never copied, its
 * views stay valid, and its memory is given back as a whole.
 */
export function createVectorBlocks(dimensions: number, rows: number): () => VectorBlock {
  const stride = Math.ceil(dimensions / STEP) * STEP;
  const rowBytes = stride * FLOAT_BYTES;
  const module = new WebAssembly.Module(kernelModule(rowBytes));
  const scoresAt = rowBytes;
  const rowsAt = Math.ceil((scoresAt + rows * FLOAT_BYTES) / rowBytes) * rowBytes;
  const pages = Math.ceil((rowsAt + rows * rowBytes) / WASM_PAGE_BYTES);

  return () => {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const kernel = new WebAssembly.Instance<Kernel>(module, { env: { memory } }).exports;
    const queryView = new Float32Array(memory.buffer, 0, dimensions);
    const scores = new Float32Array(memory.buffer, scoresAt, rows);
    const allRows = new Float32Array(memory.buffer, rowsAt, rows * stride);
    return {
      bytes: rows * rowBytes,
      row: (at) => allRows.subarray(at * stride, at * stride + dimensions),
      scoreFirst(query, count) {
        queryView.set(query);
        // The kernel's loop ends after a turn, not before one.
        if (count > 0) kernel.scoreFirst(rowsAt, scoresAt, scoresAt + count * FLOAT_BYTES);
        return scores.subarray(0, count);
      },
    };
  };
}

/**
 * Four running sums of four numbers each, one row at a time. Wider unrolling gains nothing, as a scan of more rows
 * than the processor's cache holds waits for memory; several rows at a time spoil the order that memory likes best.
 */
function kernelModule(rowBytes: number): Uint8Array<ArrayBuffer> {
  const [row, out, end, q] = [0, 1, 2, 3];
  const sums = [4, 5, 6, 7];
  const [sum = 0] = sums;
  const [a, b, c, d] = sums.map((local) => get(local)) as [Code, Code, Code, Code];
  const lane = (number: number) => f32x4.lane(get(sum), number);
  const multiplied = (number: number) =>
    f32x4.mul(v128.load(get(q), 16 * number), v128.load(get(row), 16 * number));
  const scoreRow: Code = [
    set(q, i32.const(0)),
    sums.map((local) => set(local, v128.zero)),
    // Rows lie one after the other, so that the end of one is the next.
    doWhile(
      [
        sums.map((local, number) => set(local, f32x4.add(get(local), multiplied(number)))),
        set(row, i32.add(get(row), i32.const(STEP * FLOAT_BYTES))),
        set(q, i32.add(get(q), i32.const(STEP * FLOAT_BYTES))),
      ],
      i32.ltU(get(q), i32.const(rowBytes)),
    ),
    set(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d))),
    f32.store(get(out), f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)))),
    set(out, i32.add(get(out), i32.const(FLOAT_BYTES))),
  ];
  const isLeft = i32.ltU(get(out), get(end));
  return wasmModule([
    { name: 'scoreFirst', params: 3, integers: 1, vectors: 4, body: doWhile(scoreRow, isLeft) },
  ]);
}
