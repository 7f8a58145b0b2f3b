import { describe, expect, it } from 'vitest';
import { interactionsAdded, interactionsAnswer } from '../../src/api/library-answers.ts';
import { MAX_EVENTS } from '../../src/store/people-store.ts';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

async function library() {
  const opened = await openTestLibrary();
  await opened.add(...topicPapers('robots', 3), { id: '2401.01234', title: 'T', abstract: 'A.' });
  const post = (events: unknown) => send(opened.app, 'POST /v1/users/ada/interactions', { events });
  const list = async (query = '') =>
    answered(await send(opened.app, `GET /v1/users/ada/interactions${query}`), interactionsAnswer);
  return { ...opened, post, list };
}

const shown = (paper: string, fields = {}) => ({ kind: 'shown', paper, channel: 'digest', ...fields });

describe('interactions', () => {
  it('are recorded with the time, and listed in pages', async () => {
    const { post, list, app } = await library();
    const before = new Date().toISOString();
    const full = shown('robots-1', { rank: 1, probability: 0.25, score: -0.5 });
    const click = { kind: 'clicked', paper: 'arXiv:2401.01234v3', channel: 'web:home', rank: null };
    expect(answered(await post([full, click]), interactionsAdded)).toEqual({ added: 2 });
    expect(answered(await post([shown('robots-2')]), interactionsAdded)).toEqual({ added: 1 });
    const page = await list('?limit=2');
    const nothing = { rank: null, probability: null, score: null };
    expect(page.events).toEqual([
      {
        kind: 'shown',
        paperId: 'robots-1',
        channel: 'digest',
        rank: 1,
        probability: 0.25,
        score: -0.5,
        at: expect.any(String),
      },
      { kind: 'clicked', paperId: '2401.01234', channel: 'web:home', ...nothing, at: expect.any(String) },
    ]);
    expect(page.events.every(({ at }) => at >= before && at <= new Date().toISOString())).toBe(true);
    const rest = await list(`?limit=2&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ events: [{ paperId: 'robots-2', ...nothing }], nextCursor: null });
    const other = `GET /v1/users/ada/interactions?from=2020&cursor=${page.nextCursor}`;
    refused(await send(app, other), 400, 'invalid_input');
  });

  it('are listed from and to a day, a month or an instant, both included', async () => {
    const { people, list } = await library();
    const at = ['2026-01-31T23:59:59.999Z', '2026-02-01T00:00:00.000Z', '2026-02-28T12:00:00.000Z'];
    for (const [index, time] of at.entries()) {
      const event = { kind: 'shown' as const, paperId: `robots-${index}`, channel: 'x', at: time };
      await people.addEvents('ada', [{ ...event, rank: null, probability: null, score: null }]);
    }
    const listed = async (query: string) => (await list(query)).events.map(({ paperId }) => paperId);
    expect(await listed('?from=2026-02')).toEqual(['robots-1', 'robots-2']);
    expect(await listed('?to=2026-01')).toEqual(['robots-0']);
    expect(await listed('?from=2026-02-01&to=2026-02-01')).toEqual(['robots-1']);
    expect(await listed('?to=2026-02-01T00:00:00Z')).toEqual(['robots-0', 'robots-1']);
    expect(await listed('?from=2026-02-01T01:00:00%2B01:00&to=2026')).toEqual(['robots-1', 'robots-2']);
  });

  it('name unknown papers, and record nothing then', async () => {
    const { post, people } = await library();
    const problem = refused(
      await post([shown('robots-1'), shown('nothing'), shown('neither')]),
      404,
      'not_found',
    );
    expect(problem.detail).toBe('There is no paper with the id "nothing", "neither".');
    expect(problem.errors?.map(({ path }) => path)).toEqual(['events.1.paper', 'events.2.paper']);
    expect((await people.counts()).users).toBe(0);
  });

  it.each([
    ['none', []],
    ['no list', shown('robots-1')],
    ['too many', Array(MAX_EVENTS + 1).fill(shown('robots-1'))],
    ['another kind', [shown('robots-1', { kind: 'liked' })]],
    ['no channel', [{ kind: 'shown', paper: 'robots-1' }]],
    ['a channel with a space', [shown('robots-1', { channel: 'a b' })]],
    ['rank 0', [shown('robots-1', { rank: 0 })]],
    ['half a rank', [shown('robots-1', { rank: 1.5 })]],
    ['probability 0', [shown('robots-1', { probability: 0 })]],
    ['probability above 1', [shown('robots-1', { probability: 1.01 })]],
    ['a time', [shown('robots-1', { at: '2026-01-01' })]],
    ['a number as paper', [shown('robots-1', { paper: 5 })]],
  ])('are refused: %s', async (_, events) => {
    const { post } = await library();
    refused(await post(events), 400, 'invalid_input');
  });

  it('are taken up to the limit at once', async () => {
    const { post, list } = await library();
    const event = shown('robots-1', { rank: 1, probability: 0.123456789, score: 0.123456789 });
    expect(answered(await post(Array(MAX_EVENTS).fill(event)), interactionsAdded).added).toBe(MAX_EVENTS);
    expect((await list(`?limit=${MAX_EVENTS}`)).nextCursor).toBeNull();
  });

  it.each(['from=yesterday', 'to=2026-02-30', 'limit=1001', 'kind=shown', 'cursor=x'])(
    'refuse %s',
    async (query) => {
      const { app } = await library();
      refused(await send(app, `GET /v1/users/ada/interactions?${query}`), 400, 'invalid_input');
    },
  );
});
