import { createHash } from 'node:crypto';
import type { Ranked } from './rank.ts';

export const EXPLORATION = {
  /** Picks of a day that are chosen by lot, from lists of at least so many. */
  picks: 1,
  fromLists: 5,
  /** The lot is drawn among the next so many papers behind the list. */
  among: 40,
} as const;

/** A paper drawn by lot, and the probability with which it was. */
export interface Drawn {
  ranked: Ranked;
  probability: number;
}

/**
 * Draws a paper from those ranked behind a list, each as likely as the others: what a list always leaves out can never
 * be learnt to be liked. The draw is decided by `seed` alone, so that it can be repeated; null when there is nothing to
 * draw from.
 */
export function drawn(behind: readonly Ranked[], seed: string): Drawn | null {
  const lots = behind.slice(0, EXPLORATION.among);
  if (lots.length === 0) return null;
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const ranked = lots[Math.floor((number / 2 ** 32) * lots.length)] as Ranked;
  return { ranked, probability: 1 / lots.length };
}
