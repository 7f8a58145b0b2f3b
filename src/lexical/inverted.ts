import { createHash } from 'node:crypto';
import type { PaperKey } from '../paper.ts';
import { createColumn } from './column.ts';
import { FIELDS } from './constants.ts';
import { createDocument } from './document.ts';
import type { LexicalText } from './lexical-index.ts';
import { createPostings, type Postings, type PostingsData } from './postings.ts';
import { createVocabulary, type Vocabulary, type VocabularyData } from './vocabulary.ts';

/** Papers by the words of their texts. A paper has a slot; a changed paper gets a new one, the old one is dead. */
export interface Inverted {
  readonly vocabulary: Vocabulary;
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
  /** Adds a paper, or replaces its text; does nothing when the text is the same. */
  put(key: PaperKey, text: LexicalText): void;
  /** False when the paper was not held. */
  remove(key: PaperKey): boolean;
  slotOf(key: PaperKey): number | undefined;
  keyOf(slot: number): PaperKey;
  /** Words of a field of a slot's paper. */
  lengthOf(slot: number, field: number): number;
  /** Living papers that have the term. */
  documents(term: number): number;
  /** Forgets what only speeds taking in up. */
  rest(): void;
  data(): InvertedData;
}

export interface InvertedData {
  vocabulary: VocabularyData;
  postings: PostingsData;
  keys: Float64Array;
  aliveMask: Uint8Array;
  lengths: Uint32Array;
  digests: Uint32Array;
}

/** One more than the distance of neighbours: no phrase reaches from one field, or author, into the next. */
const GAP = 2;

/** Numbers of 32 bits that tell texts apart. */
const DIGEST = 2;

/** Papers get new revisions for other reasons too, all of them when the model changes: their words stay then. */
function digestOf({ title, abstract, authors }: LexicalText): number[] {
  const hash = createHash('sha256')
    .update(JSON.stringify([title, abstract, authors]))
    .digest();
  return [hash.readUInt32LE(0), hash.readUInt32LE(4)];
}

export function createInverted(saved?: InvertedData): Inverted {
  const vocabulary = createVocabulary(saved?.vocabulary);
  const postings = createPostings(saved?.postings);
  const keys = createColumn(Float64Array, saved?.keys);
  const aliveMask = createColumn(Uint8Array, saved?.aliveMask);
  const lengths = createColumn(Uint32Array, saved?.lengths);
  const digests = createColumn(Uint32Array, saved?.digests);
  const slotOfKey = new Map<PaperKey, number>();
  const totalLengths = new Float64Array(FIELDS.length);
  const document = createDocument();
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

  /** Notes the words of a text in a field, whose positions begin at `base`. Returns how many positions it has. */
  const take = (text: string, field: number, base: number) =>
    vocabulary.take(text, (term, position) => {
      if (position === null) document.count(term, FIELDS.length + field, null);
      else document.count(term, field, base + position);
    });
  const isHeld = (key: PaperKey, digest: readonly number[]) => {
    const slot = slotOfKey.get(key);
    return slot !== undefined && digest.every((part, at) => part === digests.values[slot * DIGEST + at]);
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
    vocabulary,
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
      const columns = [keys, aliveMask, lengths, digests];
      const inColumns = columns.reduce((sum, { values }) => sum + values.byteLength, 0);
      return inColumns + vocabulary.allocatedBytes + postings.allocatedBytes;
    },
    put(key, text) {
      const digest = digestOf(text);
      if (isHeld(key, digest)) return;
      remove(key);
      const { title, abstract, authors } = text;
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
      document.end(slot, postings);
      lengths.values[lengthAt] = inTitle;
      lengths.values[lengthAt + 1] = inAbstract;
      lengths.values[lengthAt + 2] = inAuthors;
      digests.reserve(slots * DIGEST);
      digests.values.set(digest, slot * DIGEST);
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
    rest: vocabulary.rest,
    data: () => ({
      vocabulary: vocabulary.data(),
      postings: postings.data(vocabulary.terms.size),
      keys: keys.values.subarray(0, slots),
      aliveMask: aliveMask.values.subarray(0, slots),
      lengths: lengths.values.subarray(0, slots * FIELDS.length),
      digests: digests.values.subarray(0, slots * DIGEST),
    }),
  };
}
