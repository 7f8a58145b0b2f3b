import { describe, expect, it } from 'vitest';
import { feedbackAnswer, feedbackEntry, picksAnswer, recommendAnswer } from '../../src/api/answers.ts';
import { erased, exportAnswer } from '../../src/api/held-answers.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

async function library() {
  const opened = await openTestLibrary();
  await opened.add(...topicPapers('robots', 20), ...topicPapers('markets', 20));
  return opened;
}

describe('feedback', () => {
  it('is set, replaced, listed by signal and in pages, and taken back', async () => {
    const { app } = await library();
    const put = (paper: string, signal: string) =>
      send(app, `PUT /v1/users/ada/feedback/${paper}`, { signal });
    expect(answered(await put('robots-1', 'like'), feedbackEntry)).toMatchObject({
      paperId: 'robots-1',
      signal: 'like',
    });
    await put('robots-2', 'save');
    await put('robots-1', 'hide');
    const list = async (query = '') =>
      answered(await send(app, `GET /v1/users/ada/feedback${query}`), feedbackAnswer);
    expect((await list()).total).toBe(2);
    expect((await list('?signal=hide')).feedback.map(({ paperId }) => paperId)).toEqual(['robots-1']);
    const first = await list('?limit=1');
    const second = await list(`?limit=1&cursor=${first.nextCursor}`);
    expect([...first.feedback, ...second.feedback].map(({ paperId }) => paperId).sort()).toEqual([
      'robots-1',
      'robots-2',
    ]);
    expect(second.nextCursor).toBeNull();
    expect((await send(app, 'DELETE /v1/users/ada/feedback/robots-1')).status).toBe(204);
    refused(await send(app, 'DELETE /v1/users/ada/feedback/robots-1'), 404, 'not_found');
    expect((await list()).total).toBe(1);
  });

  it.each([
    ['PUT /v1/users/ada/feedback/nothing', { signal: 'like' }, 404, 'not_found'],
    ['PUT /v1/users/ada/feedback/robots-1', { signal: 'love' }, 400, 'invalid_input'],
    ['PUT /v1/users/ada/feedback/robots-1', { signal: 'like', why: 'x' }, 400, 'invalid_input'],
    ['PUT /v1/users/ada/feedback/robots-1', '{', 400, 'invalid_input'],
    ['PUT /v1/users/a%20b/feedback/robots-1', { signal: 'like' }, 400, 'invalid_input'],
    [
      'PUT /v1/users/ada/feedback/robots-1',
      `{"signal":"like","x":"${'y'.repeat(300_000)}"}`,
      413,
      'payload_too_large',
    ],
  ])('refuses %s with %j', async (request, body, status, code) => {
    const { app } = await library();
    refused(await send(app, request, body), status, code);
  });
});

describe('recommendations and picks', () => {
  it('answer in the documented shape, with a reason each', async () => {
    const { app } = await library();
    for (const id of ['robots-1', 'robots-3', 'markets-4']) {
      await send(app, `PUT /v1/users/ada/feedback/${id}`, { signal: 'like' });
    }
    const { hits, basis } = answered(
      await send(app, 'GET /v1/users/ada/recommendations?limit=12'),
      recommendAnswer,
    );
    expect(basis).toEqual({ likes: 3, interests: 2 });
    expect(hits).toHaveLength(12);
    expect(hits.every(({ because }) => because.kind === 'liked')).toBe(true);
    const robots = await send(app, 'GET /v1/users/ada/recommendations?category=cs.RO');
    expect(
      answered(robots, recommendAnswer).hits.every(({ paper }) => paper.categories.includes('cs.RO')),
    ).toBe(true);

    const first = answered(await send(app, `GET /v1/users/ada/picks?date=${TODAY}`), picksAnswer);
    expect(first.picks.length).toBeGreaterThan(0);
    expect(answered(await send(app, 'GET /v1/users/ada/picks'), picksAnswer)).toEqual(first);
  });

  it.each(['picks?date=2026-1-1', 'picks?date=2026-01', 'picks?day=2026-01-01', 'recommendations?limit=0'])(
    'refuse %s',
    async (path) => {
      const { app } = await library();
      refused(await send(app, `GET /v1/users/ada/${path}`), 400, 'invalid_input');
    },
  );
});

describe('export and erase', () => {
  it('give all that is held on a user, and delete it', async () => {
    const { app, people, store, embedder } = await library();
    await send(app, 'PUT /v1/users/ada/feedback/robots-1', { signal: 'like' });
    const at = '2026-01-01T00:00:00.000Z';
    const [passage] = await embedder.embedPassages(['robot arms']);
    const seed = { kind: 'text' as const, title: 'robot arms', abstract: '' };
    const embedding = passage?.embedding ?? new Float32Array();
    await people.addSeeds('ada', [{ ...seed, embedding }], at);
    const interest = { id: 'i', name: 'Robots', isMuted: false, isPinned: true, weight: 2, seeds: [], at };
    const key = (await store.paperById('robots-1'))?.key ?? -1;
    await people.setInterestSettings('ada', { ...interest, papers: [key] });
    const event = { channel: 'picks', rank: 1, probability: 1, score: null, at };
    await people.addEvents('ada', [{ kind: 'shown', paperId: 'robots-1', ...event }]);
    await send(app, 'PUT /v1/users/bob/feedback/robots-1', { signal: 'like' });
    const day = answered(await send(app, 'GET /v1/users/ada/picks'), picksAnswer);
    const held = answered(await send(app, 'GET /v1/users/ada/export'), exportAnswer);
    expect(held.feedback).toHaveLength(1);
    expect(held).toMatchObject({
      history: [{ paperId: 'robots-1', signal: 'like' }],
      seeds: [{ ...seed, at, removedAt: null }],
      interests: [{ ...interest, papers: ['robots-1'] }],
      events: [{ kind: 'shown', paperId: 'robots-1', ...event }],
    });
    expect(held.picks[0]?.picks.map(({ paperId }) => paperId)).toEqual(
      day.picks.map(({ paper }) => paper.id),
    );

    const more = Array.from({ length: 700 }, (_, at) => ({
      ...{ kind: 'clicked' as const, paperId: `robots-${at % 3}`, channel: 'list' },
      ...{
        rank: at + 1,
        probability: null,
        score: null,
        at: new Date(Date.UTC(2026, 0, 2, 0, 0, at)).toISOString(),
      },
    }));
    await people.addEvents('ada', more);
    const long = answered(await send(app, 'GET /v1/users/ada/export'), exportAnswer);
    expect(long).toEqual({ ...held, exportedAt: expect.any(String), events: [...held.events, ...more] });

    const gone = answered(await send(app, 'DELETE /v1/users/ada'), erased);
    const counts = { feedback: 1, pickDays: 1, picks: day.picks.length };
    expect(gone).toEqual({ user: 'ada', ...counts, history: 1, seeds: 1, interests: 1, events: 701 });
    expect(answered(await send(app, 'GET /v1/users/ada/export'), exportAnswer)).toMatchObject({
      feedback: [],
      picks: [],
    });
    expect(answered(await send(app, 'GET /v1/users/bob/export'), exportAnswer).feedback).toHaveLength(1);
  });
});
