import { describe, expect, it } from 'vitest';
import type { HeldPage, HeldPosition, PickDay } from '../../src/store/people-store.ts';
import { record } from '../fixtures/papers.ts';
import { type Details, event, type OpenLibrary, seed, settings } from '../fixtures/people.ts';
import { item } from './paper-store.ts';
import { peopleEventsContract } from './people-store-events.ts';
import { peopleInterestsContract } from './people-store-interests.ts';

/** What every store of people must do. */
export function peopleStoreContract(name: string, open: OpenLibrary): void {
  peopleInterestsContract(name, open);
  peopleEventsContract(name, open);
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
        asOf: `${date}T07:00:00.000Z`,
        basis: { seed: 7 },
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

    it('adds a signal where there is none, and leaves what was said before', async () => {
      const { papers, people } = await library();
      await papers.removePapers(['c']);
      await people.setFeedback('ada', 'a', 'dislike', '2026-01-01T00:00:00.000Z');
      const add = () =>
        people.addFeedback('ada', ['a', 'b', 'b', 'c', 'x'], 'like', '2026-01-02T00:00:00.000Z');
      expect(await add()).toEqual(['kept', 'added', 'unchanged', null, null]);
      const revision = await people.feedbackRevision('ada');
      expect(await add()).toEqual(['kept', 'unchanged', 'unchanged', null, null]);
      expect(await people.feedbackRevision('ada')).toBe(revision);
      const held = await people.exportUser('ada');
      expect(held.feedback).toMatchObject([
        { paperId: 'a', signal: 'dislike' },
        { paperId: 'b', signal: 'like', at: '2026-01-02T00:00:00.000Z' },
      ]);
      expect(held.history).toHaveLength(2);
      expect(await people.addFeedback('eve', ['c', 'x'], 'like', '2026-01-02')).toEqual([null, null]);
      expect((await people.counts()).users).toBe(1);
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
      expect(await people.clearFeedback('bob', 'a')).toBe(false);
      // What was said before is held until the user is erased.
      expect(await people.counts()).toMatchObject({ users: 1, feedback: 0 });
      expect(await people.userCount()).toBe(1);
      await people.eraseUser('ada');
      expect(await people.userCount()).toBe(0);
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
      const { people, day, key } = await library();
      for (const user of ['ada', 'bob']) {
        await people.setFeedback(user, 'a', 'like', '2026-01-01');
        await people.clearFeedback(user, 'a', '2026-01-02');
        await people.setFeedback(user, 'c', 'save', '2026-01-03');
        await people.addSeeds(user, [seed('one', 1), seed('two', 2)], '2026-01-01');
        await people.removeSeed(user, (await people.seeds(user))[0]?.id ?? -1, '2026-01-04');
        await people.setInterestSettings(user, settings('graphs', { papers: [await key('a')] }));
        await people.addEvents(user, [event('b')]);
        await people.recordPicks({ ...(await day('2026-01-01', 'b')), user });
      }
      const held = await people.exportUser('ada');
      expect(held).toMatchObject({
        feedback: [{ paperId: 'c', signal: 'save' }],
        days: [{ date: '2026-01-01', picks: [{ paperId: 'b' }] }],
        history: [
          { paperId: 'a', signal: 'like', at: '2026-01-01' },
          { paperId: 'a', signal: null, at: '2026-01-02' },
          { paperId: 'c', signal: 'save', at: '2026-01-03' },
        ],
        seeds: [
          { title: 'one', removedAt: '2026-01-04' },
          { title: 'two', removedAt: null },
        ],
        interests: [{ id: 'graphs' }],
        events: [{ paperId: 'b' }],
      });
      // Page by page it is the same.
      for (const list of ['feedback', 'days', 'history', 'seeds', 'interests', 'events'] as const) {
        const entries: unknown[] = [];
        let after: HeldPosition | null = null;
        do {
          const page: HeldPage<unknown> = await people.held('ada', list, { limit: 1, after });
          entries.push(...page.entries);
          after = page.next;
        } while (after);
        expect(entries).toEqual(held[list]);
        expect(await people.held('nobody', list, { limit: 1 })).toEqual({ entries: [], next: null });
      }
      const others = await people.exportUser('bob');
      expect(await people.eraseUser('ada')).toEqual({
        feedback: 1,
        pickDays: 1,
        picks: 1,
        history: 3,
        seeds: 2,
        interests: 1,
        events: 1,
      });
      const none = { feedback: [], days: [], history: [], seeds: [], interests: [], events: [] };
      expect(await people.exportUser('ada')).toEqual(none);
      expect(await people.picks('ada', '2026-01-01')).toBeNull();
      expect(await people.exportUser('bob')).toEqual(others);
      expect(Object.values(await people.eraseUser('ada'))).toEqual([0, 0, 0, 0, 0, 0, 0]);
      // Nothing of what was held comes back with the name.
      await people.addEvents('ada', [event('a')]);
      expect(await people.exportUser('ada')).toMatchObject({ ...none, events: [{ paperId: 'a' }] });
    });

    it('goes over users by name', async () => {
      const { people } = await library();
      for (const user of ['bob', 'ada', 'Zoë', 'eve']) await people.addEvents(user, [event('a')]);
      expect(await people.users({ limit: 3 })).toEqual(['Zoë', 'ada', 'bob']);
      expect(await people.users({ after: 'bob', limit: 3 })).toEqual(['eve']);
    });

    it('keeps what picks rest on, and how they were chosen', async () => {
      const { people, day } = await library();
      const first = await people.recordPicks(await day('2026-01-01', 'a'));
      expect(first).toMatchObject({ asOf: '2026-01-01T07:00:00.000Z', basis: { seed: 7 } });
      expect(await people.picks('ada', '2026-01-01')).toEqual(first);
      const second = await people.recordPicks({ ...(await day('2026-01-02', 'b')), basis: null });
      expect(second?.basis).toBeNull();
    });
  });
}
