import { describe, expect, it } from 'vitest';
import { MAX_INTEREST_SETTINGS, MAX_SEEDS } from '../../src/store/people-store.ts';
import { record } from '../fixtures/papers.ts';
import { type OpenLibrary, seed, settings } from '../fixtures/people.ts';
import { item, unit } from './paper-store.ts';

/** What shapes a user's interests: feedback as of an instant, seeds and settings, and the revision of all these. */
export function peopleInterestsContract(name: string, open: OpenLibrary): void {
  const library = async () => {
    const { papers, people } = open();
    await papers.commitBatch(['a', 'b', 'c'].map((id) => item(record({ id }))));
    const key = async (id: string) => (await papers.paperById(id))?.key ?? -1;
    return { papers, people, key };
  };
  const titles = (seeds: readonly { title: string }[]) => seeds.map(({ title }) => title);

  describe(`${name} as a store of feedback as of an instant`, () => {
    it('tells what was in force then, in the same order and pages', async () => {
      const { people } = await library();
      await people.setFeedback('ada', 'a', 'like', '2026-01-01');
      await people.setFeedback('ada', 'b', 'like', '2026-01-02');
      await people.setFeedback('ada', 'a', 'hide', '2026-01-03');
      await people.clearFeedback('ada', 'b', '2026-01-04');
      const asOf = async (instant: string) => {
        const { feedback, total } = await people.feedback('ada', { limit: 9, asOf: instant });
        expect(total).toBe(feedback.length);
        return feedback.map(({ paperId, signal, at }) => `${paperId} ${signal} ${at}`);
      };
      expect(await asOf('2025-12-31')).toEqual([]);
      expect(await asOf('2026-01-01')).toEqual(['a like 2026-01-01']);
      expect(await asOf('2026-01-02')).toEqual(['b like 2026-01-02', 'a like 2026-01-01']);
      expect(await asOf('2026-01-03')).toEqual(['a hide 2026-01-03', 'b like 2026-01-02']);
      expect(await asOf('2026-01-09')).toEqual(['a hide 2026-01-03']);
      const then = { limit: 1, asOf: '2026-01-02' };
      const first = await people.feedback('ada', then);
      expect(first).toMatchObject({ total: 2, feedback: [{ paperId: 'b' }] });
      const second = await people.feedback('ada', { ...then, after: first.feedback[0] ?? null });
      expect(second.feedback).toMatchObject([{ paperId: 'a' }]);
      const hidden = await people.feedback('ada', { limit: 9, signals: ['hide'], asOf: '2026-01-02' });
      expect(hidden).toEqual({ feedback: [], total: 0 });
      expect(await people.feedback('bob', then)).toEqual({ feedback: [], total: 0 });
    });

    it('changes the revision with every change of that user, and with nothing else', async () => {
      const { people, key } = await library();
      expect(await people.feedbackRevision('ada')).toBe(0);
      const seen = new Set([0]);
      const expectChange = async (does: boolean, work: () => Promise<unknown>) => {
        await work();
        const revision = await people.feedbackRevision('ada');
        expect(seen.has(revision)).toBe(!does);
        seen.add(revision);
      };
      await expectChange(true, () => people.setFeedback('ada', 'a', 'like', '2026-01-01'));
      await expectChange(false, () => people.setFeedback('bob', 'a', 'like', '2026-01-01'));
      await expectChange(true, () => people.clearFeedback('ada', 'a'));
      await expectChange(false, () => people.clearFeedback('ada', 'a'));
      await expectChange(true, () => people.addSeeds('ada', [seed('one', 1)], '2026-01-01'));
      await expectChange(false, () => people.addSeeds('ada', [seed('one', 1)], '2026-01-01'));
      const id = (await people.seeds('ada'))[0]?.id ?? -1;
      await expectChange(true, () => people.setSeedEmbedding(id, unit(2)));
      await expectChange(true, () => people.removeSeed('ada', id));
      await expectChange(false, () => people.removeSeed('ada', id));
      await expectChange(true, () => people.setInterestSettings('ada', settings('x')));
      await expectChange(true, () => people.clearInterestSettings('ada', 'x'));
      await expectChange(false, () => people.clearInterestSettings('ada', 'x'));
      await people.eraseUser('ada');
      expect(await people.feedbackRevision('ada')).toBe(0);
      await expectChange(true, () => people.setFeedback('ada', 'a', 'like', '2026-01-01'));
      expect(await key('a')).toBeGreaterThan(0);
    });
  });

  describe(`${name} as a store of seeds`, () => {
    it('gives back what was added, once each, in the order of the input', async () => {
      const { people } = await library();
      const entry = { ...seed('one', 3), kind: 'entry' as const, abstract: 'On one.' };
      const [one, other, again] = await people.addSeeds(
        'ada',
        [seed('one', 1), entry, seed('one', 1)],
        '2026-01-01',
      );
      expect(one).toEqual({ ...seed('one', 1), id: one?.id, at: '2026-01-01' });
      expect(other).toEqual({ ...entry, id: other?.id, at: '2026-01-01' });
      expect(again).toEqual(one);
      const later = await people.addSeeds('ada', [seed('two', 2), entry], '2026-01-02');
      expect(later[1]).toEqual(other);
      expect(await people.seeds('ada')).toEqual([one, other, later[0]]);
      expect(await people.seeds('bob')).toEqual([]);
      expect(await people.addSeeds('bob', [], '2026-01-01')).toEqual([]);
      expect((await people.counts()).users).toBe(1);
    });

    it("takes back what is the user's, and tells what there was before", async () => {
      const { people } = await library();
      const [one] = await people.addSeeds('ada', [seed('one', 1)], '2026-01-01');
      await people.addSeeds('ada', [seed('two', 2)], '2026-01-02');
      const id = one?.id ?? -1;
      expect(await people.removeSeed('bob', id)).toBe(false);
      expect(await people.removeSeed('ada', id, '2026-01-03')).toBe(true);
      expect(await people.removeSeed('ada', id, '2026-01-03')).toBe(false);
      expect(titles(await people.seeds('ada'))).toEqual(['two']);
      const asOf = async (instant: string) => titles(await people.seeds('ada', { asOf: instant }));
      expect(await asOf('2025-12-31')).toEqual([]);
      expect(await asOf('2026-01-01')).toEqual(['one']);
      expect(await asOf('2026-01-02')).toEqual(['one', 'two']);
      expect(await asOf('2026-01-03')).toEqual(['two']);
      // Added again it is another one.
      const [anew] = await people.addSeeds('ada', [seed('one', 1)], '2026-01-04');
      expect(anew?.id).toBeGreaterThan(id);
      expect(await asOf('2026-01-04')).toEqual(['two', 'one']);
    });

    it('holds so many a user, and adds none beyond', async () => {
      const { people } = await library();
      const many = Array.from({ length: MAX_SEEDS }, (_, at) => seed(`seed ${at}`, at));
      await people.addSeeds('ada', many, '2026-01-01');
      await expect(
        people.addSeeds('ada', [seed('seed 0', 0), seed('beyond', 1)], '2026-01-02'),
      ).rejects.toMatchObject({ code: 'invalid_input' });
      expect(await people.addSeeds('ada', many.slice(0, 2), '2026-01-02')).toHaveLength(2);
      await people.removeSeed('ada', (await people.seeds('ada'))[0]?.id ?? -1);
      await people.addSeeds('ada', [seed('in its place', 1)], '2026-01-02');
      expect(await people.seeds('ada')).toHaveLength(MAX_SEEDS);
    });

    it('refuses an embedding of other dimensions', async () => {
      const { people } = await library();
      const embedding = new Float32Array([1]);
      await expect(
        people.addSeeds('ada', [{ ...seed('one', 1), embedding }], '2026-01-01'),
      ).rejects.toMatchObject({ code: 'index_failed' });
      await expect(people.setSeedEmbedding(1, embedding)).rejects.toMatchObject({ code: 'index_failed' });
      expect(await people.setSeedEmbedding(1, unit(1))).toBe(false);
    });
  });

  describe(`${name} as a store of interest settings`, () => {
    it('keeps the latest of each interest until it is cleared', async () => {
      const { people, key } = await library();
      const first = settings('x', {
        name: 'Graphs',
        isPinned: true,
        weight: 2.5,
        papers: [await key('a')],
        seeds: [3],
      });
      expect(await people.setInterestSettings('ada', first)).toEqual(first);
      const other = await people.setInterestSettings('ada', settings('y', { at: '2026-01-02' }));
      expect(await people.interestSettings('ada')).toEqual([first, other]);
      const changed = settings('x', { isMuted: true, weight: 0.1, at: '2026-01-03' });
      await people.setInterestSettings('ada', changed);
      expect(await people.interestSettings('ada')).toEqual([other, changed]);
      expect(await people.interestSettings('bob')).toEqual([]);
      expect(await people.clearInterestSettings('bob', 'x')).toBe(false);
      for (const id of ['x', 'y']) expect(await people.clearInterestSettings('ada', id)).toBe(true);
      expect((await people.counts()).users).toBe(0);
    });

    it('refuses a weight out of range, and more interests than it holds', async () => {
      const { people } = await library();
      for (const weight of [0.09, 10.1, Number.NaN]) {
        await expect(people.setInterestSettings('ada', settings('x', { weight }))).rejects.toMatchObject({
          code: 'invalid_input',
        });
      }
      for (let at = 0; at < MAX_INTEREST_SETTINGS; at++) {
        await people.setInterestSettings('ada', settings(`interest ${at}`));
      }
      await expect(people.setInterestSettings('ada', settings('beyond'))).rejects.toMatchObject({
        code: 'invalid_input',
      });
      await people.setInterestSettings('ada', settings('interest 1', { weight: 10 }));
      expect(await people.interestSettings('ada')).toHaveLength(MAX_INTEREST_SETTINGS);
    });
  });
}
