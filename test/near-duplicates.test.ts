import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIKE_TITLES, likeTitles } from '../src/like-titles.ts';
import { foldDuplicates } from '../src/near-duplicates.ts';
import { openTestLibrary, topicPapers } from './fixtures/library.ts';
import { addUnmerged } from './fixtures/unmerged.ts';

const LONG =
  'We teach a robot to weave by showing it how a weaver moves, and let it find out the rest alone. The loom is old, ' +
  'the thread is thin, and what breaks is mended by hand. After a week it weaves as well as an apprentice does.';

/** Two papers; what is not said of the second is as in the first, but for the id. */
async function pair(first: object, second: object) {
  const opened = await openTestLibrary();
  const base = {
    title: 'A Robot That Weaves Like Us',
    abstract: LONG,
    authors: ['Ada Lovelace', 'Joseph Jacquard'],
  };
  await opened.add(...topicPapers('galaxies', 5));
  await addUnmerged(
    opened,
    { ...base, id: 'first', date: '2024-01-01', ...first },
    { ...base, id: 'second', date: '2025', source: 'journal', ...second },
  );
  return opened;
}
const sameBy = async (first: object, second: object) => {
  const { search } = await pair(first, second);
  const { hits } = await search.search({ query: 'robot that weaves', mode: 'hybrid', limit: 100 });
  const found = hits.filter(({ paper }) => ['first', 'second'].includes(paper.id));
  expect(found.length + found.flatMap(({ alternates }) => alternates).length).toBe(2);
  return found[0]?.alternates[0]?.sameBy ?? null;
};
const OTHER =
  'Entirely different words say here what is no weaver and needs neither hand nor yarn nor patience.';

