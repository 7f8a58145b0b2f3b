import { balancedCosts, type LinearModel } from './logistic-regression.ts';
import { createRandom, shuffled } from './statistics.ts';
import type { SparseRows } from './tf-idf.ts';

export interface SvmOptions {
  /** How much the examples count against the size of the weights: scikit-learn's C. */
  c?: number;
  /** Trained when no example asks for a change of more than this. */
  tolerance?: number;
}

const MOST_TURNS = 200;
const SEED = 11;

/**
 * A linear support vector machine with squared hinge loss and balanced classes, as scikit-learn's
 * `LinearSVC(C=c, class_weight='balanced')`: minimises
 *
 *     (|w|^2 + b^2) / 2 + C * sum_i s_i * max(0, 1 - y_i * (w . x_i + b))^2,  s_i = n / (2 * size of i's class)
 *
 * by coordinate descent in the dual (Hsieh et al., ICML 2008), which LIBLINEAR does too: example after example, in an
 * order drawn anew each turn by a fixed seed. Throws when a class has no example.
 */
export function trainLinearSvm(
  rows: SparseRows,
  isPositive: readonly boolean[],
  { c = 0.01, tolerance = 1e-3 }: SvmOptions = {},
): LinearModel {
  const weights = new Float64Array(rows.width);
  let bias = 0;
  const alphas = new Float64Array(isPositive.length);
  // What the squared loss adds to the diagonal of the dual.
  const diagonal = balancedCosts(isPositive, c).map((cost) => 1 / (2 * cost));
  const squares = squaredLengths(rows);
  const random = createRandom(SEED);
  let order = isPositive.map((_, at) => at);
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    let largest = 0;
    order = shuffled(order, random);
    for (const at of order) {
      const sign = isPositive[at] ? 1 : -1;
      const alpha = alphas[at] as number;
      const added = diagonal[at] as number;
      const gradient = sign * (sparseDot(rows, at, weights) + bias) - 1 + added * alpha;
      const asked = alpha === 0 ? Math.min(gradient, 0) : gradient;
      if (asked === 0) continue;
      largest = Math.max(largest, Math.abs(asked));
      const next = Math.max(0, alpha - gradient / ((squares[at] as number) + 1 + added));
      const change = (next - alpha) * sign;
      alphas[at] = next;
      for (let i = rows.starts[at] as number; i < (rows.starts[at + 1] as number); i++) {
        const column = rows.columns[i] as number;
        weights[column] = (weights[column] as number) + change * (rows.values[i] as number);
      }
      bias += change;
    }
    if (largest <= tolerance) break;
  }
  return { weights: Float32Array.from(weights), bias };
}

/** The dot product of a sparse row with a vector. */
export function sparseDot(
  { starts, columns, values }: SparseRows,
  row: number,
  vector: Float64Array | Float32Array,
): number {
  let sum = 0;
  for (let i = starts[row] as number; i < (starts[row + 1] as number); i++) {
    sum += (values[i] as number) * (vector[columns[i] as number] as number);
  }
  return sum;
}

function squaredLengths({ starts, values }: SparseRows): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, row) =>
    values.subarray(starts[row], starts[row + 1]).reduce((sum, value) => sum + value * value, 0),
  );
}
