import type { Paper } from '../../src/paper.ts';
import { createRandom } from '../../src/statistics.ts';
import type { PaperStore } from '../../src/store/paper-store.ts';
import { isStopWord } from '../../src/words.ts';
import { shuffled } from '../evaluate/statistics.ts';

const SEED = 20_260_301;
/** Words of a title that make a query as people type it. */
const WORDS = 4;
/** As much as a query may have is more than anybody types. */
const MOST_CHARACTERS = 300;

/** Queries made of some papers of a library, each another: words of a title, and the first sentence of an abstract. */
export async function realQueries(store: PaperStore, count: number): Promise<string[]> {
  const papers = await somePapers(store, count);
  return papers.map((paper, at) => queryOf(paper, at % 2 === 0 ? 'words' : 'sentence'));
}

/** So many papers (fewer where there are fewer) of all over a library, the same in every run. */
export async function somePapers(store: PaperStore, count: number): Promise<Paper[]> {
  const keys = await store.sampleKeys({ upTo: await store.newestKey(), limit: count });
  return (await store.papersByKeys(shuffled(keys, createRandom(SEED)))).map(({ paper }) => paper);
}

/** `words`: some of the title's words that say something. `sentence`: what the abstract begins with. */
export function queryOf({ title, abstract }: Pick<Paper, 'title' | 'abstract'>, kind: 'words' | 'sentence') {
  if (kind === 'sentence') {
    const sentences = abstract.split(/(?<=[.!?])\s/);
    // Not a heading, such as `Background.`
    const first = sentences.find((sentence) => sentence.split(' ').length >= WORDS);
    return (first ?? abstract).slice(0, MOST_CHARACTERS);
  }
  const words = title
    .split(/[^\p{L}\p{N}-]+/u)
    .filter((word) => word !== '' && !isStopWord(word.toLowerCase()));
  return (words.length > 0 ? words : [title]).slice(-WORDS).join(' ');
}
