import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { SimilarToPaper } from '../src/similar.ts';
import { openTestLibrary, topicPapers } from './fixtures/library.ts';

type Library = Awaited<ReturnType<typeof openTestLibrary>>;

const PAPERS = [...topicPapers('robots', 12), ...topicPapers('galaxies', 12)];
const parsed = (json: Uint8Array | null) => json && (JSON.parse(new TextDecoder().decode(json)) as unknown);

/** What a thread answers, asked with others until one does. */
async function byThread({ readers }: Library, request: SimilarToPaper): Promise<unknown> {
  for (;;) {
    const answers = await Promise.all(Array.from({ length: 3 }, () => readers.similar(request)));
    const answer = answers.find((json) => json !== null);
    if (answer) return parsed(answer);
    await nextTurn();
  }
}

const asJson = (answer: unknown): unknown => JSON.parse(JSON.stringify(answer));

describe('a thread that reads', () => {
  it('is not there for one who asks alone', async () => {
    const library = await openTestLibrary();
    await library.add(...PAPERS);
    for (let at = 0; at < 5; at++) {
      expect(await library.readers.similar({ id: `robots-${at}`, limit: 5 })).toBeNull();
      await nextTurn();
    }
    expect(library.readers.running).toBe(0);
  });

  it('answers what the main thread answers, page by page', async () => {
    const library = await openTestLibrary();
    await library.add(...PAPERS);
    let cursor: string | null = null;
    for (let page = 0; page < 3; page++) {
      const request: SimilarToPaper = { id: 'robots-3', limit: 4, cursor };
      const answer = await library.search.similar(request);
      expect(answer.hits).toHaveLength(4);
      expect(await byThread(library, request)).toEqual(asJson(answer));
      cursor = answer.nextCursor;
    }
    expect(library.readers.running).toBe(1);
  });

  it('sees what was added, changed and removed before it is asked', async () => {
    const library = await openTestLibrary();
    await library.add(...PAPERS.slice(1));
    const request: SimilarToPaper = { id: 'robots-1', limit: 30 };
    const idsNow = async () => {
      const answer = (await byThread(library, request)) as { hits: { paper: { id: string } }[] };
      expect(answer).toEqual(asJson(await library.search.similar(request)));
      return answer.hits.map(({ paper }) => paper.id);
    };
    expect(await idsNow()).not.toContain('robots-0');
    await library.add(...PAPERS.slice(0, 1));
    expect(await idsNow()).toContain('robots-0');
    await library.add({ id: 'robots-0', title: 'Of markets', abstract: 'auction bidder market price' });
    await idsNow();
    await library.store.removePapers(['robots-0']);
    await library.index.refresh();
    expect(await idsNow()).not.toContain('robots-0');
  });

  it('tells an unknown paper as the main thread does', async () => {
    const library = await openTestLibrary();
    await library.add(...PAPERS);
    await expect(byThread(library, { id: 'nowhere', limit: 5 })).rejects.toMatchObject({
      code: 'not_found',
      message: 'There is no paper with the id "nowhere".',
      errors: [{ path: 'positive', message: 'no paper has the id "nowhere"' }],
    });
  });

  it('answers under filters, and spreads, as the main thread does', async () => {
    const library = await openTestLibrary();
    await library.add(...PAPERS);
    const under: SimilarToPaper = { id: 'robots-0', limit: 5, filter: { categories: ['astro-ph.CO'] } };
    const spread: SimilarToPaper = { id: 'galaxies-0', limit: 6, diversity: 0.7 };
    for (const request of [under, spread]) {
      const answer = await library.search.similar(request);
      expect(answer.hits).toHaveLength(request.limit);
      expect(await byThread(library, request)).toEqual(asJson(answer));
    }
  });

  it('that ends in the middle of a request costs no answer', async () => {
    const threadFile = new URL('./fixtures/crashing-reader.mjs', import.meta.url);
    const library = await openTestLibrary({ threadFile });
    await library.add(...PAPERS);
    const expected = await (await library.app.request('/v1/papers/robots-0/similar?limit=5')).json();
    while (library.failures.length === 0) {
      const responses = await Promise.all(
        Array.from({ length: 4 }, () => library.app.request('/v1/papers/robots-0/similar?limit=5')),
      );
      for (const response of responses) {
        expect(response.status).toBe(200);
        expect(await response.json()).toEqual(expected);
      }
      await nextTurn();
    }
    expect(library.failures).toEqual([
      'A reading thread ended with code 3. The main thread answers meanwhile.',
    ]);
    expect(library.readers.running).toBe(0);
  });
});
