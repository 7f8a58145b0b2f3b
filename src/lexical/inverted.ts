import type { PaperKey } from '../paper.ts';
import { createWordReader, type Word, wordsOf } from '../words.ts';
import { createColumn } from './column.ts';
import { FIELDS } from './constants.ts';
import type { LexicalText } from './lexical-index.ts';
import { COUNTS, createPostings, type Postings, type PostingsData } from './postings.ts';
import { createStringTable, type StringTable, type StringTableData } from './string-table.ts';

/** Papers by the words of their texts. A paper has a slot; a changed paper gets a new one, the old one is dead. */
export interface Inverted {
  readonly terms: StringTable;
  readonly forms: StringTable;
  readonly postings: Postings;
  /** Slots given so far, and how many of them are of papers that are still so. */
  readonly slots: number;
  readonly alive: number;
  /** Per slot: 1 when alive. At least `slots` long; not to be kept. */
  readonly aliveMask: Uint8Array;
  /** Words of all living papers, per field. */
  readonly totalLengths: Float64Array;
  /** Rises with every change. */
  readonly version: number;
  readonly allocatedBytes: number;
  /** Adds a paper, or replaces its text. */
  put(key: PaperKey, text: LexicalText): void;
  /** False when the paper was not held. */
  remove(key: PaperKey): boolean;
  slotOf(key: PaperKey): number | undefined;
  keyOf(slot: number): PaperKey;
  /** Words of a field of a slot's paper. */
  lengthOf(slot: number, field: number): number;
  /** Living papers that have the term. */
  documents(term: number): number;
  /** How often a form was said, removed papers included, and its term. */
  formCount(form: number): number;
  termOfForm(form: number): number;
  data(): InvertedData;
}

export interface InvertedData {
  terms: StringTableData;
  forms: StringTableData;
  postings: PostingsData;
  keys: Float64Array;
  aliveMask: Uint8Array;
  lengths: Uint32Array;
  formCounts: Uint32Array;
  termsOfForms: Uint32Array;
}

/** Different words whose reading is remembered; some 100 bytes each, while papers are taken in. */
const REMEMBERED_WORDS = 100_000;

/** One more than the distance of neighbours: no phrase reaches from one field, or author, into the next. */
const GAP = 2;

