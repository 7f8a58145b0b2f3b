import { detached, readWord, wordsOf } from '../words.ts';
import { createColumn } from './column.ts';
import { createStringTable, type StringTable, type StringTableData } from './string-table.ts';

export interface VocabularyData {
  terms: StringTableData;
  forms: StringTableData;
  formCounts: Uint32Array;
  termsOfForms: Uint32Array;
}

/** The different words of all texts: as they are written (forms, folded), and their stems (terms), each numbered. */
export interface Vocabulary {
  readonly terms: StringTable;
  readonly forms: StringTable;
  readonly allocatedBytes: number;
  /** How often a form was said, removed papers included, and its term. */
  formCount(form: number): number;
  termOfForm(form: number): number;
  /**
   * Calls back with each word of a text that is taken in: its term, and its position, or null for a compound. Words
   * and terms that are new get numbers. Returns how many positions the text has.
   */
  take(text: string, visit: (term: number, position: number | null) => void): number;
  /** Forgets what only speeds taking in up. */
  rest(): void;
  data(): VocabularyData;
}

/** Different words, as written, that are remembered while texts are taken in; some 150 bytes each. */
const REMEMBERED = 100_000;

/** A word as written, read before: the same object each time. */
interface Remembered {
  term: string;
  form: string;
  formNumber: number;
  termNumber: number;
}

export function createVocabulary(saved?: VocabularyData): Vocabulary {
  const terms = createStringTable(saved?.terms);
  const forms = createStringTable(saved?.forms);
  const formCounts = createColumn(Uint32Array, saved?.formCounts);
  const termsOfForms = createColumn(Uint32Array, saved?.termsOfForms);
  // Folding, stemming and looking a word up cost more than all the rest, and the same words come again and again.
  const remembered = new Map<string, Remembered | null>();
  /** Of the text that is being read, by position. */
  const read: Remembered[] = [];
  let readCount = 0;

  const numberOf = ({ form, term }: { form: string; term: string }) => {
    const known = forms.size;
    const number = forms.add(form);
    if (number === known) {
      formCounts.reserve(number + 1);
      termsOfForms.reserve(number + 1);
      termsOfForms.values[number] = terms.add(term);
    }
    return number;
  };
  const entryOf = (word: { form: string; term: string } | null): Remembered | null => {
    if (word === null) return null;
    const { form, term } = word;
    const formNumber = numberOf(word);
    // Not `...word`: objects that were spread are read twice as slowly, and these are read for every word.
    return { form, term, formNumber, termNumber: termsOfForms.values[formNumber] as number };
  };
  const readNew = (written: string): Remembered | null => {
    const entry = entryOf(readWord(written));
    if (remembered.size >= REMEMBERED) remembered.clear();
    remembered.set(detached(written), entry);
    return entry;
  };
  const reader = (written: string) => {
    const known = remembered.get(written);
    const entry = known === undefined ? readNew(written) : known;
    if (entry) read[readCount++] = entry;
    return entry;
  };
  const countForm = (form: number) => {
    formCounts.values[form] = (formCounts.values[form] as number) + 1;
  };

  return {
    terms,
    forms,
    get allocatedBytes() {
      const inColumns = formCounts.values.byteLength + termsOfForms.values.byteLength;
      return terms.allocatedBytes + forms.allocatedBytes + inColumns;
    },
    formCount: (form) => formCounts.values[form] ?? 0,
    termOfForm: (form) => termsOfForms.values[form] as number,
    take(text, visit) {
      readCount = 0;
      for (const word of wordsOf(text, reader)) {
        if (word.isCompound) {
          const form = numberOf(word);
          countForm(form);
          visit(termsOfForms.values[form] as number, null);
        } else {
          // A word's position is its place among the words that were read.
          const { formNumber, termNumber } = read[word.position] as Remembered;
          countForm(formNumber);
          visit(termNumber, word.position);
        }
      }
      return readCount;
    },
    rest: () => remembered.clear(),
    data: () => ({
      terms: terms.data(),
      forms: forms.data(),
      formCounts: formCounts.values.subarray(0, forms.size),
      termsOfForms: termsOfForms.values.subarray(0, forms.size),
    }),
  };
}
