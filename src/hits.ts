import type { Fold, SameBy } from './near-duplicates.ts';
import type { Paper, PaperKey } from './paper.ts';
import { papersOf } from './papers-of.ts';
import type { PaperStore } from './store/paper-store.ts';

/** Another entry of the library for the paper of a hit: a preprint beside the published version, a second source. */
export interface Alternate {
  id: string;
  source: string;
  date: string | null;
  sameBy: SameBy;
}

/** A candidate as it is answered: with its paper and its alternates instead of their keys. */
export type Hit<Candidate> = Omit<Candidate, 'key' | 'alternates'> & {
  paper: Paper;
  alternates: Alternate[];
};

/** The hits of a page; what was removed meanwhile is left out. */
export async function hitsOf<Candidate extends { key: PaperKey; alternates: readonly Fold[] }>(
  store: Pick<PaperStore, 'papersByKeys'>,
  page: readonly Candidate[],
): Promise<Hit<Candidate>[]> {
  const keys = page.flatMap(({ key, alternates }) => [key, ...alternates.map((fold) => fold.key)]);
  const papers = await papersOf(store, keys);
  return page.flatMap(({ key, alternates, ...hit }) => {
    const paper = papers.get(key);
    if (!paper) return [];
    const others = alternates.flatMap((fold) => {
      const other = papers.get(fold.key);
      return other ? [{ id: other.id, source: other.source, date: other.date, sameBy: fold.sameBy }] : [];
    });
    return [{ ...hit, paper, alternates: others }];
  });
}
