import { dotAt } from '../../src/vector.ts';

/** A linear scorer: weights . x + bias. */
export interface LinearModel {
  weights: Float32Array;
  bias: number;
}

export interface LogisticOptions {
  /** How much the examples count against the size of the weights: scikit-learn's C. */
  c?: number;
  /** Trained when no part of the gradient is larger than this. */
  tolerance?: number;
}

const MOST_STEPS = 50;

/**
 * L2-regularised logistic regression with balanced classes, as scikit-learn's
 * `LogisticRegression(C=c, class_weight='balanced')`: minimises
 *
 *     |w|^2 / 2 + C * sum_i s_i * log(1 + exp(-y_i * (w . x_i + b))),  s_i = n / (2 * size of i's class)
 *
 * with y_i in {-1, 1} and the bias b unpunished. Newton's method; each step is solved by conjugate gradients only as
 * far as it helps (Lin, Weng and Keerthi, JMLR 9, 2008), and halved until the sum falls. Deterministic. Throws when a
 * class has no example.
 */
export function trainLogisticRegression(
  rows: readonly Float32Array[],
  isPositive: readonly boolean[],
  { c = 1, tolerance = 1e-4 }: LogisticOptions = {},
): LinearModel {
  const problem = problemOf(rows, isPositive, c);
  // The bias is the last of them.
  let parameters = new Float64Array(problem.size);
  let margins = problem.marginsOf(parameters);
  let loss = problem.lossOf(parameters, margins);
  for (let step = 0; step < MOST_STEPS; step++) {
    const gradient = problem.gradientOf(parameters, margins);
    if (gradient.every((part) => Math.abs(part) <= tolerance)) break;
    const direction = solve((vector) => problem.curve(vector, margins), gradient);
    const slope = product(direction, gradient);
    let share = 1;
    for (; share > 1e-10; share /= 2) {
      const next = parameters.map((value, at) => value + share * (direction[at] as number));
      const nextMargins = problem.marginsOf(next);
      const nextLoss = problem.lossOf(next, nextMargins);
      if (nextLoss > loss + 1e-4 * share * slope) continue;
      [parameters, margins, loss] = [next, nextMargins, nextLoss];
      break;
    }
    // Rounding leaves nothing to gain.
    if (share <= 1e-10) break;
  }
  return { weights: Float32Array.from(parameters.subarray(0, -1)), bias: parameters.at(-1) ?? 0 };
}

/** What is minimised, with its first and second derivatives, at parameters that have given margins w . x_i + b. */
function problemOf(rows: readonly Float32Array[], isPositive: readonly boolean[], c: number) {
  const dimensions = rows[0]?.length ?? 0;
  const size = dimensions + 1;
  const signs = Float64Array.from(isPositive, (positive) => (positive ? 1 : -1));
  const costs = balancedCosts(isPositive, c);
  /** Adds sum_i factors_i * (x_i, 1) to the weights that are punished. */
  const gathered = (start: Float64Array, factors: Float64Array) => {
    const sum = start.slice();
    sum[dimensions] = 0;
    rows.forEach((row, i) => {
      const factor = factors[i] as number;
      for (let at = 0; at < dimensions; at++) sum[at] = (sum[at] as number) + factor * (row[at] as number);
      sum[dimensions] = (sum[dimensions] as number) + factor;
    });
    return sum;
  };
  const marginsOf = (parameters: Float64Array) => {
    const weights = Float32Array.from(parameters.subarray(0, dimensions));
    const bias = parameters[dimensions] as number;
    return Float64Array.from(rows, (row) => dotAt(row, 0, weights) + bias);
  };
  return {
    size,
    marginsOf,
    lossOf(parameters: Float64Array, margins: Float64Array) {
      const weights = parameters.subarray(0, dimensions);
      return margins.reduce(
        (sum, margin, i) => sum + (costs[i] as number) * softplus(-(signs[i] as number) * margin),
        product(weights, weights) / 2,
      );
    },
    gradientOf(parameters: Float64Array, margins: Float64Array) {
      const factors = margins.map((margin, i) => {
        const sign = signs[i] as number;
        return -(costs[i] as number) * sign * sigmoid(-sign * margin);
      });
      return gathered(parameters, factors);
    },
    /** The second derivative times a vector. */
    curve(vector: Float64Array, margins: Float64Array) {
      const along = marginsOf(vector);
      const factors = margins.map((margin, i) => {
        const chance = sigmoid(margin);
        return (costs[i] as number) * chance * (1 - chance) * (along[i] as number);
      });
      return gathered(vector, factors);
    },
  };
}

/** C for each example, weighted so that both classes count the same in all. Throws when a class has no example. */
export function balancedCosts(isPositive: readonly boolean[], c: number): Float64Array {
  const positives = isPositive.filter(Boolean).length;
  const negatives = isPositive.length - positives;
  if (positives === 0 || negatives === 0) throw new Error('Expected examples of both classes.');
  const half = isPositive.length / 2;
  return Float64Array.from(isPositive, (positive) => (c * half) / (positive ? positives : negatives));
}

/** About -A^-1 gradient, by conjugate gradients until the rest is small beside the gradient. */
function solve(multiply: (vector: Float64Array) => Float64Array, gradient: Float64Array): Float64Array {
  const solution = new Float64Array(gradient.length);
  const rest = gradient.map((value) => -value);
  let direction = rest.slice();
  let restSquared = product(rest, rest);
  const enough = 0.01 * restSquared;
  for (let turn = 0; turn < gradient.length && restSquared > enough; turn++) {
    const image = multiply(direction);
    const step = restSquared / product(direction, image);
    for (let at = 0; at < rest.length; at++) {
      solution[at] = (solution[at] as number) + step * (direction[at] as number);
      rest[at] = (rest[at] as number) - step * (image[at] as number);
    }
    const before = restSquared;
    restSquared = product(rest, rest);
    direction = direction.map((value, at) => (rest[at] as number) + (restSquared / before) * value);
  }
  return solution;
}

const product = (a: Float64Array, b: Float64Array) =>
  a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);

const sigmoid = (value: number) => 1 / (1 + Math.exp(-value));

/** log(1 + exp(value)) without overflow. */
const softplus = (value: number) => Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
