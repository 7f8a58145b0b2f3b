import {
  type Cursor,
  type DocumentCounts,
  IS_WHOLE,
  NO_SLOT,
  numberAt,
  readDocument,
  sizeOf,
} from './document-bytes.ts';

/** Where a term's part of the scores goes, and what it depends on. */
export interface Added {
  /** Per slot two numbers: the score, and the mass of the terms found, which is 0 where none was. */
  sums: Float64Array;
  /** Slots that are 0 here are left out. */
  mask: Uint8Array;
  /** Per field and slot, what an occurrence counts: title, abstract, authors. */
  norms: readonly Float64Array[];
  mass: number;
  k1: number;
}

/**
 * Adds a term's part of the scores of its documents below the slot `bound`, and moves the cursor there. It is most of a
 * search by words, so that documents are added as they are read, and nothing is counted here: whether a document had a
 * term before is what no processor foresees.
 */
export function addDocuments(
  cursor: Cursor,
  bound: number,
  from: Uint8Array,
  { sums, mask, norms, mass, k1 }: Added,
): void {
  const [ofTitle, ofAbstract, ofAuthors] = norms as [Float64Array, Float64Array, Float64Array];
  const most = mass * (k1 + 1);
  const { end } = cursor;
  let { slot, at } = cursor;
  while (slot < bound) {
    const byte = from[at] as number;
    let inTitle = byte & 3;
    let inAbstract = (byte >> 2) & 7;
    let inAuthors = byte >> 5;
    if (IS_WHOLE[byte] === 1) at++;
    else {
      at = readDocument(from, at, counts);
      inTitle = counts[0];
      inAbstract = counts[1];
      inAuthors = counts[2];
    }
    if (mask[slot] !== 0) {
      let frequency = inAbstract * (ofAbstract[slot] as number);
      if (inTitle > 0) frequency += inTitle * (ofTitle[slot] as number);
      if (inAuthors > 0) frequency += inAuthors * (ofAuthors[slot] as number);
      const sum = 2 * slot;
      sums[sum] = (sums[sum] as number) + (most * frequency) / (k1 + frequency);
      sums[sum + 1] = (sums[sum + 1] as number) + mass;
    }
    if (at === end) slot = NO_SLOT;
    else {
      let step = from[at++] as number;
      if (step > 127) {
        step = numberAt(from, at - 1);
        at += sizeOf(step) - 1;
      }
      slot += step + 1;
    }
  }
  cursor.slot = slot;
  cursor.at = at;
}

/** Used again and again. */
const counts: DocumentCounts = [0, 0, 0, 0];
