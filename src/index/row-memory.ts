import { AppError } from '../errors.ts';
import { WASM_MOST_PAGES, WASM_PAGE_BYTES } from '../wasm-module.ts';
import { CODE_STEP, QUERY_AT, ROW_FACTS_BYTES } from './code-kernel.ts';

/** Rows that one call of the kernel scores at most: their scores stay in the processor's cache. */
export const CODE_TURN = 4_096;
/** Threads that may score at the same time: each has a part of the memory for its query and its scores. */
export const MOST_READERS = 8;
/** The number of the thread that builds graphs; 0 is the one that owns the rows. */
export const BUILD_READER = MOST_READERS - 1;
/** Memory grows by this many pages, 4 MiB, or an eighth: pages that are not touched take no memory. */
const GROWTH_PAGES = 64;

/**
 * Vectors in numbered rows, in memory that all threads see. `codes` holds, behind the threads' own parts, for each row
 * its 8-bit codes, scale, error and key, which a search reads; `residuals` what the codes leave over, another 8 bits a
 * number, which only the best few are read with. Can be sent to another thread as it is.
 */
export interface RowMemory {
  dimensions: number;
  codes: WebAssembly.Memory<SharedArrayBuffer>;
  residuals: WebAssembly.Memory<SharedArrayBuffer>;
}

/** Where things lie; all in bytes. */
export interface RowLayout {
  /** Numbers of a row, filled up with zeros. */
  stride: number;
  rowBytes: number;
  /** Of `codes`, where the rows begin. Residuals begin at 0, `stride` a row. */
  rowsAt: number;
  /** Of a reader's part, which begins at `partAt(reader)`. */
  listAt: number;
  lowAt: number;
  highAt: number;
  partAt(reader: number): number;
}

export function rowLayout(dimensions: number): RowLayout {
  const stride = Math.ceil(dimensions / CODE_STEP) * CODE_STEP;
  const listAt = QUERY_AT + 2 * stride;
  const lowAt = listAt + 4 * CODE_TURN;
  const highAt = lowAt + 4 * CODE_TURN;
  const partBytes = Math.ceil((highAt + 4 * CODE_TURN) / 64) * 64;
  return {
    stride,
    rowBytes: stride + ROW_FACTS_BYTES,
    rowsAt: MOST_READERS * partBytes,
    listAt,
    lowAt,
    highAt,
    partAt: (reader) => reader * partBytes,
  };
}

/** Memory without rows. */
export function createRowMemory(dimensions: number): RowMemory {
  const memory = (bytes: number) =>
    new WebAssembly.Memory<SharedArrayBuffer>({
      initial: pagesFor(bytes),
      maximum: WASM_MOST_PAGES,
      shared: true,
    });
  return { dimensions, codes: memory(rowLayout(dimensions).rowsAt), residuals: memory(0) };
}

/** Makes room for `count` rows. Throws `index_failed` beyond 4 GiB of codes. */
export function growRows({ dimensions, codes, residuals }: RowMemory, count: number): void {
  const { rowsAt, rowBytes, stride } = rowLayout(dimensions);
  grow(codes, rowsAt + count * rowBytes);
  grow(residuals, count * stride);
}

function grow(memory: RowMemory['codes'], bytes: number): void {
  const wanted = pagesFor(bytes);
  const present = memory.buffer.byteLength / WASM_PAGE_BYTES;
  if (wanted <= present) return;
  const comfortable = Math.max(wanted, present + Math.max(GROWTH_PAGES, present >> 3));
  memory.grow(Math.min(comfortable, WASM_MOST_PAGES) - present);
}

const pagesFor = (bytes: number) => {
  const pages = Math.ceil(bytes / WASM_PAGE_BYTES);
  if (pages <= WASM_MOST_PAGES) return pages;
  throw new AppError('index_failed', `Expected vectors whose codes take 4 GiB at most, got ${bytes} bytes.`);
};
