import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LexicalHit, LexicalText } from '../../src/lexical/lexical-index.ts';
import { createLocalLexicalIndex } from '../../src/lexical/local.ts';
import type { PaperKey } from '../../src/paper.ts';
import { createMemoryTextSource } from '../fixtures/memory-text-source.ts';
import { naiveSearch } from '../fixtures/naive-lexical.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

/** Words that share stems, are compounds of others, are stop words, or carry signs. */
const WORDS =
  'graph graphs network networks deep pre-training pretraining training state-of-the-art the of art C++ GPT-4 gpt4 α';
const word = fc.constantFrom(...WORDS.split(' '));
const words = (most: number) => fc.array(word, { maxLength: most }).map((list) => list.join(' '));
const text: fc.Arbitrary<LexicalText> = fc.record({
  title: words(4),
  // Long ones, so that counts exceed the bits that they have.
  abstract: fc.oneof(words(15), words(120)),
  authors: fc.array(words(3), { maxLength: 5 }),
});
const key = fc.integer({ min: 1, max: 25 });
const is = <T extends string>(type: T) => fc.constant(type);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: is('put'), key, text, upvotes: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ type: is('remove'), key }) },
  { weight: 1, arbitrary: fc.record({ type: is('touch'), key }) },
  { weight: 3, arbitrary: fc.record({ type: is('refresh') }) },
  { weight: 1, arbitrary: fc.record({ type: is('save') }) },
  { weight: 1, arbitrary: fc.record({ type: is('reopen') }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: is('search'),
      query: words(8),
      limit: fc.integer({ min: 1, max: 30 }),
      minUpvotes: fc.option(fc.nat(3), { nil: undefined }),
      excludedKeys: fc.uniqueArray(key, { maxLength: 5 }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Runs the steps on an index and on plain texts, and compares every answer. */
async function play(steps: readonly Step[]): Promise<void> {
  const source = createMemoryTextSource();
  const folder = temporaryFolder();
  const open = () => createLocalLexicalIndex({ folder, source });
  let index = open();
  await index.open();
  let visible = new Map<PaperKey, LexicalText>();
  const see = () => {
    visible = new Map([...source.papers].map(([at, paper]) => [at, paper.text]));
  };
  for (const wanted of steps) {
    if (wanted.type === 'put') source.put(wanted.key, wanted.text, { upvotes: wanted.upvotes });
    else if (wanted.type === 'remove') source.remove(wanted.key);
    else if (wanted.type === 'touch') source.touch(wanted.key);
    else if (wanted.type === 'refresh') {
      see();
      await index.refresh();
    } else if (wanted.type === 'save') await index.save();
    else if (wanted.type === 'reopen') {
      await index.close();
      index = open();
      see();
      await index.open();
    } else {
      const { query, limit, minUpvotes, excludedKeys } = wanted;
      const filter = { excludedKeys, ...(minUpvotes !== undefined && { minUpvotes }) };
      const allowed = minUpvotes === undefined ? [...visible.keys()] : await source.matchingKeys(filter);
      const keys = allowed.filter((at) => !excludedKeys.includes(at));
      const truth = naiveSearch(query, visible, keys);
      const answer = await index.search(query, { limit, filter });
      expect(answer.total).toBe(truth.length);
      expectSame(answer.hits, truth.slice(0, limit));
      expect(answer.hits.every(({ score }) => score < answer.ideal)).toBe(true);
      const scores = await index.score(query, keys);
      expectSame(
        truth.flatMap(({ key: at }) => scores.get(at) ?? []),
        truth,
      );
      expect((await index.status()).count).toBe(visible.size);
    }
  }
  await index.close();
}

const FACTS = ['score', 'coverage'] as const;

type Facts = Omit<LexicalHit, 'phrases'>;

function expectSame(found: readonly Facts[], truth: readonly Facts[]): void {
  expect(found.length).toBe(truth.length);
  found.forEach((hit, at) => {
    // Sums in another order differ in their last digits, and so may the order of equal papers.
    expect(hit.score).toBeCloseTo(truth[at]?.score ?? 0, 9);
    const own = truth.find(({ key: of }) => of === hit.key);
    if (own) for (const fact of FACTS) expect(hit[fact]).toBeCloseTo(own[fact] ?? 0, 5);
  });
}

describe('any sequence of changes, refreshes, saves and restarts', () => {
  it('answers as BM25F computed from the texts does', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => play(steps)),
      { numRuns: 150 },
    );
  });

  it('answers so in a library of thousands of papers, some of them removed', async () => {
    const puts = fc.sample(text, { seed: 3, numRuns: 4_500 }).map((of, at) => {
      return { type: 'put' as const, key: at + 1, text: of, upvotes: at % 4 };
    });
    const removals = puts
      .filter((_, at) => at % 50 === 0)
      .map(({ key: of }) => ({ type: 'remove' as const, key: of }));
    const searches = ['graph', 'deep pre-training', 'gpt4 α of state-of-the-art networks'].flatMap((query) =>
      [undefined, 2].map((minUpvotes) => {
        return { type: 'search' as const, query, limit: 300, minUpvotes, excludedKeys: [7, 4_400] };
      }),
    );
    await play([...puts, { type: 'refresh' }, ...removals, { type: 'refresh' }, ...searches]);
  });
});
