import { createColumn } from './column.ts';
import { FIELDS } from './constants.ts';
import { COUNTS, type Postings } from './postings.ts';

/** The terms of the document that is being taken in: counts per field, and positions. Used again and again. */
export function createDocument() {
  /** Of each term, 1 + its entry in the document numbered by `first`; smaller ones are of earlier documents. */
  const entryOf = createColumn(Uint32Array);
  const terms = createColumn(Uint32Array);
  const counts = createColumn(Int32Array);
  /** Occurrences in the order of the document: position and entry. */
  const positions = createColumn(Uint32Array);
  const entriesOf = createColumn(Uint32Array);
  /** Positions by entry, and where those of each entry begin. */
  const sorted = createColumn(Uint32Array);
  const starts = createColumn(Uint32Array);
  let first = 0;
  let entries = 0;
  let occurrences = 0;

  const sort = () => {
    sorted.reserve(occurrences);
    starts.reserve(entries + 1);
    const begin = starts.values;
    let start = 0;
    for (let entry = 0; entry < entries; entry++) {
      begin[entry] = start;
      for (let field = 0; field < FIELDS.length; field++)
        start += counts.values[entry * COUNTS + field] as number;
    }
    for (let at = 0; at < occurrences; at++) {
      const entry = entriesOf.values[at] as number;
      sorted.values[begin[entry] as number] = positions.values[at] as number;
      begin[entry] = (begin[entry] as number) + 1;
    }
  };
  return {
    /** Notes one occurrence, in one of the `COUNTS` ways; a compound has no position. */
    count(term: number, way: number, position: number | null): void {
      entryOf.reserve(term + 1);
      let entry = (entryOf.values[term] as number) - 1 - first;
      if (entry < 0) {
        entry = entries++;
        terms.reserve(entries);
        terms.values[entry] = term;
        entryOf.values[term] = first + entry + 1;
        counts.reserve(entries * COUNTS);
        for (let at = 0; at < COUNTS; at++) counts.values[entry * COUNTS + at] = 0;
      }
      const at = entry * COUNTS + way;
      counts.values[at] = (counts.values[at] as number) + 1;
      if (position === null) return;
      positions.reserve(occurrences + 1);
      entriesOf.reserve(occurrences + 1);
      positions.values[occurrences] = position;
      entriesOf.values[occurrences++] = entry;
    },
    /** Writes all of it, and begins the next document. */
    end(slot: number, postings: Postings): void {
      sort();
      let from = 0;
      for (let entry = 0; entry < entries; entry++) {
        const to = starts.values[entry] as number;
        postings.add(
          terms.values[entry] as number,
          slot,
          counts.values,
          entry * COUNTS,
          sorted.values,
          from,
          to,
        );
        from = to;
      }
      first += entries;
      entries = 0;
      occurrences = 0;
    },
  };
}
