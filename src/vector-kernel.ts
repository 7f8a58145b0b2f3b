import { dotAt, type Embedding } from './vector.ts';
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
  /** The dot product with a row, as `dot` gives it. */
  dot(at: number, query: Embedding): number;
  /** Where to write the rows of `scoreListed`, before it is called. */
  readonly listed: Uint32Array;
  /**
   * The dot products of the query with the first `count` rows, in single precision. A view that is valid until the
   * next call. The query must have the block's dimensions.
   */
  scoreFirst(query: Embedding, count: number): Float32Array;
  /** The same for the first `count` rows that `listed` names. */
  scoreListed(query: Embedding, count: number): Float32Array;
}

/** All are addresses; the query lies at 0. */
interface Kernel {
  /** Writes the dot products of the query with the rows from `row` on to `out`, until `out` reaches `end`. */
  scoreFirst(row: number, out: number, end: number): void;
  /** The same for the rows whose numbers are listed from `list` on. */
  scoreListed(row: number, out: number, end: number, list: number): void;
}

/**
 * Makes blocks of `rows` vectors of `dimensions` numbers. A block never grows: what is in it is never copied, its
 * views stay valid, and its memory is given back as a whole.
 */
export function createVectorBlocks(dimensions: number, rows: number): () => VectorBlock {
  const stride = Math.ceil(dimensions / STEP) * STEP;
  const rowBytes = stride * FLOAT_BYTES;
  const module = new WebAssembly.Module(kernelModule(rowBytes));
  const listAt = rowBytes;
  const scoresAt = listAt + rows * FLOAT_BYTES;
  const rowsAt = Math.ceil((scoresAt + rows * FLOAT_BYTES) / rowBytes) * rowBytes;
  const pages = Math.ceil((rowsAt + rows * rowBytes) / WASM_PAGE_BYTES);

  return () => {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const kernel = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernel;
    const queryView = new Float32Array(memory.buffer, 0, dimensions);
    const scores = new Float32Array(memory.buffer, scoresAt, rows);
    const allRows = new Float32Array(memory.buffer, rowsAt, rows * stride);
    return {
      bytes: rows * rowBytes,
      row: (at) => allRows.subarray(at * stride, at * stride + dimensions),
      dot: (at, query) => dotAt(allRows, at * stride, query),
      listed: new Uint32Array(memory.buffer, listAt, rows),
      scoreFirst(query, count) {
        queryView.set(query);
        // The kernel's loop ends after a turn, not before one.
        if (count > 0) kernel.scoreFirst(rowsAt, scoresAt, scoresAt + count * FLOAT_BYTES);
        return scores.subarray(0, count);
      },
      scoreListed(query, count) {
        queryView.set(query);
        if (count > 0) kernel.scoreListed(rowsAt, scoresAt, scoresAt + count * FLOAT_BYTES, listAt);
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
  const [row, out, end] = [0, 1, 2];
  const sumsOf = (firstSum: number) => [0, 1, 2, 3].map((at) => firstSum + at);
  const dotOfRow = (at: number, firstNumber: number, to: number, sums: readonly number[]): Code => {
    const [a, b, c, d] = sums.map((sum) => get(sum)) as [Code, Code, Code, Code];
    const lane = (number: number) => f32x4.lane(get(to), number);
    const multiplied = (number: number) =>
      f32x4.mul(v128.load(get(firstNumber), 16 * number), v128.load(get(at), 16 * number));
    return [
      sums.map((sum) => set(sum, v128.zero)),
      doWhile(
        [
          sums.map((sum, number) => set(sum, f32x4.add(get(sum), multiplied(number)))),
          set(at, i32.add(get(at), i32.const(STEP * FLOAT_BYTES))),
          set(firstNumber, i32.add(get(firstNumber), i32.const(STEP * FLOAT_BYTES))),
        ],
        i32.ltU(get(firstNumber), i32.const(rowBytes)),
      ),
      set(to, f32x4.add(f32x4.add(a, b), f32x4.add(c, d))),
      f32.store(get(out), f32.add(f32.add(lane(0), lane(1)), f32.add(lane(2), lane(3)))),
      set(out, i32.add(get(out), i32.const(FLOAT_BYTES))),
    ];
  };
  const isLeft = i32.ltU(get(out), get(end));
  const [q, sum] = [3, 4];
  const [list, listedQ, listedRow, listedSum] = [3, 4, 5, 6];
  return wasmModule([
    {
      name: 'scoreFirst',
      params: 3,
      integers: 1,
      vectors: 4,
      // Rows lie one after the other, so that the end of one is the next.
      body: doWhile([set(q, i32.const(0)), dotOfRow(row, q, sum, sumsOf(sum))], isLeft),
    },
    {
      name: 'scoreListed',
      params: 4,
      integers: 2,
      vectors: 4,
      body: doWhile(
        [
          set(listedQ, i32.const(0)),
          set(listedRow, i32.add(get(row), i32.mul(i32.load(get(list)), i32.const(rowBytes)))),
          dotOfRow(listedRow, listedQ, listedSum, sumsOf(listedSum)),
          set(list, i32.add(get(list), i32.const(FLOAT_BYTES))),
        ],
        isLeft,
      ),
    },
  ]);
}
