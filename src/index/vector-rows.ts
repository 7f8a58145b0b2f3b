import type { Embedding } from '../vector.ts';
import { createVectorBlocks, type VectorBlock } from '../vector-kernel.ts';
import { LISTED_VECTOR } from './search-cost.ts';

/** Vectors a block: growing allocates one more block and never copies what is there. */
const BLOCK_ROWS = 2_048;

/** When more than this part of a block's rows is asked for, scoring all of them is the quicker way. */
const SCAN_SHARE = 1 / LISTED_VECTOR;

/** Called with the dot product of the query and the row of a slot, in single precision. */
export type TakeScore = (slot: number, score: number) => void;

/** Vectors in numbered slots, side by side in memory. */
export interface VectorRows {
  /** Bytes allocated. */
  readonly bytes: number;
  /** Makes room for exactly the slots from 0 to `count` - 1, to the next whole block; the others' vectors are lost. */
  resize(count: number): void;
  /** The vector in a slot, as a view: writing to it writes the slot. */
  row(slot: number): Float32Array;
  /** The dot product with the vector in a slot, as `dot` gives it. */
  dot(slot: number, query: Embedding): number;
  scoreAll(query: Embedding, take: TakeScore): void;
  /** Of the slots that are given, in their order; quickest when they mostly ascend. */
  scoreSlots(query: Embedding, slots: Uint32Array, take: TakeScore): void;
}

export function createVectorRows(dimensions: number): VectorRows {
  const newBlock = createVectorBlocks(dimensions, BLOCK_ROWS);
  const blocks: VectorBlock[] = [];
  let held = 0;
  const blockOf = (slot: number) => blocks[Math.floor(slot / BLOCK_ROWS)] as VectorBlock;

  /** The rows of one block: `slots` from `from` to before `to`. */
  const scoreRun = (query: Embedding, slots: Uint32Array, from: number, to: number, take: TakeScore) => {
    const first = slots[from] as number;
    const base = first - (first % BLOCK_ROWS);
    const rows = Math.min(BLOCK_ROWS, held - base);
    const block = blockOf(first);
    if (to - from > rows * SCAN_SHARE) {
      const scores = block.scoreFirst(query, rows);
      for (let at = from; at < to; at++) {
        const slot = slots[at] as number;
        take(slot, scores[slot - base] as number);
      }
      return;
    }
    for (let at = from; at < to; at++) block.listed[at - from] = (slots[at] as number) - base;
    const scores = block.scoreListed(query, to - from);
    for (let at = from; at < to; at++) take(slots[at] as number, scores[at - from] as number);
  };

  return {
    get bytes() {
      return blocks.reduce((sum, block) => sum + block.bytes, 0);
    },
    resize(count) {
      const wanted = Math.ceil(count / BLOCK_ROWS);
      while (blocks.length < wanted) blocks.push(newBlock());
      blocks.length = wanted;
      held = count;
    },
    row: (slot) => blockOf(slot).row(slot % BLOCK_ROWS),
    dot: (slot, query) => blockOf(slot).dot(slot % BLOCK_ROWS, query),
    scoreAll(query, take) {
      for (let from = 0; from < held; from += BLOCK_ROWS) {
        const scores = blockOf(from).scoreFirst(query, Math.min(BLOCK_ROWS, held - from));
        for (let row = 0; row < scores.length; row++) take(from + row, scores[row] as number);
      }
    },
    scoreSlots(query, slots, take) {
      let from = 0;
      while (from < slots.length) {
        const block = Math.floor((slots[from] as number) / BLOCK_ROWS);
        let to = from + 1;
        const most = Math.min(slots.length, from + BLOCK_ROWS);
        while (to < most && Math.floor((slots[to] as number) / BLOCK_ROWS) === block) to++;
        scoreRun(query, slots, from, to, take);
        from = to;
      }
    },
  };
}
