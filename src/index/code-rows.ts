import { AppError } from '../errors.ts';
import type { Embedding } from '../vector.ts';
import { WASM_MOST_PAGES, WASM_PAGE_BYTES } from '../wasm-module.ts';
import {
  CODE_STEP,
  type CodeKernel,
  codeKernelModule,
  ERROR_WEIGHT_AT,
  QUERY_AT,
  QUERY_SCALE_AT,
  ROW_FACTS_BYTES,
} from './code-kernel.ts';

/** Rows that one call of the kernel scores at most: their scores stay in the processor's cache. */
export const CODE_TURN = 4_096;

const LARGEST_CODE = 127;
const LARGEST_QUERY_CODE = 32_767;
/** What `assertEmbedding` lets through. */
const LARGEST_NORM = 1.001;
/** Rounding to single precision, of a number up to about 1 and four times: 4 * 2^-24, and what is near it. */
const ROUNDING = 5e-7;
/** Errors are kept as floats, rounded up. */
const ROUNDED_UP = 1 + 2 ** -22;
/** Memory grows by this many pages, 4 MiB, or an eighth: pages that are not touched take no memory. */
const GROWTH_PAGES = 64;

/**
 * Unit vectors as 8-bit codes, a quarter of the memory, with estimates of their dot products and bounds that hold.
 *
 * A row x is kept as x' = s c with whole numbers c from -127 to 127 and s = max |x_i| / 127; a query q as
 * q' = t d with 16-bit d. The estimate is x'·q'. By the inequality of Cauchy and Schwarz
 *
 *     |x·q - x'·q'| = |(x - x')·q + x'·(q - q')| <= |x - x'| |q| + (|x| + |x - x'|) |q - q'|
 *
 * so that with the row's own error |x - x'|, which is kept beside its codes, no product lies outside of
 * estimate ± (|x - x'| (|q| + |q - q'|) + 1.001 |q - q'| + rounding). The kernel applies the first part, which is the
 * row's; `slack` is the second.
 */
export interface CodeRows {
  /** Bytes of the rows that are held. */
  readonly bytes: number;
  /** Makes room for the rows from 0 to `count` - 1. Throws `index_failed` beyond 4 GiB. */
  resize(count: number): void;
  /** Encodes a vector into a row. */
  write(row: number, vector: Float32Array): void;
  /** Copies a row over another. */
  copy(from: number, to: number): void;
  /** Every score that follows is of this query. */
  begin(query: Embedding): { slack: number };
  /** Where to write the rows of `scoreListed`; `CODE_TURN` of them at most. */
  readonly listed: Uint32Array;
  /** Bounds of the products with `count` rows from `first` on, `CODE_TURN` at most; without `slack`. */
  scoreFirst(first: number, count: number): void;
  scoreListed(count: number): void;
  /** What the latest call has found, row by row. */
  readonly low: Float32Array;
  readonly high: Float32Array;
}

export function createCodeRows(dimensions: number): CodeRows {
  const stride = Math.ceil(dimensions / CODE_STEP) * CODE_STEP;
  const rowBytes = stride + ROW_FACTS_BYTES;
  const listAt = QUERY_AT + 2 * stride;
  const lowAt = listAt + 4 * CODE_TURN;
  const highAt = lowAt + 4 * CODE_TURN;
  const rowsAt = Math.ceil((highAt + 4 * CODE_TURN) / 64) * 64;
  // Whatever the rows' codes are, the sum of all products fits 32 bits.
  const largestQueryCode = Math.min(LARGEST_QUERY_CODE, Math.floor(2 ** 31 / (LARGEST_CODE * stride)) - 1);

  const memory = new WebAssembly.Memory({ initial: pagesFor(rowsAt), maximum: WASM_MOST_PAGES });
  const module = new WebAssembly.Module(codeKernelModule(stride));
  const kernel = new WebAssembly.Instance<CodeKernel>(module, { env: { memory } }).exports;

  let held = 0;
  const viewsOf = (buffer: ArrayBuffer) => ({
    codes: new Int8Array(buffer),
    bytes: new Uint8Array(buffer),
    floats: new Float32Array(buffer, 0, Math.floor(buffer.byteLength / 4)),
    query: new Int16Array(buffer, QUERY_AT, stride),
    listed: new Uint32Array(buffer, listAt, CODE_TURN),
    low: new Float32Array(buffer, lowAt, CODE_TURN),
    high: new Float32Array(buffer, highAt, CODE_TURN),
  });
  let views = viewsOf(memory.buffer);
  const addressOf = (row: number) => rowsAt + row * rowBytes;

  return {
    get bytes() {
      return held * rowBytes;
    },
    resize(count) {
      held = count;
      const wanted = pagesFor(addressOf(count));
      const present = memory.buffer.byteLength / WASM_PAGE_BYTES;
      if (wanted <= present) return;
      const comfortable = Math.max(wanted, present + Math.max(GROWTH_PAGES, present >> 3));
      memory.grow(Math.min(comfortable, WASM_MOST_PAGES) - present);
      views = viewsOf(memory.buffer);
    },
    write(row, vector) {
      const at = addressOf(row);
      const { codes, floats } = views;
      let largest = 0;
      for (let i = 0; i < dimensions; i++) largest = Math.max(largest, Math.abs(vector[i] as number));
      const scale = Math.fround(largest / LARGEST_CODE);
      let squares = 0;
      for (let i = 0; i < dimensions; i++) {
        const value = vector[i] as number;
        const code = Math.max(-LARGEST_CODE, Math.min(LARGEST_CODE, Math.round(value / scale)));
        codes[at + i] = code;
        squares += (value - code * scale) ** 2;
      }
      floats[(at + stride) >> 2] = scale;
      floats[(at + stride + 4) >> 2] = Math.sqrt(squares) * ROUNDED_UP;
    },
    copy(from, to) {
      views.bytes.copyWithin(addressOf(to), addressOf(from), addressOf(from + 1));
    },
    begin(query) {
      let largest = 0;
      for (let i = 0; i < dimensions; i++) largest = Math.max(largest, Math.abs(query[i] as number));
      const scale = Math.fround(largest / largestQueryCode);
      const toCode = 1 / scale;
      let error = 0;
      let norm = 0;
      for (let i = 0; i < dimensions; i++) {
        const value = query[i] as number;
        const code = Math.max(-largestQueryCode, Math.min(largestQueryCode, Math.round(value * toCode)));
        views.query[i] = code;
        error += (value - code * scale) ** 2;
        norm += value * value;
      }
      error = Math.sqrt(error);
      views.floats[QUERY_SCALE_AT >> 2] = scale;
      views.floats[ERROR_WEIGHT_AT >> 2] = (Math.sqrt(norm) + error) * ROUNDED_UP;
      return { slack: LARGEST_NORM * error + ROUNDING };
    },
    get listed() {
      return views.listed;
    },
    scoreFirst(first, count) {
      // The kernel's loop ends after a turn, not before one.
      if (count > 0) kernel.scoreFirst(addressOf(first), lowAt, lowAt + 4 * count, highAt);
    },
    scoreListed(count) {
      if (count > 0) kernel.scoreListed(rowsAt, lowAt, lowAt + 4 * count, highAt, listAt);
    },
    get low() {
      return views.low;
    },
    get high() {
      return views.high;
    },
  };
}

const pagesFor = (bytes: number) => {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  if (pages <= WASM_MOST_PAGES) return pages;
  throw new AppError('index_failed', `Expected vectors whose codes take 4 GiB at most, got ${bytes} bytes.`);
};
