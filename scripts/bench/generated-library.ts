import {
  freshPaper,
  type IncomingPaper,
  incomingPaper,
  loosePaperRecord,
  type PaperFilter,
  textHash,
} from '../../src/paper.ts';
import type { CommitItem, PaperStore } from '../../src/store/paper-store.ts';
import { type Embedding, normalized } from '../../src/vector.ts';

const CLUSTERS = 200;
/** Noise beside a centre of length 1; two papers of a cluster have a cosine near 0.67. */
const SPREAD = 0.7;
const BATCH = 1_000;
const FIRST_DAY = Date.UTC(2020, 0, 1);
const DAYS = 1_000;

/** Numbers from 0 to below 1, the same in every run (xorshift). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** A unit vector of any direction: normal numbers (Box and Muller, 1958) know none. */
export function randomDirection(dimensions: number, random: () => number): Embedding {
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return normalized(Float32Array.from({ length: dimensions }, gauss));
}

/** Draws unit vectors around random centres, as papers lie around subjects, and says which centre. */
export function vectorsOfClusters(
  dimensions: number,
  clusters: number = CLUSTERS,
): () => { cluster: number; embedding: Embedding } {
  const random = numbers(20_240_501);
  const vector = () => randomDirection(dimensions, random);
  const centres = Array.from({ length: clusters }, vector);
  return () => {
    const cluster = Math.floor(random() * clusters);
    const noise = vector();
    const embedding = normalized((centres[cluster] ?? noise).map((x, at) => x + SPREAD * (noise[at] ?? 0)));
    return { cluster, embedding };
  };
}

const dayOf = (number: number) => new Date(FIRST_DAY + number * 86_400_000).toISOString().slice(0, 10);

/** Facts that make filters of every selectivity. Categories follow the clusters, everything else is by chance. */
function recordOf(
  number: number,
  cluster: number,
  random: () => number,
  text: { title: string; abstract: string; authors?: string[] },
): IncomingPaper {
  const group = cluster % CLUSTERS;
  const share = random();
  const source =
    share < 0.001 ? 'rare' : share < 0.011 ? 'few' : share < 0.111 ? 'some' : share < 0.611 ? 'most' : 'rest';
  const categories = [
    group < CLUSTERS / 2 ? 'half.A' : 'half.B',
    ...(group < CLUSTERS / 10 ? ['tenth.A'] : []),
    ...(group < CLUSTERS / 100 ? ['hundredth.A'] : []),
    ...(group === 0 && random() < 0.2 ? ['thousandth.A'] : []),
  ];
  const record = loosePaperRecord.parse({
    id: `generated-${number}`,
    ...text,
    date: dayOf(Math.floor(random() * DAYS)),
    categories,
    source,
    upvotes: Math.floor(random() * 1_000),
    ...(random() < 0.1 && { codeUrl: `https://example.org/${number}` }),
  });
  return incomingPaper(record, 'generated');
}

/** As long as a real one: what a filter costs depends on how much there is to read past. */
const plainText = (number: number, cluster: number) => ({
  title: `Generated paper ${number}`,
  abstract: `Paper ${number} of cluster ${cluster}. `.repeat(36),
});

const WORDS = { common: 3_000, ofCluster: 80, inTitle: 9, inAbstract: 160, shareOfCluster: 0.3 } as const;
/** Names that authors have, by chance. */
const NAMES = { family: 20_000, given: 500, most: 6 } as const;

/** A text in words: some that all papers use, few of them often, and some of its cluster. */
export function wordedText(cluster: number, random: () => number, inAbstract: number) {
  // Squared, so that the first words come far more often than the last.
  const draw = (count: number) => Math.floor(count * random() ** 2);
  const word = () =>
    random() < WORDS.shareOfCluster
      ? spelled(WORDS.common + cluster * WORDS.ofCluster + draw(WORDS.ofCluster))
      : spelled(draw(WORDS.common));
  const words = (count: number) => Array.from({ length: count }, word).join(' ');
  return { title: words(WORDS.inTitle), abstract: `${words(inAbstract)}.` };
}

/** A number as a word of syllables, such as `bakedo`. */
function spelled(number: number): string {
  const [consonants, vowels] = ['bdfgklmnprtvz', 'aeiou'];
  let [left, text] = [number + 70 ** 2, ''];
  for (; left > 0; left = Math.floor(left / 65)) {
    text += `${consonants[left % 13]}${vowels[Math.floor(left / 13) % 5]}`;
  }
  return text;
}

