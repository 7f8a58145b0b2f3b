import { describe, expect, it } from 'vitest';
import type { SearchMode } from '../src/search.ts';
import { dot } from '../src/vector.ts';
import { openTestLibrary, topicPapers } from './fixtures/library.ts';

async function library() {
  const opened = await openTestLibrary();
  await opened.add(
    ...topicPapers('robots', 30),
    ...topicPapers('proteins', 30),
    ...topicPapers('galaxies', 5),
  );
  return opened;
}
const topicsOf = (hits: { paper: { id: string } }[]) => [
  ...new Set(hits.map(({ paper }) => paper.id.split('-')[0])),
];

describe('search', () => {
  it.each(['hybrid', 'semantic', 'lexical'] satisfies SearchMode[])(
    'finds the topic by %s search',
    async (mode) => {
      const { search } = await library();
      const answer = await search.search({ query: 'protein structure', mode, limit: 10 });
      expect(answer.hits).toHaveLength(10);
      expect(topicsOf(answer.hits)).toEqual(['proteins']);
      expect(answer.mode).toBe(mode);
      const scores = answer.hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    },
  );

  it('shows the parts of a score: similarity, BM25 and the rank by each', async () => {
    const { search } = await library();
    const { hits } = await search.search({ query: 'galaxy survey', mode: 'hybrid', limit: 100 });
    for (const part of ['dense', 'lexical'] as const) {
      // By rank, the scores of one kind fall, and the ranks are 1, 2, 3 without a gap.
      const ranked = hits
        .map(({ parts }) => ({ score: parts[part], rank: parts[`${part}Rank`] }))
        .filter(({ rank }) => rank !== null)
        .sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
      expect(ranked.length).toBeGreaterThan(3);
      expect(ranked.map(({ rank }) => rank)).toEqual(ranked.map((_, at) => at + 1));
      const scores = ranked.map(({ score }) => score ?? 0);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
    for (const { score, parts } of hits) {
      expect(score - (parts.neighbours ?? Number.NaN)).toBeGreaterThanOrEqual(0);
      expect(score - (parts.neighbours ?? Number.NaN)).toBeLessThanOrEqual(1 + 1e-9);
    }
    expect(hits.some(({ parts }) => parts.neighbours !== 0)).toBe(true);
    const [semantic] = (await search.search({ query: 'galaxy survey', mode: 'semantic', limit: 1 })).hits;
    expect(semantic?.parts).toMatchObject({ lexical: null, lexicalRank: null, denseRank: 1 });
    expect(semantic?.score).toBe(semantic?.parts.dense);
  });

  it('does without words while those of the library are being read, but for a search by words', async () => {
    const { folder, add } = await openTestLibrary();
    await add(...topicPapers('robots', 300), ...topicPapers('proteins', 300));
    const { search, app, lexical } = await openTestLibrary({ folder, whileReading: 'refuse' });
    const request = { query: 'protein structure', mode: 'hybrid', limit: 5 } as const;
    const [semantic, hybrid, lexicalOnly] = await Promise.all([
      search.search({ ...request, mode: 'semantic' }),
      search.search(request),
      app.request('/v1/search?q=protein&mode=lexical'),
    ]);
    expect(hybrid).toMatchObject({ mode: 'hybrid', totalLexical: null, didYouMean: null });
    expect(hybrid.hits.map(({ paper }) => paper.id)).toEqual(semantic.hits.map(({ paper }) => paper.id));
    expect(hybrid.hits[0]?.parts).toMatchObject({ lexical: null, lexicalRank: null, denseRank: 1 });
    expect(lexicalOnly.status).toBe(503);
    expect(await lexicalOnly.json()).toMatchObject({ code: 'unavailable' });
    await lexical.refresh();
    expect((await search.search(request)).totalLexical).toBe(300);
  });

  it('pages through everything once, in the order of one long page', async () => {
    const { search } = await library();
    const request = { query: 'robot protein galaxy', mode: 'hybrid' as const };
    const whole = (await search.search({ ...request, limit: 100 })).hits.map(({ paper }) => paper.id);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof search.search>> = await search.search({
        ...request,
        limit: 7,
        cursor,
      });
      paged.push(...page.hits.map(({ paper }) => paper.id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(paged).toEqual(whole);
    expect(new Set(paged).size).toBe(65);
  });

  it('refuses a cursor of another query', async () => {
    const { search } = await library();
    const { nextCursor } = await search.search({ query: 'robot', mode: 'hybrid', limit: 2 });
    for (const cursor of [nextCursor, 'nonsense']) {
      await expect(
        search.search({ query: 'protein', mode: 'hybrid', limit: 2, cursor }),
      ).rejects.toMatchObject({
        code: 'invalid_input',
      });
    }
  });

  it('shows no paper twice and leaves none out when papers come, go and move between pages', async () => {
    const { search, add, store } = await library();
    const request = { query: 'galaxy survey', mode: 'hybrid' as const, limit: 2 };
    const first = await search.search(request);
    const shown = first.hits.map(({ paper }) => paper.id);
    const rest = (await search.search({ ...request, limit: 100 })).hits.slice(2).map(({ paper }) => paper.id);
    const next = async () => {
      const { hits } = await search.search({ ...request, limit: 100, cursor: first.nextCursor });
      return hits.map(({ paper }) => paper.id);
    };
    expect(await next()).toEqual(rest);
    // Better than all of them, so that the others move down, and in part past each other.
    await add({ id: 'newcomer', title: 'Galaxy survey', abstract: 'A galaxy survey.' });
    expect((await next()).sort()).toEqual([...rest, 'newcomer'].sort());
    await store.removePapers([shown[0] ?? '', rest[0] ?? '']);
    expect((await next()).sort()).toEqual([...rest.slice(1), 'newcomer'].sort());
  });

  it('shows where the words of the query are', async () => {
    const { search } = await library();
    const { hits } = await search.search({ query: 'galaxies', mode: 'hybrid', limit: 5 });
    for (const { paper, highlights } of hits) {
      for (const { start, end } of highlights.abstract) {
        expect(paper.abstract.slice(start, end)).toMatch(/^galax/i);
      }
      expect(highlights.passage.html).toContain('<mark>galaxies</mark>.');
    }
  });

  it('puts papers with a quoted phrase first, whatever the rest of the ranking says', async () => {
    const { search } = await library();
    for (const mode of ['hybrid', 'lexical'] as const) {
      const { hits } = await search.search({ query: '"telescope survey" galaxy robot', mode, limit: 100 });
      const has = hits.map(({ paper }) => /telescope survey/.test(`${paper.title} | ${paper.abstract}`));
      const count = has.filter((value) => value).length;
      expect(count).toBeGreaterThan(0);
      expect(has.slice(0, count)).not.toContain(false);
      expect(hits.slice(0, count).every(({ match }) => match === 'phrase')).toBe(true);
      const scores = hits.map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    }
  });

  it('counts papers as having a quoted phrase that are not among the best by words', async () => {
    const { search, add } = await openTestLibrary();
    // The last by words, as it is long, and near by meaning: stop words have no part in the one, but in the other.
    const far = {
      id: 'far',
      title: 'What',
      abstract: `Where and when. ${'Which what where when. '.repeat(9)}`,
    };
    await add(
      ...Array.from({ length: 301 }, (_, at) => ({
        id: `near-${at}`,
        title: 'Telescope survey',
        abstract: `A telescope survey. ${at}`,
      })),
      { ...far, abstract: `A telescope survey. ${far.abstract}` },
    );
    const query = '"telescope survey" what where when which';
    const lexical = await search.search({ query, mode: 'lexical', limit: 100 });
    expect(lexical.totalLexical).toBe(302);
    const { hits } = await search.search({ query, mode: 'hybrid', limit: 100 });
    expect(hits.find(({ paper }) => paper.id === 'far')?.match).toBe('phrase');
  });

  it('keeps papers with a quoted phrase, however many are nearer by meaning', async () => {
    const { search, add } = await openTestLibrary();
    const near = { title: 'Gene drift', abstract: 'What and where and when is gene drift?' };
    const far =
      'Looms and threads are what this is about, and nothing else of any kind, as every reader knows.';
    await add(
      ...Array.from({ length: 300 }, (_, at) => ({ ...near, id: `near-${at}` })),
      ...Array.from({ length: 60 }, (_, at) => ({
        id: `far-${at}`,
        title: 'Weaving',
        abstract: `${far} Drift gene.`,
      })),
      { id: 'best', title: 'Drift gene', abstract: 'Drift gene: drift gene.' },
    );
    const query = '"drift gene" what where when';
    const { hits } = await search.search({ query, mode: 'hybrid', limit: 100 });
    const having = hits.flatMap(({ paper, match, alternates }) =>
      match === 'phrase' ? [paper, ...alternates] : [],
    );
    expect(having).toHaveLength(61);
  });

  it('puts papers with a quoted phrase first in semantic search too, also those that it does not reach', async () => {
    const { search, add } = await openTestLibrary();
    await add(
      ...Array.from({ length: 300 }, (_, at) => ({
        id: `near-${at}`,
        title: 'Gene',
        abstract: 'Gene drift.',
      })),
      {
        id: 'far',
        title: 'Weaving',
        abstract: 'Looms and threads. By drift gene is meant here nothing at all.',
      },
    );
    const { hits, totalLexical } = await search.search({
      query: '"drift gene"',
      mode: 'semantic',
      limit: 100,
    });
    expect(hits[0]).toMatchObject({ paper: { id: 'far' }, match: 'phrase', parts: { lexical: null } });
    expect(hits[1]?.match).toBeNull();
    expect(totalLexical).toBeNull();
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  it('says what became of quoted phrases', async () => {
    const { search } = await library();
    for (const mode of ['hybrid', 'semantic', 'lexical'] as const) {
      const phrases = async (query: string) => (await search.search({ query, mode, limit: 1 })).phrases;
      expect(await phrases('„telescope survey“ galaxy')).toEqual({ asked: 1, required: true });
      expect(await phrases('"survey of robots" galaxy')).toEqual({ asked: 1, required: false });
      expect(await phrases('galaxy')).toBeNull();
    }
  });

  it('suggests another spelling where words were looked for, and no paper is named', async () => {
    const { search } = await library();
    const ask = async (query: string, mode: SearchMode) =>
      (await search.search({ query, mode, limit: 1 })).didYouMean;
    expect(await ask('galxy survey', 'hybrid')).toBe('galaxy survey');
    expect(await ask('galxy', 'semantic')).toBeNull();
    expect(await ask('galaxy', 'lexical')).toBeNull();
    expect(await ask('galaxies-1', 'lexical')).toBeNull();
  });

  it('keeps to the filter in every mode', async () => {
    const { search } = await library();
    for (const mode of ['hybrid', 'semantic', 'lexical'] as const) {
      const filter = { categories: ['q-bio'], from: '2026-01-01' };
      const { hits, exact } = await search.search({ query: 'robot protein', mode, limit: 100, filter });
      expect(hits).toHaveLength(15);
      expect(topicsOf(hits)).toEqual(['proteins']);
      expect(hits.every(({ paper }) => (paper.date ?? '') >= '2026-01-01')).toBe(true);
      expect(exact).toBe(true);
    }
  });

  it('finds a paper by its title as TeX, and shows it as text', async () => {
    const { search, add } = await library();
    const title = String.raw`Schr\"odinger's \emph{robots} in Ba$_2$Cu$_3$O$_{6.5}$ at $T\leq 5$~K`;
    await add({ ...topicPapers('robots', 1)[0], id: 'tex', title });
    const { hits } = await search.search({ query: title, mode: 'lexical', limit: 1 });
    expect(hits[0]?.paper.title).toBe("Schrödinger's robots in Ba₂Cu₃O₆.₅ at T≤5 K");
    expect((await search.search({ query: 'Ba2Cu3O6', mode: 'lexical', limit: 1 })).hits[0]?.paper.id).toBe(
      'tex',
    );
  });

  it('puts the paper first whose id is the query', async () => {
    const { search } = await library();
    const { hits } = await search.search({ query: 'galaxies-3', mode: 'hybrid', limit: 3 });
    expect(hits[0]?.paper.id).toBe('galaxies-3');
    expect(hits.filter(({ paper }) => paper.id === 'galaxies-3')).toHaveLength(1);
  });

  it('does not put the named paper first when the filter excludes it', async () => {
    const { search } = await library();
    const filter = { to: '2025-01-01' };
    const { hits } = await search.search({ query: 'galaxies-3', mode: 'hybrid', limit: 3, filter });
    expect(hits).toEqual([]);
  });

  it('answers queries without words or hits by an empty or a dense list, never by an error', async () => {
    const { search } = await library();
    const { hits, totalLexical } = await search.search({ query: '???', mode: 'lexical', limit: 5 });
    expect([hits, totalLexical]).toEqual([[], 0]);
    await expect(search.search({ query: '"NEAR( * C++', mode: 'hybrid', limit: 5 })).resolves.toBeDefined();
    await expect(search.search({ query: ' \u0000 ', mode: 'hybrid', limit: 5 })).rejects.toMatchObject({
      code: 'invalid_input',
    });
  });

  it('answers in an empty library', async () => {
    const { search } = await openTestLibrary();
    expect(await search.search({ query: 'anything', mode: 'hybrid', limit: 5 })).toMatchObject({
      hits: [],
      nextCursor: null,
    });
  });
});

describe('similar papers', () => {
  it('are of the same topic, without the paper itself, by its stored embedding', async () => {
    const { search, embedder } = await library();
    const queries = embedder.calls.queries;
    const { hits } = await search.similar({ id: 'galaxies-0', limit: 4 });
    expect(hits.map(({ paper }) => paper.id).sort()).toEqual([
      'galaxies-1',
      'galaxies-2',
      'galaxies-3',
      'galaxies-4',
    ]);
    expect(embedder.calls.queries).toBe(queries);
    const [best] = hits;
    expect(best?.score).toBe((best?.parts.positive ?? 0) + (best?.parts.terms ?? 0));
    expect(best?.parts.terms).toBeGreaterThan(0);
  });

  it('are refused for an unknown paper, by name', async () => {
    const { search } = await library();
    await expect(search.similar({ id: 'nothing', limit: 4 })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('may be like several, unlike others, and like a text', async () => {
    const { search } = await library();
    const several = { positive: ['robots-0', 'proteins-0'], negative: [] };
    expect(topicsOf((await search.similarTo({ examples: several, limit: 20 })).hits).sort()).toEqual([
      'proteins',
      'robots',
    ]);
    const without = { positive: ['robots-0', 'proteins-0'], negative: ['robots-1'] };
    expect(topicsOf((await search.similarTo({ examples: without, limit: 20 })).hits)).toEqual(['proteins']);
    const text = { positive: [], negative: [], text: 'dark matter halo' };
    expect(topicsOf((await search.similarTo({ examples: text, limit: 5 })).hits)).toEqual(['galaxies']);
  });

  it('of a paper that is not embedded yet are refused as not available now', async () => {
    const { folder } = await library();
    const { search } = await openTestLibrary({ folder, model: 'another' });
    await expect(search.similar({ id: 'robots-0', limit: 3 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('robots-0'),
    });
  });

  it('need an example', async () => {
    const { search } = await library();
    const examples = { positive: [], negative: ['robots-1'] };
    await expect(search.similarTo({ examples, limit: 5 })).rejects.toMatchObject({ code: 'invalid_input' });
  });

  it('are less alike when diversity is asked for', async () => {
    const { search, store, index } = await library();
    const spreadOf = async (diversity: number) => {
      const { hits } = await search.similar({ id: 'robots-0', limit: 8, diversity });
      const keys = await Promise.all(
        hits.map(async ({ paper }) => (await store.paperById(paper.id))?.key ?? -1),
      );
      const vectors = [...(await index.embeddings(keys)).values()];
      const pairs = vectors.flatMap((a, i) => vectors.slice(i + 1).map((b) => dot(a, b)));
      return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
    };
    expect(await spreadOf(0.7)).toBeLessThan(await spreadOf(0));
  });
});
