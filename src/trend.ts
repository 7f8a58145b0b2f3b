import { daysBetween } from './days.ts';
import { firstDayOf, type Paper } from './paper.ts';

/** Twice as many upvotes (plus one) are worth this many days of age. */
const DOUBLING_DAYS = 3;

/**
 * The trending order: log2(1 + upvotes) + days since 1970 / DOUBLING_DAYS. It decays exponentially with age, yet does
 * not change with time, so that it can be stored, indexed and paged through (the idea behind Reddit's "hot" rank).
 * Papers without upvotes rank by date; without a date, last.
 */
export function trendOf(upvotes: number, date: Paper['date']): number {
  if (date === null) return -1e9;
  return Math.log2(1 + upvotes) + daysBetween('1970-01-01', firstDayOf(date)) / DOUBLING_DAYS;
}
