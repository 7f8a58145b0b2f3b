import type { HeldPage, HeldPosition } from './people-store.ts';

/** Which page of a list; without a limit, -1, all of it. */
export interface HeldOptions {
  after: HeldPosition | null;
  limit: number;
}

/** The page that some rows make, which were asked for with its limit. */
export function heldPage<Row, Entry>(
  rows: readonly Row[],
  limit: number,
  { entry, position }: { entry(row: Row): Entry; position(row: Row): HeldPosition },
): HeldPage<Entry> {
  const last = rows.at(-1);
  return { entries: rows.map(entry), next: rows.length === limit && last ? position(last) : null };
}

/** The number that a position of a single one holds; 0 before the first page. */
export const numberIn = (after: HeldPosition | null): number => Number(after?.[0] ?? 0);