export function authorsBy(random: () => number): string[] {
  const name = (count: number) => {
    const text = spelled(Math.floor(count * random()));
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  };
  return Array.from(
    { length: 1 + Math.floor(NAMES.most * random()) },
    () => `${name(NAMES.given)} ${name(NAMES.family)}`,
  );
}

interface FillOptions {
  /** With texts that tell clusters apart, as real ones do. */
  withWords?: boolean;
  /** Words of an abstract, of those. */
  inAbstract?: number;
  withAuthors?: boolean;
  /** Told after each batch how many there are. */
  onCommit?: (count: number) => void;
}

/** Fills an empty store with `count` papers. */
export async function fillLibrary(
  store: PaperStore,
  count: number,
  draw: ReturnType<typeof vectorsOfClusters>,
  {
    withWords = false,
    inAbstract = WORDS.inAbstract,
    withAuthors = false,
    onCommit = () => {},
  }: FillOptions = {},
): Promise<void> {
  const random = numbers(7_919);
  for (let from = 0; from < count; from += BATCH) {
    const items = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => {
      const { cluster, embedding } = draw();
      const text = withWords ? wordedText(cluster, random, inAbstract) : plainText(from + at, cluster);
      const authors = withAuthors ? { authors: authorsBy(random) } : {};
      const incoming = recordOf(from + at, cluster, random, { ...text, ...authors });
      return itemOf(incoming, embedding);
    });
    await store.commitBatch(items);
    onCommit(from + items.length);
  }
}

/** Without tokens: what is measured here does not look at them. */
const itemOf = (incoming: IncomingPaper, embedding: Embedding): CommitItem => ({
  incoming,
  embedded: { textHash: textHash(freshPaper(incoming)), embedding, tokens: new Uint8Array() },
});

/** Commits a change of a paper that passes none of the filters below. */
export async function commitChange(store: PaperStore, embedding: Embedding, number: number): Promise<void> {
  const record = { id: 'changing', title: 'Changing', abstract: 'Changing.', commentCount: number };
  const incoming = incomingPaper(loosePaperRecord.parse(record), 'changing');
  await store.commitBatch([itemOf(incoming, embedding)]);
}

/** Filters by the share of the generated papers that they let through, in per cent. */
export const GENERATED_FILTERS: readonly { percent: number; name: string; filter: PaperFilter }[] = [
  { percent: 50, name: 'dates', filter: { from: dayOf(DAYS / 2) } },
  { percent: 50, name: 'category', filter: { categories: ['half.A'] } },
  { percent: 50, name: 'source', filter: { sources: ['most'] } },
  { percent: 50, name: 'upvotes', filter: { minUpvotes: 500 } },
  { percent: 50, name: 'dates, upvotes', filter: { from: dayOf(DAYS * 0.293), minUpvotes: 293 } },
  { percent: 10, name: 'dates', filter: { from: dayOf(300), to: dayOf(399) } },
  { percent: 10, name: 'category', filter: { categories: ['tenth'] } },
  { percent: 10, name: 'source', filter: { sources: ['some'] } },
  { percent: 10, name: 'upvotes', filter: { minUpvotes: 900 } },
  { percent: 10, name: 'code', filter: { hasCode: true } },
  { percent: 1, name: 'dates', filter: { from: dayOf(500), to: dayOf(509) } },
  { percent: 1, name: 'category', filter: { categories: ['hundredth'] } },
  { percent: 1, name: 'source', filter: { sources: ['few'] } },
  { percent: 1, name: 'upvotes', filter: { minUpvotes: 990 } },
  { percent: 1, name: 'code, upvotes', filter: { hasCode: true, minUpvotes: 900 } },
  { percent: 0.1, name: 'dates', filter: { from: dayOf(700), to: dayOf(700) } },
  { percent: 0.1, name: 'category', filter: { categories: ['thousandth'] } },
  { percent: 0.1, name: 'source', filter: { sources: ['rare'] } },
  { percent: 0.1, name: 'upvotes', filter: { minUpvotes: 999 } },
  { percent: 0.1, name: 'code, upvotes', filter: { hasCode: true, minUpvotes: 990 } },
];