export function createInverted(saved?: InvertedData): Inverted {
  const terms = createStringTable(saved?.terms);
  const forms = createStringTable(saved?.forms);
  const postings = createPostings(saved?.postings);
  const keys = createColumn(Float64Array, saved?.keys);
  const aliveMask = createColumn(Uint8Array, saved?.aliveMask);
  const lengths = createColumn(Uint32Array, saved?.lengths);
  const formCounts = createColumn(Uint32Array, saved?.formCounts);
  const termsOfForms = createColumn(Uint32Array, saved?.termsOfForms);
  const slotOfKey = new Map<PaperKey, number>();
  const totalLengths = new Float64Array(FIELDS.length);
  const document = createDocument();
  let read = createWordReader(REMEMBERED_WORDS);
  let slots = saved?.keys.length ?? 0;
  let version = 0;

  const lengthOf = (slot: number, field: number) => lengths.values[slot * FIELDS.length + field] as number;
  const count = (slot: number, sign: 1 | -1) => {
    for (let field = 0; field < FIELDS.length; field++) {
      totalLengths[field] = (totalLengths[field] as number) + sign * lengthOf(slot, field);
    }
  };
  for (let slot = 0; slot < slots; slot++) {
    if (aliveMask.values[slot] === 0) continue;
    slotOfKey.set(keys.values[slot] as number, slot);
    count(slot, 1);
  }

  const termOf = (word: Word) => {
    const known = forms.size;
    const form = forms.add(word.form);
    if (form === known) {
      formCounts.reserve(form + 1);
      termsOfForms.reserve(form + 1);
      termsOfForms.values[form] = terms.add(word.term);
    }
    formCounts.values[form] = (formCounts.values[form] as number) + 1;
    return termsOfForms.values[form] as number;
  };
  /** Notes the words of a text in a field, whose positions begin at `base`. Returns how many positions it has. */
  const take = (text: string, field: number, base: number) => {
    let length = 0;
    for (const word of wordsOf(text, read)) {
      const term = termOf(word);
      if (word.isCompound) document.count(term, FIELDS.length + field, null);
      else {
        document.count(term, field, base + word.position);
        length++;
      }
    }
    return length;
  };
  const remove = (key: PaperKey) => {
    const slot = slotOfKey.get(key);
    if (slot === undefined) return false;
    slotOfKey.delete(key);
    aliveMask.values[slot] = 0;
    count(slot, -1);
    version++;
    return true;
  };

  return {
    terms,
    forms,
    postings,
    get slots() {
      return slots;
    },
    get alive() {
      return slotOfKey.size;
    },
    get aliveMask() {
      return aliveMask.values;
    },
    totalLengths,
    get version() {
      return version;
    },
    get allocatedBytes() {
      const columns = [keys, aliveMask, lengths, formCounts, termsOfForms];
      const inColumns = columns.reduce((sum, { values }) => sum + values.byteLength, 0);
      return inColumns + terms.allocatedBytes + forms.allocatedBytes + postings.allocatedBytes;
    },
    put(key, { title, abstract, authors }) {
      remove(key);
      const slot = slots++;
      keys.reserve(slots);
      aliveMask.reserve(slots);
      lengths.reserve(slots * FIELDS.length);
      const lengthAt = slot * FIELDS.length;
      const inTitle = take(title, 0, 0);
      const inAbstract = take(abstract, 1, inTitle + GAP);
      let base = inTitle + inAbstract + 2 * GAP;
      let inAuthors = 0;
      for (const author of authors) {
        const length = take(author, 2, base);
        inAuthors += length;
        base += length + GAP;
      }
      document.end((term, counts, at, positions) => postings.add(term, slot, counts, at, positions));
      lengths.values[lengthAt] = inTitle;
      lengths.values[lengthAt + 1] = inAbstract;
      lengths.values[lengthAt + 2] = inAuthors;
      keys.values[slot] = key;
      aliveMask.values[slot] = 1;
      slotOfKey.set(key, slot);
      count(slot, 1);
      version++;
    },
    remove,
    slotOf: (key) => slotOfKey.get(key),
    keyOf: (slot) => keys.values[slot] as number,
    lengthOf,
    documents(term) {
      if (term < 0) return 0;
      if (slots === slotOfKey.size) return postings.documents(term);
      const { length, slots: of } = postings.decode(term);
      let living = 0;
      for (let entry = 0; entry < length; entry++) living += aliveMask.values[of[entry] as number] as number;
      return living;
    },
    formCount: (form) => formCounts.values[form] ?? 0,
    termOfForm: (form) => termsOfForms.values[form] as number,
    data() {
      // Whoever saves is done with taking in: what the reader remembers is not needed soon.
      read = createWordReader(REMEMBERED_WORDS);
      return {
        terms: terms.data(),
        forms: forms.data(),
        postings: postings.data(terms.size),
        keys: keys.values.subarray(0, slots),
        aliveMask: aliveMask.values.subarray(0, slots),
        lengths: lengths.values.subarray(0, slots * FIELDS.length),
        formCounts: formCounts.values.subarray(0, forms.size),
        termsOfForms: termsOfForms.values.subarray(0, forms.size),
      };
    },
  };
}

/** The terms of the document that is being taken in: counts per field, and positions. Used again and again. */
function createDocument() {
  /** Of each term, 1 + its entry in the document numbered by `first`; smaller ones are of earlier documents. */
  const entryOf = createColumn(Uint32Array);
  const counts = createColumn(Int32Array);
  const entryTerms: number[] = [];
  const places: number[][] = [];
  let first = 0;

  return {
    /** Notes one occurrence, in one of the `COUNTS` ways; a compound has no position. */
    count(term: number, way: number, position: number | null): void {
      entryOf.reserve(term + 1);
      let entry = (entryOf.values[term] as number) - 1 - first;
      if (entry < 0) {
        entry = entryTerms.length;
        entryTerms.push(term);
        entryOf.values[term] = first + entry + 1;
        counts.reserve((entry + 1) * COUNTS);
        counts.values.fill(0, entry * COUNTS, (entry + 1) * COUNTS);
        if (places.length === entry) places.push([]);
      }
      counts.values[entry * COUNTS + way] = (counts.values[entry * COUNTS + way] as number) + 1;
      if (position !== null) places[entry]?.push(position);
    },
    /** Hands over each term's counts and positions, and begins the next document. */
    end(take: (term: number, counts: Int32Array, at: number, positions: readonly number[]) => void): void {
      entryTerms.forEach((term, entry) => {
        const positions = places[entry] as number[];
        take(term, counts.values, entry * COUNTS, positions);
        positions.length = 0;
      });
      first += entryTerms.length;
      entryTerms.length = 0;
    },
  };
}
