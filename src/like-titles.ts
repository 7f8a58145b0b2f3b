import { isStopWord } from './words.ts';

/** The part of two titles' words, stop words aside, that must be shared (Jaccard), and the fewest words of a title. */
export const LIKE_TITLES = { share: 0.6, words: 4 } as const;

/**
 * Pairs of places in a list of titles, the later first, whose titles share enough words. Two such sets have a word in
 * common among the rarest few of each (prefix filtering: Chaudhuri, Ganti and Kaushik, ICDE 2006), so few pairs are
 * compared. Words are numbers here: a search does this with 300 titles.
 */
export function likeTitles(titles: readonly (readonly string[])[]): [number, number][] {
  const { sets, counts } = numbered(titles);
  const byRareWord: number[][] = counts.map(() => []);
  const lastCompared = new Int32Array(titles.length).fill(-1);
  const pairs: [number, number][] = [];
  sets.forEach((words, at) => {
    const size = words.length;
    if (size < LIKE_TITLES.words) return;
    const prefix = size - Math.ceil(LIKE_TITLES.share * size) + 1;
    for (let i = 0; i < prefix; i++) {
      const word = words[i] as number;
      if (counts[word] === 1) continue;
      const places = byRareWord[word] as number[];
      for (const other of places) {
        if (lastCompared[other] === at) continue;
        lastCompared[other] = at;
        if (isLike(words, sets[other] as Int32Array)) pairs.push([at, other]);
      }
      places.push(at);
    }
  });
  return pairs;
}

/** Each title as the ascending numbers of its words, the rarest word of all titles being 0. */
function numbered(titles: readonly (readonly string[])[]): { sets: Int32Array[]; counts: number[] } {
  const numbers = new Map<string, number>();
  const seen: number[] = [];
  const sets = titles.map((title) => {
    const words: number[] = [];
    for (const word of title) {
      let number = numbers.get(word);
      if (number === undefined) {
        number = isStopWord(word) ? -1 : seen.push(0) - 1;
        numbers.set(word, number);
      }
      if (number === -1 || words.includes(number)) continue;
      words.push(number);
      seen[number] = (seen[number] as number) + 1;
    }
    return Int32Array.from(words);
  });
  const rarestFirst = seen
    .map((_, number) => number)
    .sort((a, b) => (seen[a] as number) - (seen[b] as number));
  const rank = new Int32Array(seen.length);
  rarestFirst.forEach((number, at) => {
    rank[number] = at;
  });
  for (const set of sets) {
    for (let i = 0; i < set.length; i++) set[i] = rank[set[i] as number] as number;
    set.sort();
  }
  return { sets, counts: rarestFirst.map((number) => seen[number] as number) };
}

/** Whether two ascending sets share enough. */
function isLike(a: Int32Array, b: Int32Array): boolean {
  const [small, large] = a.length < b.length ? [a.length, b.length] : [b.length, a.length];
  if (small < LIKE_TITLES.share * large) return false;
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const difference = (a[i] as number) - (b[j] as number);
    if (difference === 0) shared++;
    if (difference <= 0) i++;
    if (difference >= 0) j++;
  }
  return shared >= LIKE_TITLES.share * (a.length + b.length - shared);
}