describe('entries of one paper', () => {
  it('are known by DOI, unless nothing else is in common, and by arXiv id', async () => {
    const other = { title: 'Robot', abstract: OTHER, authors: ['Bo Li'] };
    const doi = 'https://doi.org/10.1000/A';
    expect(await sameBy({ doi: '10.1000/a' }, { ...other, authors: ['A. Lovelace'], doi })).toBe('doi');
    // As of papers that were given the DOI of their volume.
    expect(await sameBy({ doi: '10.1000/a' }, { ...other, doi })).toBeNull();
    expect(await sameBy({ arxivId: '2401.01234' }, { ...other, arxivId: '2401.01234v2' })).toBe('arxivId');
  });

  it('are known by their title and an author in common', async () => {
    const title = 'A robot that weaves, like us!';
    expect(await sameBy({}, { title, abstract: OTHER, authors: ['A. Lovelace'] })).toBe('title');
    expect(await sameBy({}, { title, authors: ['Bo Li'] })).toBeNull();
  });

  it('need a like abstract, too, where authors are not known, titles are short, or arXiv ids differ', async () => {
    const [one, two] = [{ arxivId: '2401.01234' }, { arxivId: '2401.09999' }];
    expect(await sameBy(one, two)).toBe('title');
    expect(await sameBy(one, { ...two, abstract: OTHER })).toBeNull();
    expect(await sameBy({}, { authors: [] })).toBe('title');
    expect(await sameBy({}, { authors: [], abstract: OTHER })).toBeNull();
    expect(await sameBy({ authorCount: 9 }, { authors: ['Bo Li'] })).toBe('title');
    const title = 'Weaving robot';
    expect(await sameBy({ title }, { title, abstract: OTHER })).toBeNull();
  });

  it('are known by nearly the same text under a like title, unless a number tells them apart', async () => {
    expect(await sameBy({}, { title: 'A Robot That Weaves Almost Like Us' })).toBe('text');
    expect(await sameBy({}, { title: 'A Robot That Weaves Almost Like Us', authors: ['Bo Li'] })).toBeNull();
    const part = (number: string) => ({ title: `A Robot That Weaves Like Us, Part ${number}` });
    expect(await sameBy(part('1'), part('2'))).toBeNull();
    expect(await sameBy(part('I'), part('II'))).toBeNull();
  });

  it('are one hit, the better-ranked one, which lists the others', async () => {
    const { search } = await pair({ doi: '10.1000/a' }, { doi: '10.1000/a', title: 'Weaving' });
    for (const [query, id] of [
      ['first', 'first'],
      ['second', 'second'],
    ]) {
      const { hits } = await search.search({ query: query ?? '', mode: 'hybrid', limit: 100 });
      expect(hits[0]?.paper.id).toBe(id);
      expect(hits[0]?.alternates).toEqual([
        id === 'first'
          ? { id: 'second', source: 'journal', date: '2025', sameBy: 'doi' }
          : { id: 'first', source: 'test', date: '2024-01-01', sameBy: 'doi' },
      ]);
    }
  });

  it('are never papers of others, or of two arXiv ids and unlike abstracts, by way of a third that says less', async () => {
    const groupsOf = async (first: object, third: object, between: object) => {
      const opened = await pair(first, third);
      const { search } = opened;
      const title = 'A Robot That Weaves Like Us';
      await addUnmerged(opened, { id: 'between', title, abstract: LONG, authors: [], ...between });
      const examples = { positive: ['galaxies-1'], negative: [] };
      const orders = [
        (await search.search({ query: 'robot that weaves', mode: 'hybrid', limit: 100 })).hits,
        (await search.search({ query: OTHER, mode: 'semantic', limit: 100 })).hits,
        (await search.similarTo({ examples, limit: 100 })).hits,
      ];
      return orders.map((hits) =>
        hits.map(({ paper, alternates }) => [paper.id, ...alternates.map(({ id }) => id)].sort().join(' ')),
      );
    };
    for (const hits of await groupsOf({}, { authors: ['Bo Li', 'Ai Wu'] }, {})) {
      expect(hits.filter((ids) => ids.includes('first') && ids.includes('second'))).toEqual([]);
      expect(hits.filter((ids) => ids.includes('between '))).toHaveLength(1);
    }
    const [one, two] = [{ arxivId: '2401.01234' }, { arxivId: '2401.09999', abstract: OTHER }];
    for (const hits of await groupsOf(one, two, { authors: ['Ada Lovelace'] })) {
      expect(hits.filter((ids) => ids.includes('first') && ids.includes('second'))).toEqual([]);
      expect(hits.filter((ids) => ids.includes('between '))).toHaveLength(1);
    }
  });

  it('are not like each other: similar papers leave out copies of the examples', async () => {
    const { search } = await pair({}, {});
    const { hits } = await search.similar({ id: 'first', limit: 100 });
    expect(hits.map(({ paper }) => paper.id)).not.toContain('second');
    expect(hits).toHaveLength(5);
    const examples = { positive: ['galaxies-1'], negative: ['second'] };
    const unlike = await search.similarTo({ examples, limit: 100 });
    expect(unlike.hits.map(({ paper }) => paper.id)).not.toContain('first');
  });

  it('leave no gap and no repetition between pages, in search and in similar papers', async () => {
    const opened = await openTestLibrary();
    const { search, add } = opened;
    const robots = topicPapers('robots', 30);
    await add(...robots);
    await addUnmerged(
      opened,
      ...robots.map((paper, at) => ({ ...paper, id: `copy-${at}`, doi: '10.1000/many', authors: ['Bo Li'] })),
    );
    type Answer = Pick<Awaited<ReturnType<typeof search.similar>>, 'nextCursor'> & {
      hits: { paper: { id: string }; alternates: { id: string }[] }[];
    };
    const idsOf = async (
      ask: (page: { limit: number; cursor: string | null }) => Promise<Answer>,
      limit: number,
    ) => {
      const ids: string[] = [];
      let cursor: string | null = null;
      do {
        const answer = await ask({ limit, cursor });
        expect(answer.hits.length === limit || answer.nextCursor === null).toBe(true);
        ids.push(
          ...answer.hits.flatMap(({ paper, alternates }) => [paper.id, ...alternates.map(({ id }) => id)]),
        );
        cursor = answer.nextCursor;
      } while (cursor);
      return ids;
    };
    const found = await idsOf((page) => search.search({ query: 'robot', mode: 'hybrid', ...page }), 4);
    expect([found.length, new Set(found).size]).toEqual([60, 60]);
    const like = (page: { limit: number; cursor: string | null }) =>
      search.similar({ id: 'robots-3', ...page });
    const similar = await idsOf(like, 4);
    expect(new Set(similar).size).toBe(similar.length);
    expect(new Set(similar)).toEqual(new Set(await idsOf(like, 100)));
  });

  it('are folded by what stands before them alone, so that a longer ranking begins like a shorter one', async () => {
    const identity = fc.record({
      doi: fc.constantFrom(null, null, 'a', 'b'),
      arxivId: fc.constantFrom(null, null, 'x', 'y'),
      titleKey: fc.constantFrom('', 'a weaving robot tale', 'a weaving robot tale again', 'robot', 'loom'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(identity, { maxLength: 14 }), fc.nat(14), async (identities, length) => {
        const all = identities.map((fields, key) => ({ ...fields, key }));
        const deps = {
          store: {
            identities: async () => new Map(all.map((fields) => [fields.key, fields])),
            authorLists: async () => new Map(),
            apart: async () => [],
          },
          index: { embeddings: async () => new Map() },
        };
        const whole = await foldDuplicates(deps, all);
        const part = await foldDuplicates(deps, all.slice(0, length));
        expect(whole.slice(0, part.length).map(({ key }) => key)).toEqual(part.map(({ key }) => key));
        const keys = whole.flatMap(({ key, alternates }) => [key, ...alternates.map((fold) => fold.key)]);
        expect(keys.sort((a, b) => a - b)).toEqual(all.map(({ key }) => key));
      }),
    );
  });
});

describe('like titles', () => {
  it('are the pairs that a comparison of all finds', () => {
    const word = fc.constantFrom(...'one two three four five six seven eight the of'.split(' '));
    const content = (title: readonly string[]) => new Set(title.filter((w) => w !== 'the' && w !== 'of'));
    fc.assert(
      fc.property(fc.array(fc.array(word, { maxLength: 9 }), { maxLength: 12 }), (titles) => {
        const expected = titles.flatMap((title, at) =>
          titles.slice(0, at).flatMap((earlier, other) => {
            const [a, b] = [content(title), content(earlier)];
            const shared = [...a].filter((w) => b.has(w)).length;
            const isLike = shared / (a.size + b.size - shared) >= LIKE_TITLES.share;
            return isLike && Math.min(a.size, b.size) >= LIKE_TITLES.words ? [`${at} ${other}`] : [];
          }),
        );
        expect(
          likeTitles(titles)
            .map(([at, other]) => `${at} ${other}`)
            .sort(),
        ).toEqual(expected.sort());
      }),
      { numRuns: 300 },
    );
  });
});
