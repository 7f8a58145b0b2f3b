import { isStopWord } from '../../src/words.ts';

/** Rows of few numbers other than 0: row i has `values` at `columns`, each from starts[i] to starts[i + 1]. */
export interface SparseRows {
  starts: Uint32Array;
  columns: Uint32Array;
  values: Float32Array;
  /** Columns there are. */
  width: number;
}

/** Which words count: those in so many texts at least, in this share at most; the most frequent so many of them. */
export interface Vocabulary {
  leastTexts: number;
  greatestShare: number;
  mostWords: number;
}

/** arxiv-sanity-lite's, compute.py. */
const VOCABULARY: Vocabulary = { leastTexts: 5, greatestShare: 0.1, mostWords: 20_000 };

/**
 * tf-idf of the words of texts, each row of unit length or empty, as arxiv-sanity-lite takes it from scikit-learn's
 * TfidfVectorizer: count * (ln((1 + n) / (1 + texts with the word)) + 1), words beginning with a letter, accents
 * stripped, no stop words.
 */
export function tfIdf(texts: readonly string[], vocabulary = VOCABULARY): SparseRows {
  const counts = texts.map(wordCounts);
  const frequencies = new Map<string, number>();
  for (const words of counts) {
    for (const word of words.keys()) frequencies.set(word, (frequencies.get(word) ?? 0) + 1);
  }
  const { leastTexts, greatestShare, mostWords } = vocabulary;
  const kept = [...frequencies]
    .filter(([, count]) => count >= leastTexts && count <= greatestShare * texts.length)
    .sort(([a, ofA], [b, ofB]) => ofB - ofA || (a < b ? -1 : 1))
    .slice(0, mostWords);
  const weights = new Map(
    kept.map(([word, count], column) => [
      word,
      { column, idf: Math.log((1 + texts.length) / (1 + count)) + 1 },
    ]),
  );
  const starts = new Uint32Array(texts.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  counts.forEach((words, row) => {
    const entries = [...words].flatMap(([word, count]) => {
      const weight = weights.get(word);
      return weight ? [[weight.column, count * weight.idf] as const] : [];
    });
    const length = Math.hypot(...entries.map(([, value]) => value));
    for (const [column, value] of entries) {
      columns.push(column);
      values.push(value / length);
    }
    starts[row + 1] = columns.length;
  });
  return {
    starts,
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
    width: kept.length,
  };
}

function wordCounts(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  const plain = text.toLowerCase().normalize('NFKD').replace(/\p{M}/gu, '');
  for (const [word] of plain.matchAll(/(?<![a-z0-9_])[a-z_][a-z0-9_]+/g)) {
    if (!isStopWord(word)) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return counts;
}
