import { createRandom, mean, quantile } from '../../src/statistics.ts';

export { bootstrapInterval, createRandom, mean, quantile } from '../../src/statistics.ts';

/** Sign patterns of a permutation test. */
const PERMUTATIONS = 10_000;

/** One seed for all: equal values give equal intervals, in every run. */
const SEED = 20_240_601;

/** A copy in random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}

export const median = (values: readonly number[]) => quantile(values, 0.5);

const sumOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);

/** 97.5th percentile of the normal distribution. */
const Z = 1.959964;

/**
 * The 95 % confidence interval of a share by Wilson's score (JASA 22, 1927), for values that are all 0 or 1: of 200
 * successes in 200 trials a bootstrap would make a certainty.
 */
export function wilsonInterval(values: readonly number[]): { low: number; high: number } {
  const { length } = values;
  const share = mean(values);
  const centre = share + Z ** 2 / (2 * length);
  const spread = Z * Math.sqrt((share * (1 - share)) / length + Z ** 2 / (4 * length ** 2));
  const scale = 1 + Z ** 2 / length;
  return { low: Math.max(0, (centre - spread) / scale), high: Math.min(1, (centre + spread) / scale) };
}

/** The same figure computed or added up in another order differs by rounding: that is no difference. */
const ROUNDING = 1e-9;

/**
 * Two-sided p-value of the paired randomisation test (Smucker, Allan and Carterette, CIKM 2007): if both systems
 * were alike, the sign of each query's difference could be either; how often are random signs as far from 0 as what
 * was seen? What was seen counts as one of the patterns, so that p is never 0 (Phipson and Smyth, 2010).
 */
export function permutationTest(a: readonly number[], b: readonly number[], seed = SEED): number {
  if (a.length !== b.length) {
    throw new Error(`Expected pairs of values, got ${a.length} and ${b.length} values.`);
  }
  const differences = a
    .map((value, at) => value - (b[at] ?? 0))
    .filter((difference) => Math.abs(difference) > ROUNDING);
  const seen = Math.abs(sumOf(differences)) - ROUNDING;
  const random = createRandom(seed);
  let asFar = 1;
  for (let pattern = 0; pattern < PERMUTATIONS; pattern++) {
    let sum = 0;
    for (const difference of differences) sum += random() < 0.5 ? difference : -difference;
    if (Math.abs(sum) >= seen) asFar++;
  }
  return asFar / (PERMUTATIONS + 1);
}
