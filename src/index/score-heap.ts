const FIRST_CAPACITY = 256;

/** Rows by score, of which the one of the least score is at hand. */
export interface ScoreHeap {
  readonly size: number;
  /** The least score; only while there is one. */
  least(): number;
  push(score: number, row: number): void;
  /** Takes out the row of the least score; only while there is one. */
  pop(): number;
  /** Puts a row in the place of the one of the least score. */
  replace(score: number, row: number): void;
  /** Shows all, in no order; nothing may be put in or taken out meanwhile. */
  each(show: (score: number, row: number) => void): void;
  clear(): void;
}

/** A binary heap in flat arrays that grow: a walk through a graph moves thousands of rows through it. */
export function createScoreHeap(): ScoreHeap {
  let scores = new Float64Array(FIRST_CAPACITY);
  let rows = new Uint32Array(FIRST_CAPACITY);
  let size = 0;

  const sink = (score: number, row: number) => {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && (scores[child + 1] as number) < (scores[child] as number)) child++;
      if ((scores[child] as number) >= score) break;
      scores[at] = scores[child] as number;
      rows[at] = rows[child] as number;
      at = child;
    }
    scores[at] = score;
    rows[at] = row;
  };
  const grow = () => {
    const [oldScores, oldRows] = [scores, rows];
    scores = new Float64Array(2 * size);
    rows = new Uint32Array(2 * size);
    scores.set(oldScores);
    rows.set(oldRows);
  };
  return {
    get size() {
      return size;
    },
    least: () => scores[0] as number,
    push(score, row) {
      if (size === rows.length) grow();
      let at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if ((scores[parent] as number) <= score) break;
        scores[at] = scores[parent] as number;
        rows[at] = rows[parent] as number;
        at = parent;
      }
      scores[at] = score;
      rows[at] = row;
    },
    pop() {
      const row = rows[0] as number;
      size--;
      if (size > 0) sink(scores[size] as number, rows[size] as number);
      return row;
    },
    replace: sink,
    each(show) {
      for (let at = 0; at < size; at++) show(scores[at] as number, rows[at] as number);
    },
    clear() {
      size = 0;
    },
  };
}
