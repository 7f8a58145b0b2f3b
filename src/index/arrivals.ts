/** Rows noted before the list is made anew, twice as long. */
const FIRST_CAPACITY = 1_024;
/** Words of `shared`: how many rows follow, how many papers are held, and the rows. */
export const ARRIVED_AT = 0;
export const HELD_AT = 1;
export const ARRIVALS_AT = 2;

/** The rows that were written since a moment, in the order of writing. Rows whose papers are gone stay listed. */
export interface Arrivals {
  readonly count: number;
  /** The list, as a view of what other threads see too. */
  readonly rows: Uint32Array;
  /** What other threads need to follow it. Another one after the list was made anew. */
  readonly shared: SharedArrayBuffer;
  add(row: number): void;
  /** Tells other threads how many papers are held. */
  hold(papers: number): void;
  /** Begins a new list with these rows. */
  restart(rows: Iterable<number>): void;
}

export function createArrivals(): Arrivals {
  const empty = (room: number) => new Uint32Array(new SharedArrayBuffer(4 * (ARRIVALS_AT + room)));
  let words = empty(FIRST_CAPACITY);
  let count = 0;
  const renew = (room: number, rows: Iterable<number>) => {
    const held = words[HELD_AT] as number;
    words = empty(room);
    words[HELD_AT] = held;
    count = 0;
    for (const row of rows) add(row);
  };
  const add = (row: number) => {
    if (ARRIVALS_AT + count === words.length) renew(2 * count, words.slice(ARRIVALS_AT));
    words[ARRIVALS_AT + count] = row;
    count++;
    // After what it counts, so that who sees the number sees the rows.
    Atomics.store(words, ARRIVED_AT, count);
  };
  return {
    get count() {
      return count;
    },
    get rows() {
      return words.subarray(ARRIVALS_AT, ARRIVALS_AT + count);
    },
    get shared() {
      return words.buffer;
    },
    add,
    hold(papers) {
      words[HELD_AT] = papers;
    },
    restart: (rows) => renew(FIRST_CAPACITY, rows),
  };
}
