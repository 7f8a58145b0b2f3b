import { incomingPaper, type Paper, type PaperKey, textHash } from '../../src/paper.ts';
import { papersOf } from '../../src/papers-of.ts';
import { createRandom } from '../../src/statistics.ts';
import type { CommitItem, PaperStore } from '../../src/store/paper-store.ts';
import { dot, type Embedding, normalized } from '../../src/vector.ts';
import { shuffled } from '../evaluate/statistics.ts';
import { randomDirection } from './generated-library.ts';

const SEED = 20_260_201;
const BATCH = 1_000;
/** A partner is the likest of so many that are drawn from the same subject: a paper is seldom about two. */
const DRAWN = 16;
/** Length of the noise beside the sum of two unit vectors. */
const NOISE = 0.1;
const PAGE = 1_000;

/** What of a real paper is held while others are made of it. */
interface Original {
  key: PaperKey;
  subject: string;
  embedding: Embedding;
}

/**
 * Adds papers that are made of two real ones each, until the store, which holds real ones with their embeddings, has
 * `papers`: words, subjects, dates and vectors are spread as those of real papers are. The same real papers make the
 * same others. `onCommit` is told how many the store has.
 */
export async function addRecombinedPapers(
  store: PaperStore,
  papers: number,
  onCommit: (count: number) => void,
): Promise<void> {
  const random = createRandom(SEED);
  const originals = await originalsOf(store);
  const bySubject = new Map<string, Original[]>();
  for (const original of originals) {
    const others = bySubject.get(original.subject);
    if (others) others.push(original);
    else bySubject.set(original.subject, [original]);
  }
  const titles = new Set<string>();
  let order: Original[] = [];
  const drawn = (): [Original, Original] => {
    // Each real paper has its turn before any has its next.
    if (order.length === 0) order = shuffled(originals, random);
    const a = order.pop() as Original;
    return [a, partnerOf(a, bySubject.get(a.subject) ?? originals, random)];
  };
  for (let count = originals.length, number = 0; count < papers; ) {
    const pairs = Array.from({ length: Math.min(BATCH, papers - count) }, drawn);
    const read = await papersOf(
      store,
      pairs.flat().map(({ key }) => key),
    );
    const tokens = await tokensOf(
      store,
      pairs.map(([a]) => a.key),
    );
    const items = pairs.flatMap(([a, b]): CommitItem[] => {
      const [first, second] = [read.get(a.key), read.get(b.key)];
      if (!first || !second) return [];
      const facts = recombined(first, second, number);
      // Two reports of one name, or a title of one word.
      if (titles.has(facts.title)) facts.title += ` ${number}`;
      titles.add(facts.title);
      number++;
      const incoming = incomingPaper(facts, facts.source);
      const embedding = between(a.embedding, b.embedding, random);
      const bits = tokens.get(a.key) ?? new Uint8Array();
      return [{ incoming, embedded: { textHash: textHash(incoming.facts), embedding, tokens: bits } }];
    });
    await store.commitBatch(items);
    count += items.length;
    onCommit(count);
  }
}

/** A paper of two: words of both titles, sentences of both abstracts in turns, all other facts of the first. */
export function recombined(first: Paper, second: Paper, number: number) {
  const sentences = [sentencesOf(first.abstract), sentencesOf(second.abstract)] as const;
  // As long as the two are on average.
  const length = Math.ceil((sentences[0].length + sentences[1].length) / 2);
  const abstract = Array.from({ length }, (_, at) => {
    const [own, other] = at % 2 === 0 ? sentences : [sentences[1], sentences[0]];
    return own[at] ?? other[at] ?? '';
  });
  return {
    id: `recombined-${number}`,
    title: `${half(first.title, 'first')} ${half(second.title, 'last')}`,
    abstract: abstract.join(' ').trim(),
    authors: first.authors,
    date: first.date,
    categories: first.categories,
    source: first.source,
    ...(first.upvotes !== undefined && { upvotes: first.upvotes }),
    ...(first.codeUrl !== undefined && { codeUrl: first.codeUrl }),
  };
}

const sentencesOf = (text: string) => text.split(/(?<=[.!?])\s+(?=\p{Lu})/u);

function half(title: string, which: 'first' | 'last'): string {
  const words = title.split(' ');
  const middle = Math.ceil(words.length / 2);
  return (which === 'first' ? words.slice(0, middle) : words.slice(-middle)).join(' ');
}

/** The direction between two, with some noise: two papers of the same pair would not be alike. */
export function between(a: Embedding, b: Embedding, random: () => number): Embedding {
  const noise = randomDirection(a.length, random);
  return normalized(a.map((x, at) => x + (b[at] ?? 0) + NOISE * (noise[at] ?? 0)));
}

function partnerOf(a: Original, among: readonly Original[], random: () => number): Original {
  let best: Original | null = null;
  let highest = Number.NEGATIVE_INFINITY;
  for (let turn = 0; turn < DRAWN; turn++) {
    const b = among[Math.floor(random() * among.length)];
    if (!b || b === a) continue;
    const likeness = dot(a.embedding, b.embedding);
    if (likeness > highest) [best, highest] = [b, likeness];
  }
  return best ?? a;
}

async function originalsOf(store: PaperStore): Promise<Original[]> {
  const originals: Original[] = [];
  for (let last = 0; ; ) {
    const page = await store.papersAfter(last, PAGE);
    for (const { key, paper } of page) {
      const embedding = await store.embedding(key);
      if (embedding) originals.push({ key, subject: paper.categories[0] ?? '', embedding });
    }
    if (page.length < PAGE) return originals;
    last = page.at(-1)?.key ?? last;
  }
}

/** Read a few at a time: they are the largest part of a paper. */
async function tokensOf(store: PaperStore, keys: readonly PaperKey[]) {
  const tokens = new Map<PaperKey, Uint8Array>();
  for (let from = 0; from < keys.length; from += 200) {
    for (const [key, bits] of await store.tokenBits(keys.slice(from, from + 200))) tokens.set(key, bits);
  }
  return tokens;
}
