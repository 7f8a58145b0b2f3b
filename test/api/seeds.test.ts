import { describe, expect, it } from 'vitest';
import { seedsAdded, seedsAnswer } from '../../src/api/library-answers.ts';
import { SEED_LIMITS } from '../../src/recommend/seeds.ts';
import { MAX_SEEDS } from '../../src/store/people-store.ts';
import { openTestLibrary } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

async function library() {
  const opened = await openTestLibrary();
  const add = (body: unknown) => send(opened.app, 'POST /v1/users/ada/seeds', body);
  const list = async (query = '') =>
    answered(await send(opened.app, `GET /v1/users/ada/seeds${query}`), seedsAnswer);
  return { ...opened, add, list };
}

describe('seeds', () => {
  it('are said in words, listed in pages, and taken back', async () => {
    const { app, add, list, people, embedder } = await library();
    const first = await add({ text: '  How robots\n learn  to grasp. ' });
    expect(first.status).toBe(201);
    const [seed] = answered(first, seedsAdded).seeds;
    expect(seed).toMatchObject({ kind: 'text', title: 'How robots learn to grasp.', abstract: '' });
    const texts = ['proteins', 'How robots learn to grasp.', 'galaxies'];
    const more = answered(await add({ texts }), seedsAdded);
    expect(more.seeds.map(({ title }) => title)).toEqual(texts);
    expect(more.seeds[1]).toEqual(seed);
    const { embedding } = await embedder.embedQuery('How robots learn to grasp.');
    expect([...((await people.seeds('ada'))[0]?.embedding ?? [])]).toEqual([...embedding]);

    const page = await list('?limit=2');
    expect(page).toMatchObject({
      seeds: [{ title: 'How robots learn to grasp.' }, { title: 'proteins' }],
      total: 3,
    });
    const rest = await list(`?limit=2&cursor=${page.nextCursor}`);
    expect(rest).toMatchObject({ seeds: [{ title: 'galaxies' }], nextCursor: null, total: 3 });

    const remove = () => send(app, `DELETE /v1/users/ada/seeds/${seed?.id}`);
    refused(await send(app, `DELETE /v1/users/bob/seeds/${seed?.id}`), 404, 'not_found');
    expect((await remove()).status).toBe(204);
    refused(await remove(), 404, 'not_found');
    expect((await list()).seeds.map(({ title }) => title)).toEqual(['proteins', 'galaxies']);
    // A page that follows one whose last seed was taken back begins where it would have.
    expect((await list(`?limit=2&cursor=${page.nextCursor}`)).seeds).toHaveLength(1);
  });

  it('are kept up to a word within 2,000 characters', async () => {
    const { add } = await library();
    const title = async (text: string) => answered(await add({ text }), seedsAdded).seeds[0]?.title ?? '';
    const words = await title('robots '.repeat(SEED_LIMITS.text / 7));
    expect(words.length).toBeGreaterThan(1_990);
    expect(words).toMatch(/^(?:robots )+robots$/);
    expect(await title(`${'a'.repeat(1_999)} b`)).toBe('a'.repeat(1_999));
    expect(await title(`${'a'.repeat(2_000)} b`)).toBe('a'.repeat(2_000));
    expect(await title('文'.repeat(3_000))).toBe('文'.repeat(2_000));
    // Not through a character of two units.
    expect(await title(`x${'𝐱'.repeat(1_500)}`)).toBe(`x${'𝐱'.repeat(999)}`);
  });

  it.each([
    ['nothing', {}],
    ['an empty text', { text: '' }],
    ['a text that nobody sees', { text: ' \u200b\u2060 ' }],
    ['a text of signs', { text: '-- … !' }],
    ['a text that is too long', { text: 'x'.repeat(SEED_LIMITS.text + 1) }],
    ['both', { text: 'robots', texts: ['robots'] }],
    ['no texts', { texts: [] }],
    ['too many texts', { texts: Array(SEED_LIMITS.texts + 1).fill('robots') }],
    ['one bad text among good ones', { texts: ['robots', ' '] }],
    ['another field', { text: 'robots', kind: 'entry' }],
    ['a number', { text: 5 }],
    ['a list', ['robots']],
    ['no JSON', '{'],
  ])('are refused: %s', async (_, body) => {
    const { add, people } = await library();
    refused(await add(body), 400, 'invalid_input');
    expect((await people.counts()).users).toBe(0);
  });

  it('are as long as the limits say, in any script, and no longer', async () => {
    const { add } = await library();
    const texts = Array.from(
      { length: SEED_LIMITS.texts },
      (_, at) => `${at}${'文'.repeat(SEED_LIMITS.text - 2)}`,
    );
    expect(answered(await add({ texts }), seedsAdded).seeds).toHaveLength(SEED_LIMITS.texts);
    refused(await add({ text: 'x'.repeat(2_000_000) }), 413, 'payload_too_large');
    refused(
      await send((await library()).app, 'POST /v1/users/ada/seeds', 'robots', {
        'content-type': 'text/plain',
      }),
      415,
      'unsupported_media_type',
    );
  });

  it('are so many a user, and not one more', async () => {
    const { add, list, people, embedder } = await library();
    const { embedding } = await embedder.embedQuery('x');
    const many = Array.from({ length: MAX_SEEDS - 1 }, (_, at) => ({
      kind: 'text' as const,
      title: `robot ${at}`,
      abstract: '',
      embedding,
    }));
    await people.addSeeds('ada', many, '2026-01-01');
    const { detail } = refused(await add({ texts: ['proteins', 'galaxies'] }), 400, 'invalid_input');
    expect(detail).toContain('up to 1000 seeds');
    expect((await list('?limit=1')).total).toBe(MAX_SEEDS - 1);
    expect((await add({ text: 'proteins' })).status).toBe(201);
  });

  it.each([
    'GET /v1/users/ada/seeds?limit=101',
    'GET /v1/users/ada/seeds?cursor=x',
    'GET /v1/users/a%20b/seeds',
    'DELETE /v1/users/ada/seeds/x',
    'DELETE /v1/users/ada/seeds/1?x=1',
  ])('refuse %s', async (request) => {
    const { app } = await library();
    refused(await send(app, request), 400, 'invalid_input');
  });
});
