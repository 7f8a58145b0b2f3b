import { type Code, doWhile, f32, f32x4, get, i32, i32x4, set, v128, wasmModule } from '../wasm-module.ts';

/** Numbers that one turn of the inner loop multiplies; rows are filled up with zeros to a multiple. */
export const CODE_STEP = 16;
/** After the codes of a row come its scale and its error, as floats, and the key of its paper, as a double. */
export const ROW_FACTS_BYTES = 16;
/**
 * Where, from the base of a thread's part of the memory on, the query's scale and its weight of errors lie, as
 * floats; the query itself follows.
 */
export const QUERY_SCALE_AT = 0;
export const ERROR_WEIGHT_AT = 4;
export const QUERY_AT = 16;

/** Bytes that a processor reads at once, nearly everywhere. */
const CACHE_LINE = 64;

/** All are addresses in bytes. */
export interface CodeKernel {
  /**
   * For the rows from `row` on, writes the estimate less the row's error times its weight to `low`, and the
   * estimate with it added to `high`, until `low` reaches `end`.
   */
  scoreFirst(row: number, low: number, end: number, high: number): void;
  /**
   * The same for the rows whose numbers are listed from `list` on, counted from `row`. Reads all of them before it scores
   * the first, so that they should fit into the processor's nearest cache together.
   */
  scoreListed(row: number, low: number, end: number, high: number, list: number): void;
}

/**
 * Products of rows of 8-bit codes with a query of 16-bit codes, in whole numbers: a quarter of the memory of floats
 * to read. Sums are of 32 bits; whoever writes the query keeps it so small that they cannot overflow. `base` is where
 * the thread's own part of the shared memory begins.
 */
export function codeKernelModule(stride: number, base: number): Uint8Array<ArrayBuffer> {
  const rowBytes = stride + ROW_FACTS_BYTES;
  const queryAt = base + QUERY_AT;
  const queryEnd = queryAt + 2 * stride;
  const [row, low, end, high] = [0, 1, 2, 3];
  const lines = Array.from(
    { length: Math.ceil(rowBytes / CACHE_LINE) },
    (_, line): number => line * CACHE_LINE,
  );

  /** Scores the row that `at` points to, and leaves `at` where its codes end. */
  const scoreRow = (at: number, q: number, a: number, b: number): Code => {
    const product = (half: number) =>
      i32x4.dotI16x8S(v128.load8x8S(get(at), 8 * half), v128.load(get(q), 16 * half));
    const lane = (number: number) => i32x4.lane(get(a), number);
    const total = i32.add(i32.add(lane(0), lane(1)), i32.add(lane(2), lane(3)));
    return [
      set(q, i32.const(queryAt)),
      set(a, v128.zero),
      set(b, v128.zero),
      doWhile(
        [
          set(a, i32x4.add(get(a), product(0))),
          set(b, i32x4.add(get(b), product(1))),
          set(at, i32.add(get(at), i32.const(CODE_STEP))),
          set(q, i32.add(get(q), i32.const(2 * CODE_STEP))),
        ],
        i32.ltU(get(q), i32.const(queryEnd)),
      ),
      set(a, i32x4.add(get(a), get(b))),
      set(
        a,
        f32x4.mul(
          f32x4.mul(f32x4.convertI32x4S(i32x4.splat(total)), v128.load32Splat(get(at))),
          v128.load32Splat(i32.const(base + QUERY_SCALE_AT)),
        ),
      ),
      set(b, f32x4.mul(v128.load32Splat(get(at), 4), v128.load32Splat(i32.const(base + ERROR_WEIGHT_AT)))),
      f32.store(get(low), f32x4.lane(f32x4.sub(get(a), get(b)), 0)),
      f32.store(get(high), f32x4.lane(f32x4.add(get(a), get(b)), 0)),
      set(low, i32.add(get(low), i32.const(4))),
      set(high, i32.add(get(high), i32.const(4))),
    ];
  };
  /**
   * Reads a word of each cache line of the listed rows. They lie anywhere, so that each is waited for; here the processor
   * waits for many at once, between the products for hardly more than one. The sum is written, as what nobody uses is
   * not read; the first score replaces it.
   */
  const touchListed = (list: number, next: number, at: number, sum: number): Code => [
    set(next, get(low)),
    doWhile(
      [
        set(at, i32.add(get(row), i32.mul(i32.load(get(list)), i32.const(rowBytes)))),
        set(
          sum,
          lines.reduce((total, line) => i32.add(total, i32.load(get(at), line)), get(sum)),
        ),
        set(list, i32.add(get(list), i32.const(4))),
        set(next, i32.add(get(next), i32.const(4))),
      ],
      i32.ltU(get(next), get(end)),
    ),
    f32.store(get(high), f32x4.lane(i32x4.splat(get(sum)), 0)),
  ];
  const isLeft = i32.ltU(get(low), get(end));
  const functions = [
    {
      name: 'scoreFirst',
      params: 4,
      integers: 1,
      vectors: 2,
      body: doWhile(
        [scoreRow(row, 4, 5, 6), set(row, i32.add(get(row), i32.const(ROW_FACTS_BYTES)))],
        isLeft,
      ),
    },
    {
      name: 'scoreListed',
      params: 5,
      integers: 4,
      vectors: 2,
      body: [
        set(7, get(4)),
        touchListed(7, 8, 6, 5),
        doWhile(
          [
            set(6, i32.add(get(row), i32.mul(i32.load(get(4)), i32.const(rowBytes)))),
            scoreRow(6, 5, 9, 10),
            set(4, i32.add(get(4), i32.const(4))),
          ],
          isLeft,
        ),
      ],
    },
  ];
  return wasmModule(functions, { shared: true });
}
