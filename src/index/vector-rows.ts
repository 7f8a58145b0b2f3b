import { dotAt, type Embedding } from '../vector.ts';

/** Vectors a block: growing allocates one more block and never copies what is there. */
const BLOCK_ROWS = 2_048;

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
}

export function createVectorRows(dimensions: number): VectorRows {
  const blocks: Float32Array[] = [];
  const blockOf = (slot: number) => blocks[Math.floor(slot / BLOCK_ROWS)] as Float32Array;
  const offsetOf = (slot: number) => (slot % BLOCK_ROWS) * dimensions;

  return {
    get bytes() {
      return blocks.reduce((sum, block) => sum + block.byteLength, 0);
    },
    resize(count) {
      const wanted = Math.ceil(count / BLOCK_ROWS);
      while (blocks.length < wanted) blocks.push(new Float32Array(BLOCK_ROWS * dimensions));
      blocks.length = wanted;
    },
    row: (slot) => blockOf(slot).subarray(offsetOf(slot), offsetOf(slot) + dimensions),
    dot: (slot, query) => dotAt(blockOf(slot), offsetOf(slot), query),
  };
}
