import type { PaperKey } from '../paper.ts';
import { type RowMemory, rowLayout } from './row-memory.ts';

export const LARGEST_CODE = 127;
/** Steps of a residual in one step of a code: residuals go from -127 to 127. */
export const RESIDUAL_STEPS = 254;
/** Errors are kept as floats, rounded up. */
export const ROUNDED_UP = 1 + 2 ** -22;
/** What decoding to single precision adds to an error. */
const DECODING = 1e-7;
/** The key of a row whose paper was removed, or lies in another row now. */
export const NO_KEY: PaperKey = -1;

/**
 * Writes vectors into rows; one thread alone does so. A vector x becomes whole numbers n_i from -32,258 to 32,258 in
 * steps of max |x_i| / 32,258, and the row's vector is n / |n|, of unit length: n_i = 254 c_i + r_i, where the codes c
 * and the residuals r have 8 bits each. Entries of n / |n| differ from those of a unit vector x by half a step and
 * what the length is off, so that with m = max |x_i| in d dimensions cosines differ by less than
 * sqrt(d) m / 32,258: of 384 dimensions and m = 0.2, 1.2e-4 at worst, and some 2e-6 where errors have no direction.
 */
export interface RowWriter {
  /** Encodes a vector and tells whether the row holds exactly that already. */
  isHeld(row: number, vector: Float32Array): boolean;
  /** Writes a vector and its key into a row that there is room for. */
  write(row: number, key: PaperKey, vector: Float32Array): void;
  setKey(row: number, key: PaperKey): void;
  /** To be called after the memory has grown. */
  follow(): void;
}

export function createRowWriter(memory: RowMemory): RowWriter {
  const { dimensions } = memory;
  const { stride, rowBytes, rowsAt, residualsAt } = rowLayout(dimensions);
  const codes = new Int8Array(stride);
  const residuals = new Int8Array(stride);
  const viewsOf = () => ({
    codes: new Int8Array(memory.codes.buffer),
    floats: new Float32Array(memory.codes.buffer),
    doubles: new Float64Array(memory.codes.buffer),
    residuals: new Int8Array(memory.residuals.buffer),
  });
  let views = viewsOf();
  const addressOf = (row: number) => rowsAt + row * rowBytes;

  /** Into `codes` and `residuals`; returns the scale of the codes and the length of what they leave over. */
  const encode = (vector: Float32Array) => {
    let largest = 0;
    for (let i = 0; i < dimensions; i++) largest = Math.max(largest, Math.abs(vector[i] as number));
    const toSteps = (LARGEST_CODE * RESIDUAL_STEPS) / largest;
    let squares = 0;
    let left = 0;
    for (let i = 0; i < dimensions; i++) {
      const steps = Math.round((vector[i] as number) * toSteps);
      const code = Math.round(steps / RESIDUAL_STEPS);
      const residual = steps - code * RESIDUAL_STEPS;
      codes[i] = code;
      residuals[i] = residual;
      squares += steps * steps;
      left += residual * residual;
    }
    const scale = Math.fround(RESIDUAL_STEPS / Math.sqrt(squares));
    return { scale, error: (Math.sqrt(left) * scale * ROUNDED_UP) / RESIDUAL_STEPS + DECODING };
  };
  const setKey = (row: number, key: PaperKey) => {
    views.doubles[(addressOf(row) + stride + 8) / 8] = key;
  };

  return {
    isHeld(row, vector) {
      const { scale } = encode(vector);
      const at = addressOf(row);
      if (views.floats[(at + stride) / 4] !== scale) return false;
      for (let i = 0; i < dimensions; i++) {
        if (
          views.codes[at + i] !== codes[i] ||
          views.residuals[residualsAt + row * stride + i] !== residuals[i]
        )
          return false;
      }
      return true;
    },
    write(row, key, vector) {
      const { scale, error } = encode(vector);
      const at = addressOf(row);
      views.codes.set(codes, at);
      views.residuals.set(residuals, residualsAt + row * stride);
      views.floats[(at + stride) / 4] = scale;
      views.floats[(at + stride + 4) / 4] = error;
      setKey(row, key);
    },
    setKey,
    follow() {
      views = viewsOf();
    },
  };
}
