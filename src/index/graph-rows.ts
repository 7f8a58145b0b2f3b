import { crc32 } from 'node:zlib';
import type { HnswGraph } from './hnsw.ts';
import type { RowReader } from './row-reader.ts';

/**
 * Of equal vectors, so many become nodes. More of them would fill all links of each other and of what is near, so
 * that no search gets past them: a text that stands for many papers, such as "Withdrawn.", makes such a crowd.
 */
const MOST_EQUAL = 8;

/** The rows that a graph lacks and is to have; what is left out must be scored in another way. */
export function rowsToAdd(
  rows: Uint32Array,
  reader: Pick<RowReader, 'codesOf'>,
  graph: Pick<HnswGraph, 'has'>,
): Uint32Array {
  // Two vectors of one checksum may differ: that matters to none but one of a crowd's.
  const equals = new Map<number, number>();
  const isInCrowd = (row: number) => {
    const checksum = crc32(reader.codesOf(row));
    const before = equals.get(checksum) ?? 0;
    equals.set(checksum, before + 1);
    return before >= MOST_EQUAL;
  };
  for (const row of rows) if (graph.has(row)) isInCrowd(row);
  return rows.filter((row) => !graph.has(row) && !isInCrowd(row));
}
