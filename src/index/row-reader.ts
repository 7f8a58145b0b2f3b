import type { PaperKey } from '../paper.ts';
import { dot, type Embedding } from '../vector.ts';
import {
  type CodeKernel,
  codeKernelModule,
  ERROR_WEIGHT_AT,
  QUERY_AT,
  QUERY_SCALE_AT,
} from './code-kernel.ts';
import { CODES_AT, type DecodeKernel, decodedAt, decodeKernelModule, STEP_AT } from './decode-kernel.ts';
import { LARGEST_CODE, NO_KEY, RESIDUAL_STEPS, ROUNDED_UP } from './row-codes.ts';
import { CODE_TURN, type RowMemory, rowLayout } from './row-memory.ts';

/** Listed rows of one call of the kernel: at 384 numbers they fit into the nearest cache. */
const LISTED_TURN = 64;
const LARGEST_QUERY_CODE = 32_767;
/** Of the vectors of rows, which are as near to length 1 as floats allow. */
const LARGEST_NORM = 1.000_01;
/** Rounding to single precision, of a number up to about 1 and four times: 4 * 2^-24, and what is near it. */
const ROUNDING = 5e-7;

/**
 * One thread's view of the rows: scores by the 8-bit codes, with bounds that hold, and the vectors themselves.
 *
 * A row's vector y is kept as y' = s c and what that leaves over; a query q is taken as q' = t d with 16-bit d. The
 * estimate is y'·q'. By the inequality of Cauchy and Schwarz
 *
 *     |y·q - y'·q'| = |(y - y')·q + y'·(q - q')| <= |y - y'| |q| + (|y| + |y - y'|) |q - q'|
 *
 * so that with the row's own error |y - y'|, which is kept beside its codes, no product lies outside of
 * estimate ± (|y - y'| (|q| + |q - q'|) + |y| |q - q'| + rounding). The kernel applies the first part, which is the
 * row's; `slack` is the second. A row that is written meanwhile by the thread that owns them scores as something
 * between what it was and what it will be.
 */
export interface RowReader {
  readonly dimensions: number;
  /** The key of a row's paper, or `NO_KEY` when it was removed or lies in another row now. */
  keyOf(row: number): PaperKey;
  /** The high 8 bits of a row's numbers, as a view. */
  codesOf(row: number): Uint8Array;
  /** Writes a row's vector, of unit length, into `into`. */
  decode(row: number, into: Float32Array): void;
  /** The cosine of a row's vector with a query that was checked before, as `dot` gives it for the decoded vector. */
  similarity(row: number, query: Embedding): number;
  /** Every bound that follows is of this query. */
  begin(query: Embedding): { slack: number };
  /** Every score that follows is the estimate of this query: `low` and `high` are the same. */
  beginEstimates(query: Embedding): void;
  /** Where to write the rows of `scoreListed`; `CODE_TURN` of them at most. */
  readonly listed: Uint32Array;
  /** Bounds of the products with `count` rows from `first` on, `CODE_TURN` at most; without `slack`. */
  scoreFirst(first: number, count: number): void;
  scoreListed(count: number): void;
  /** What the latest call has found, row by row. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** To be called when there may be more rows than at the latest call. */
  follow(): void;
}

