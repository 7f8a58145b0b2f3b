import type { PaperKey } from '../paper.ts';

/** Keys a page; a power of two. */
const PAGE_KEYS = 1_024;
const ABSENT = -1;

/** Which slot a key has. */
export interface SlotTable {
  get(key: PaperKey): number | undefined;
  set(key: PaperKey, slot: number): void;
  delete(key: PaperKey): void;
}

/**
 * A map from keys to slots in pages of numbers. Keys are a database's row numbers, near each other, and a filter's
 * are asked for by the ten thousand in ascending order: several times quicker than a `Map`, and a third of its
 * memory.
 */
export function createSlotTable(): SlotTable {
  const pages = new Map<number, { slots: Int32Array; used: number }>();
  // The page of the last key asked for is most often that of the next one.
  let latestNumber = Number.NaN;
  let latest: { slots: Int32Array; used: number } | undefined;

  const pageOf = (key: PaperKey) => {
    const number = Math.floor(key / PAGE_KEYS);
    if (number !== latestNumber) {
      latest = pages.get(number);
      latestNumber = number;
    }
    return latest;
  };
  const newPage = (key: PaperKey) => {
    const page = { slots: new Int32Array(PAGE_KEYS).fill(ABSENT), used: 0 };
    pages.set(Math.floor(key / PAGE_KEYS), page);
    latestNumber = Number.NaN;
    return page;
  };

  return {
    get(key) {
      const slot = pageOf(key)?.slots[key % PAGE_KEYS] ?? ABSENT;
      return slot === ABSENT ? undefined : slot;
    },
    set(key, slot) {
      const page = pageOf(key) ?? newPage(key);
      if (page.slots[key % PAGE_KEYS] === ABSENT) page.used++;
      page.slots[key % PAGE_KEYS] = slot;
    },
    delete(key) {
      const page = pageOf(key);
      if (!page || page.slots[key % PAGE_KEYS] === ABSENT) return;
      page.slots[key % PAGE_KEYS] = ABSENT;
      if (--page.used > 0) return;
      pages.delete(Math.floor(key / PAGE_KEYS));
      latestNumber = Number.NaN;
    },
  };
}
