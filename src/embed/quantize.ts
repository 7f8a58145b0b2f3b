/** Whole numbers in place of floats, with the scales that turn them back: value = whole * scale. */
export interface Quantized {
  values: Int8Array;
  /** One per column (or row) of the matrix. */
  scales: Float32Array;
}

/**
 * The largest absolute value that a quantised weight takes, where int8 would allow 127. Processors without
 * 8-bit dot-product instructions (AVX2 and older AVX-512) add two products of an unsigned 8-bit input and a signed
 * 8-bit weight in 16 bits, and silently clip the sum: 2 * 255 * 127 is too large, 2 * 255 * 64 just fits. Seven
 * bits give the same vectors on every machine. (onnxruntime's quantisation guide calls this `reduce_range`.)
 */
export const SAFE_WEIGHT = 64;
/** For numbers that are only looked up, never multiplied as integers, all of int8 is usable. */
export const LOOKUP_WEIGHT = 127;

/**
 * Rounds a row-major matrix of `columns` columns to whole numbers in [-limit, limit], symmetric about zero, with a
 * scale for each column.
 */
export function quantizeColumns(matrix: Float32Array, columns: number, limit: number): Quantized {
  const peaks = new Float32Array(columns);
  for (let i = 0; i < matrix.length; i++) {
    const size = Math.abs(matrix[i] as number);
    const column = i % columns;
    if (size > (peaks[column] as number)) peaks[column] = size;
  }
  // A column of zeros keeps a scale of 1: any scale is right for it, but 0 would divide by zero.
  const scales = peaks.map((peak) => (peak === 0 ? 1 : peak / limit));
  const values = new Int8Array(matrix.length);
  for (let i = 0; i < matrix.length; i++) {
    values[i] = roundTo((matrix[i] as number) / (scales[i % columns] as number), limit);
  }
  return { values, scales };
}

/** As `quantizeColumns`, with a scale for each row. */
export function quantizeRows(matrix: Float32Array, columns: number, limit: number): Quantized {
  const rows = matrix.length / columns;
  const scales = new Float32Array(rows);
  const values = new Int8Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    let peak = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      peak = Math.max(peak, Math.abs(matrix[i] as number));
    }
    const scale = peak === 0 ? 1 : peak / limit;
    scales[row] = scale;
    for (let i = row * columns; i < (row + 1) * columns; i++) {
      values[i] = roundTo((matrix[i] as number) / scale, limit);
    }
  }
  return { values, scales };
}

function roundTo(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, Math.round(value)));
}
