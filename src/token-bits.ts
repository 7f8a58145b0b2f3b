/**
 * The signs of a text's token embeddings: rows of `tokenRowBytes(dimensions)` bytes, one row per content token, in text
 * order. Bit i of a row (byte i >> 3, bit i & 7) is 1 when entry i of the token's embedding is above 0; the bits that
 * pad a row are 0. Empty when no token of the text is a content token.
 */
export type TokenBits = Uint8Array;

/** Of a text with more content tokens, the first so many are kept: a bound on space and time. */
export const MOST_TOKEN_ROWS = 512;

/** Rows are padded to whole 128-bit vectors, which is how they are compared. */
const ROW_BITS = 128;

/** Bytes of a token's row: 48 for 384 dimensions. */
export function tokenRowBytes(dimensions: number): number {
  return Math.ceil(dimensions / ROW_BITS) * (ROW_BITS / 8);
}

/**
 * Packs the signs of the given rows of a row-major matrix [tokens, dimensions], in the order given.
 *
 * A float's bits, read as an integer, have its sign, and are 0 for 0. Telling positive integers by arithmetic takes a
 * tenth of the time of branching on a comparison, whose outcome no processor can predict.
 */
export function packTokenBits(values: Float32Array, dimensions: number, rows: readonly number[]): TokenBits {
  const rowBytes = tokenRowBytes(dimensions);
  const packed = new Uint8Array(rows.length * rowBytes);
  const integers = new Int32Array(values.buffer, values.byteOffset, values.length);
  const wholeBytes = dimensions >> 3;
  let rowAt = 0;
  for (const row of rows) {
    let at = row * dimensions;
    for (let byte = 0; byte < wholeBytes; byte++, at += 8) {
      packed[rowAt + byte] =
        isPositive(integers[at] as number) |
        (isPositive(integers[at + 1] as number) << 1) |
        (isPositive(integers[at + 2] as number) << 2) |
        (isPositive(integers[at + 3] as number) << 3) |
        (isPositive(integers[at + 4] as number) << 4) |
        (isPositive(integers[at + 5] as number) << 5) |
        (isPositive(integers[at + 6] as number) << 6) |
        (isPositive(integers[at + 7] as number) << 7);
    }
    for (let bit = 0; bit < (dimensions & 7); bit++) {
      const known = packed[rowAt + wholeBytes] as number;
      packed[rowAt + wholeBytes] = known | (isPositive(integers[at + bit] as number) << bit);
    }
    rowAt += rowBytes;
  }
  return packed;
}

/** 1 for a 32-bit integer above 0, else 0: the sign of what is neither negative itself nor so when negated. */
const isPositive = (integer: number): number => (~integer & (0 - integer)) >>> 31;
