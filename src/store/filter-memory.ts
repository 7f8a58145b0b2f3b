import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { PaperFilter } from '../paper.ts';
import type { SqliteDatabase } from './sqlite.ts';

/** Gives back what was made of a filter before, or makes it. */
export type Remember<Made> = (filter: PaperFilter, make: () => Made) => Made;

interface MemoryOptions<Made> {
  /** How much is remembered over all filters, in the unit of `sizeOf`. */
  most: number;
  sizeOf(made: Made): number;
}

/**
 * Remembers what was made of filters until any paper changes, so that it is never older than the last commit.
 * `data_version` tells of every commit by another connection and `total_changes` of every row written by this one; only
 * then `papers_state` is read, which triggers of the database change: what people say leaves the memory as it is.
 */
export function createFilterMemory(db: SqliteDatabase) {
  const dataVersion = db.prepare<[], number>('PRAGMA data_version').pluck();
  const ownChanges = db.prepare<[], number>('SELECT total_changes()').pluck();
  const papersState = db.prepare<[], string>("SELECT value FROM meta WHERE name = 'papers_state'").pluck();
  const clears: (() => void)[] = [];
  let looked = '';
  let state = '';
  const forgetIfChanged = () => {
    const now = `${dataVersion.get()} ${ownChanges.get()}`;
    if (now === looked) return;
    looked = now;
    const current = papersState.get() ?? '';
    if (current !== state) for (const clear of clears) clear();
    state = current;
  };
  return {
    memory: <Made extends object | number>({ most, sizeOf }: MemoryOptions<Made>): Remember<Made> => {
      const remembered = new LRUCache<string, Made>({ maxSize: most, sizeCalculation: sizeOf });
      clears.push(() => remembered.clear());
      return (filter, make) => {
        // Before the query: a commit between the two makes what is remembered newer than its state, never older.
        forgetIfChanged();
        const name = nameOf(filter);
        const known = remembered.get(name);
        if (known !== undefined) return known;
        const made = make();
        remembered.set(name, made);
        return made;
      };
    },
  };
}

export type FilterMemory = ReturnType<typeof createFilterMemory>;

/** Longer names are hashed: a filter may list fifty categories of 500 characters, and what is counted is what was made. */
const LONGEST_NAME = 100;

/** The same for filters that let the same papers through; `excludedKeys` is not looked at. */
function nameOf({ excludedKeys: _, ...conditions }: PaperFilter): string {
  const name = JSON.stringify(Object.entries(conditions).sort(([a], [b]) => (a < b ? -1 : 1)));
  return name.length <= LONGEST_NAME ? name : createHash('sha256').update(name).digest('base64');
}
