import { describe, expect, it } from 'vitest';
import { MAX_EVENTS } from '../../src/store/people-store.ts';
import { record } from '../fixtures/papers.ts';
import { event, type OpenLibrary } from '../fixtures/people.ts';
import { item } from './paper-store.ts';

/** What people do together and with what is shown to them: the log of events, and likes in common. */
export function peopleEventsContract(name: string, open: OpenLibrary): void {
  const library = async () => {
    const { papers, people } = open();
    await papers.commitBatch(['a', 'b', 'c', 'd'].map((id) => item(record({ id }))));
    const key = async (id: string) => (await papers.paperById(id))?.key ?? -1;
    return { papers, people, key };
  };

  describe(`${name} as a log of events`, () => {
    it('gives back what was added, in order, in pages and between instants', async () => {
      const { people, key } = await library();
      const shown = event('a', { at: '2026-01-02' });
      const clicked = event('b', {
        kind: 'clicked',
        rank: null,
        probability: null,
        score: null,
        at: '2026-01-01',
      });
      expect(await people.addEvents('ada', [shown, clicked])).toBe(2);
      expect(await people.addEvents('ada', [event('c', { at: '2026-01-03' })])).toBe(1);
      await people.addEvents('bob', [event('d')]);
      const all = await people.events('ada', { limit: 9 });
      expect(all.next).toBeNull();
      expect(all.events).toEqual([
        { ...shown, key: await key('a') },
        { ...clicked, key: await key('b') },
        { ...event('c', { at: '2026-01-03' }), key: await key('c') },
      ]);
      const first = await people.events('ada', { limit: 2 });
      expect(first.events).toEqual(all.events.slice(0, 2));
      const rest = await people.events('ada', { limit: 2, after: first.next });
      expect(rest).toEqual({ events: all.events.slice(2), next: null });
      const between = await people.events('ada', { from: '2026-01-02', to: '2026-01-03', limit: 9 });
      expect(between.events.map(({ paperId }) => paperId)).toEqual(['a', 'c']);
      expect(await people.events('eve', { limit: 9 })).toEqual({ events: [], next: null });
    });

    it('writes nothing when a paper is unknown, and names it', async () => {
      const { people, papers } = await library();
      await papers.removePapers(['d']);
      await expect(people.addEvents('ada', [event('a'), event('nothing'), event('d')])).rejects.toMatchObject(
        {
          code: 'not_found',
          message: 'There is no paper with the id "nothing", "d".',
          errors: [{ path: 'events.1.paperId' }, { path: 'events.2.paperId' }],
        },
      );
      expect((await people.counts()).users).toBe(0);
    });

    it('refuses too many, and fields that would spoil an evaluation', async () => {
      const { people } = await library();
      const many = Array.from({ length: MAX_EVENTS + 1 }, () => event('a'));
      const bad = [
        many,
        [event('a', { channel: '' })],
        [event('a', { channel: 'a b' })],
        [event('a', { channel: 'x'.repeat(51) })],
        [event('a', { rank: 0 })],
        [event('a', { rank: 1.5 })],
        [event('a', { probability: 0 })],
        [event('a', { probability: 1.01 })],
        [event('a', { probability: Number.NaN })],
      ];
      for (const events of bad) {
        await expect(people.addEvents('ada', events)).rejects.toMatchObject({ code: 'invalid_input' });
      }
      expect((await people.counts()).users).toBe(0);
      expect(await people.addEvents('ada', [])).toBe(0);
      expect(await people.addEvents('ada', many.slice(1))).toBe(MAX_EVENTS);
    });
  });

  describe(`${name} as a store of likes in common`, () => {
    it('scores what others like too, and counts them', async () => {
      const { people, papers, key } = await library();
      const likes = { bob: 'ab', eve: 'abc', joe: 'cd', ada: 'abcd' };
      for (const [user, ids] of Object.entries(likes)) {
        for (const id of ids) await people.setFeedback(user, id, id === 'b' ? 'save' : 'like', '2026-01-01');
      }
      await people.setFeedback('may', 'a', 'dislike', '2026-01-01');
      const [a, b, c, d] = [await key('a'), await key('b'), await key('c'), await key('d')];
      const coLiked = (...keys: number[]) => people.coLiked(keys, { limit: 9, excludingUser: 'ada' });
      // Bob and Eve bring 1 / sqrt(2) each, for two and three likes; b, c and d are liked by 2, 2 and 1.
      const [bob, eve] = [2 ** -0.7 / Math.SQRT2, 3 ** -0.7 / Math.SQRT2];
      const close = (score: number) => expect.closeTo(score, 9);
      expect(await coLiked(a)).toEqual({
        people: 3,
        liked: [
          { key: b, score: close((bob + eve) / 2 ** 0.3) },
          { key: c, score: close(eve / 2 ** 0.3) },
        ],
      });
      const both = await coLiked(a, b, b, 999);
      expect(both.liked).toEqual([{ key: c, score: close((2 * eve) / 2 ** 0.3) }]);
      expect((await coLiked(d)).liked).toEqual([{ key: c, score: close(0.5) }]);
      expect((await coLiked()).liked).toEqual([]);
      const best = await people.coLiked([a], { limit: 1, excludingUser: 'nobody' });
      const all = (2 ** -0.7 + 3 ** -0.7 + 4 ** -0.7) / Math.sqrt(3);
      expect(best).toEqual({ people: 4, liked: [{ key: b, score: close(all / 3 ** 0.3) }] });
      // What left the library takes no place, and what was erased or taken back is not counted.
      await papers.removePapers(['b']);
      expect((await people.coLiked([a], { limit: 1, excludingUser: 'ada' })).liked).toMatchObject([
        { key: c },
      ]);
      await people.eraseUser('eve');
      expect(await coLiked(a)).toEqual({ people: 2, liked: [] });
      await people.setFeedback('bob', 'c', 'like', '2026-01-02');
      expect((await coLiked(a)).liked).toMatchObject([{ key: c }]);
      await people.setFeedback('bob', 'c', 'hide', '2026-01-03');
      await people.clearFeedback('joe', 'c');
      await people.clearFeedback('joe', 'd');
      expect(await coLiked(a)).toEqual({ people: 1, liked: [] });
    });
  });
}
