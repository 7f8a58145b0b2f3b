import { describe, expect, it } from 'vitest';
import type { PaperStore } from '../../src/store/paper-store.ts';
import type { PeopleStore, PickDay } from '../../src/store/people-store.ts';
import { record } from '../fixtures/papers.ts';
import { item } from './paper-store.ts';

type Details = { why: string };

/** What every store of people must do. `open` gives a new, empty library. */
export function peopleStoreContract(
  name: string,
  open: () => { papers: PaperStore; people: PeopleStore<Details> },
): void {
  describe(`${name} as a people store`, () => {
    const library = async () => {
      const { papers, people } = open();
      await papers.commitBatch(['a', 'b', 'c'].map((id) => item(record({ id }))));
      const key = async (id: string) => (await papers.paperById(id))?.key ?? -1;
      const pick = async (id: string) => ({
        key: await key(id),
        paperId: id,
        score: 0.5,
        details: { why: id },
      });
      const day = async (date: string, ...ids: string[]): Promise<PickDay<Details>> => ({
        user: 'ada',
        date,
        createdAt: `${date}T08:00:00.000Z`,
        note: null,
        picks: await Promise.all(ids.map(pick)),
      });
      return { papers, people, key, day };
    };

    it('keeps one signal a paper, the latest, and lists latest first in pages', async () => {
      const { people } = await library();
      await people.setFeedback('ada', 'a', 'like', '2026-01-01T00:00:00.000Z');
      await people.setFeedback('ada', 'b', 'hide', '2026-01-02T00:00:00.000Z');
      await people.setFeedback('ada', 'a', 'save', '2026-01-03T00:00:00.000Z');
      const first = await people.feedback('ada', { limit: 1 });
      expect(first.total).toBe(2);
      expect(first.feedback).toMatchObject([{ paperId: 'a', signal: 'save' }]);
      const rest = await people.feedback('ada', { limit: 9, after: first.feedback[0] ?? null });
      expect(rest.feedback.map(({ paperId }) => paperId)).toEqual(['b']);
      expect((await people.feedback('ada', { limit: 9, signals: ['hide'] })).total).toBe(1);
      expect((await people.feedback('bob', { limit: 9 })).total).toBe(0);
    });

    it('refuses feedback on an unknown or removed paper', async () => {
      const { papers, people } = await library();
      await papers.removePapers(['c']);
      for (const id of ['nothing', 'c']) {
        await expect(people.setFeedback('ada', id, 'like', '2026-01-01')).rejects.toMatchObject({
          code: 'not_found',
        });
      }
      expect((await people.counts()).users).toBe(0);
    });

    it('keeps feedback on a paper that leaves and comes back', async () => {
      const { papers, people, key } = await library();
      await people.setFeedback('ada', 'a', 'like', '2026-01-01');
      const before = await key('a');
      await papers.removePapers(['a']);
      await papers.commitBatch([item(record({ id: 'a' }))]);
      expect((await people.feedback('ada', { limit: 9 })).feedback).toMatchObject([
        { key: before, paperId: 'a' },
      ]);
    });

    it('takes a signal back once', async () => {
      const { people } = await library();
      await people.setFeedback('ada', 'a', 'like', '2026-01-01');
      expect(await people.clearFeedback('ada', 'a')).toBe(true);
      expect(await people.clearFeedback('ada', 'a')).toBe(false);
      expect((await people.counts()).users).toBe(0);
    });

    it('records a day once: whoever comes second gets the first record', async () => {
      const { people, day } = await library();
      const first = await people.recordPicks(await day('2026-01-01', 'a', 'b'));
      expect(first?.picks.map(({ paperId }) => paperId)).toEqual(['a', 'b']);
      expect(await people.recordPicks(await day('2026-01-01', 'c'))).toEqual(first);
      expect(await people.picks('ada', '2026-01-01')).toEqual(first);
      expect(await people.picks('ada', '2026-01-02')).toBeNull();
      expect(await people.picks('bob', '2026-01-01')).toBeNull();
    });

    it('refuses a day that holds a paper of another date, and records nothing of it', async () => {
      const { people, day, key } = await library();
      await people.recordPicks(await day('2026-01-01', 'a', 'b'));
      expect(await people.recordPicks(await day('2026-01-02', 'c', 'b'))).toBeNull();
      expect(await people.picks('ada', '2026-01-02')).toBeNull();
      const second = await people.recordPicks(await day('2026-01-02', 'c'));
      expect(second?.picks.map(({ paperId, details }) => [paperId, details.why])).toEqual([['c', 'c']]);
      expect(await people.pickedKeys('ada')).toEqual(
        new Map([
          [await key('a'), '2026-01-01'],
          [await key('b'), '2026-01-01'],
          [await key('c'), '2026-01-02'],
        ]),
      );
    });

    it('exports all that it holds on a user, and erases all of it and nobody else', async () => {
      const { people, day } = await library();
      await people.setFeedback('ada', 'a', 'like', '2026-01-01');
      await people.setFeedback('bob', 'a', 'like', '2026-01-01');
      await people.recordPicks(await day('2026-01-01', 'b'));
      const { feedback, days } = await people.exportUser('ada');
      expect(feedback).toHaveLength(1);
      expect(days.map(({ date, picks }) => [date, picks.length])).toEqual([['2026-01-01', 1]]);
      expect(await people.eraseUser('ada')).toEqual({ feedback: 1, pickDays: 1, picks: 1 });
      expect(await people.exportUser('ada')).toEqual({ feedback: [], days: [] });
      expect(await people.picks('ada', '2026-01-01')).toBeNull();
      expect((await people.exportUser('bob')).feedback).toHaveLength(1);
      expect(await people.eraseUser('ada')).toEqual({ feedback: 0, pickDays: 0, picks: 0 });
    });
  });
}