/** `reader` is the thread's own number, from 0 to below `MOST_READERS`: two that share one spoil each other's scores. */
export function createRowReader(memory: RowMemory, reader: number): RowReader {
  const { dimensions } = memory;
  const { stride, rowBytes, rowsAt, residualsAt, ...layout } = rowLayout(dimensions);
  const partAt = layout.partAt(reader);
  const listAt = partAt + layout.listAt;
  const lowAt = partAt + layout.lowAt;
  const highAt = partAt + layout.highAt;
  // Whatever the rows' codes are, the sum of all products fits 32 bits.
  const largestQueryCode = Math.min(LARGEST_QUERY_CODE, Math.floor(2 ** 31 / (LARGEST_CODE * stride)) - 1);
  const module = new WebAssembly.Module(codeKernelModule(stride, partAt));
  const kernel = new WebAssembly.Instance<CodeKernel>(module, { env: { memory: memory.codes } }).exports;

  const { buffer } = memory.codes;
  const queryCodes = new Int16Array(buffer, partAt + QUERY_AT, stride);
  const queryFacts = new Float32Array(buffer, partAt, QUERY_AT / 4);
  const listed = new Uint32Array(buffer, listAt, CODE_TURN);
  const low = new Float32Array(buffer, lowAt, CODE_TURN);
  const high = new Float32Array(buffer, highAt, CODE_TURN);
  const decodingAt = layout.decodingAt(reader);
  const decoder = new WebAssembly.Instance<DecodeKernel>(
    new WebAssembly.Module(decodeKernelModule(stride, decodingAt, RESIDUAL_STEPS)),
    { env: { memory: memory.residuals } },
  ).exports;
  const decodedStep = new Float32Array(memory.residuals.buffer, decodingAt + STEP_AT, 1);
  const decodedCodes = new Int8Array(memory.residuals.buffer, decodingAt + CODES_AT, stride);
  const decoded = new Float32Array(memory.residuals.buffer, decodingAt + decodedAt(stride), dimensions);
  const viewsOf = (codes: SharedArrayBuffer) => ({
    codes: new Int8Array(codes),
    bytes: new Uint8Array(codes),
    floats: new Float32Array(codes),
    doubles: new Float64Array(codes),
  });
  let views = viewsOf(buffer);
  const addressOf = (row: number) => rowsAt + row * rowBytes;

  const writeQuery = (query: Embedding) => {
    let largest = 0;
    for (let i = 0; i < dimensions; i++) largest = Math.max(largest, Math.abs(query[i] as number));
    const scale = Math.fround(largest / largestQueryCode);
    const toCode = 1 / scale;
    let error = 0;
    let norm = 0;
    for (let i = 0; i < dimensions; i++) {
      const value = query[i] as number;
      const code = Math.max(-largestQueryCode, Math.min(largestQueryCode, Math.round(value * toCode)));
      queryCodes[i] = code;
      error += (value - code * scale) ** 2;
      norm += value * value;
    }
    queryFacts[QUERY_SCALE_AT >> 2] = scale;
    return { error: Math.sqrt(error), norm: Math.sqrt(norm) };
  };
  /** Into `decoded`. */
  const decode = (row: number) => {
    const at = addressOf(row);
    decodedCodes.set(views.codes.subarray(at, at + stride));
    decodedStep[0] = (views.floats[(at + stride) / 4] as number) / RESIDUAL_STEPS;
    decoder.decode(residualsAt + row * stride);
  };

  return {
    dimensions,
    keyOf: (row) => views.doubles[(addressOf(row) + stride + 8) / 8] ?? NO_KEY,
    codesOf: (row) => views.bytes.subarray(addressOf(row), addressOf(row) + stride),
    decode(row, into) {
      decode(row);
      into.set(decoded);
    },
    similarity(row, query) {
      decode(row);
      return dot(decoded, query);
    },
    begin(query) {
      const { error, norm } = writeQuery(query);
      queryFacts[ERROR_WEIGHT_AT >> 2] = (norm + error) * ROUNDED_UP;
      return { slack: LARGEST_NORM * error + ROUNDING };
    },
    beginEstimates(query) {
      writeQuery(query);
      queryFacts[ERROR_WEIGHT_AT >> 2] = 0;
    },
    listed,
    scoreFirst(first, count) {
      // The kernel's loop ends after a turn, not before one.
      if (count > 0) kernel.scoreFirst(addressOf(first), lowAt, lowAt + 4 * count, highAt);
    },
    scoreListed(count) {
      for (let from = 0; from < count; from += LISTED_TURN) {
        const to = Math.min(from + LISTED_TURN, count);
        kernel.scoreListed(rowsAt, lowAt + 4 * from, lowAt + 4 * to, highAt + 4 * from, listAt + 4 * from);
      }
    },
    low,
    high,
    follow() {
      // Growing by nothing has this thread see what another one has added.
      memory.codes.grow(0);
      memory.residuals.grow(0);
      const codes = memory.codes.buffer;
      if (codes.byteLength !== views.codes.byteLength) views = viewsOf(codes);
    },
  };
}
