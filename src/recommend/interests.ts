import type { InterestSettings } from '../store/people-store.ts';
import { RECOMMENDING } from './settings.ts';

/**
 * Groups items by average linkage: starting from single ones, the two groups with the highest mean pairwise likeness
 * are joined until no pair reaches `sameFrom`. The mean likeness of a joined group to another follows from its parts
 * (Lance and Williams, 1967). Each group remembers its nearest, so that the whole costs about n^2 time and memory; how
 * many are given is bounded by the caller. `likeness` is row by row. Returns lists of positions, largest group first,
 * each ascending.
 */
export function groupByTopic(
  likeness: Float32Array,
  count: number,
  sameFrom: number = RECOMMENDING.interests.sameFrom,
): number[][] {
  const groups: (number[] | null)[] = Array.from({ length: count }, (_, at) => [at]);
  const values = Float64Array.from(likeness);
  const value = (a: number, b: number) => values[a * count + b] as number;
  const nearest = new Int32Array(count);
  const findNearest = (a: number) => {
    let best = -1;
    for (let b = 0; b < count; b++) {
      if (b !== a && groups[b] && (best === -1 || value(a, b) > value(a, best))) best = b;
    }
    nearest[a] = best;
  };
  for (let a = 0; a < count; a++) findNearest(a);
  for (;;) {
    let a = -1;
    for (let at = 0; at < count; at++) {
      const other = nearest[at] as number;
      if (!groups[at] || other === -1) continue;
      if (a === -1 || value(at, other) > value(a, nearest[a] as number)) a = at;
    }
    const b = a === -1 ? -1 : (nearest[a] as number);
    if (a === -1 || b === -1 || value(a, b) < sameFrom) break;
    join(a, b);
  }
  return groups
    .filter((group) => group !== null)
    .sort((x, y) => y.length - x.length || (x[0] ?? 0) - (y[0] ?? 0));

  function join(a: number, b: number): void {
    const first = groups[a] ?? [];
    const second = groups[b] ?? [];
    const share = first.length / (first.length + second.length);
    for (let other = 0; other < count; other++) {
      const mean = share * value(a, other) + (1 - share) * value(b, other);
      values[a * count + other] = mean;
      values[other * count + a] = mean;
    }
    groups[a] = [...first, ...second].sort((x, y) => x - y);
    groups[b] = null;
    for (let other = 0; other < count; other++) {
      if (groups[other] && (other === a || nearest[other] === a || nearest[other] === b)) findNearest(other);
    }
  }
}

/** What an interest consists of, for recognising it. `papers` and `seeds` are the keys and ids of what is liked. */
export interface Members {
  papers: readonly number[];
  seeds: readonly number[];
}

/**
 * Which settings belong to which group: each to the one that has most of the papers and seeds that it was set for, the
 * surest first, and none to a group that has less than half of them. A group gets one at the most: of equals, the
 * latest.
 */
export function recognised(
  groups: readonly Members[],
  settings: readonly InterestSettings[],
): (InterestSettings | null)[] {
  const claims = settings.flatMap((setting, order) =>
    groups.map((group, at) => {
      const [papers, seeds] = [new Set(group.papers), new Set(group.seeds)];
      const shared =
        setting.papers.filter((key) => papers.has(key)).length +
        setting.seeds.filter((id) => seeds.has(id)).length;
      return {
        setting,
        order,
        at,
        share: shared / Math.max(1, setting.papers.length + setting.seeds.length),
      };
    }),
  );
  const found: (InterestSettings | null)[] = groups.map(() => null);
  const used = new Set<InterestSettings>();
  for (const { setting, at, share } of claims.sort((a, b) => b.share - a.share || b.order - a.order)) {
    if (share < 0.5 || used.has(setting) || found[at] !== null) continue;
    found[at] = setting;
    used.add(setting);
  }
  return found;
}

/**
 * The id of an interest that nothing was said of: of its oldest member, which stays while others come and go. Members
 * are given oldest first.
 */
export const interestId = (oldest: { key: number | null; seed: number | null }): string =>
  oldest.key === null ? `seed-${oldest.seed ?? 0}` : `paper-${oldest.key}`;
