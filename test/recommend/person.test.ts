import { describe, expect, it } from 'vitest';
import { createCorpusReader } from '../../src/recommend/corpus.ts';
import { MAX_DISLIKES, MAX_LIKES } from '../../src/recommend/profile.ts';
import { hashOfTerm } from '../../src/term-set.ts';
import { createTermStatistics } from '../../src/term-statistics.ts';
import { openTestLibrary, TODAY, topicPapers } from '../fixtures/library.ts';
import { seed, settings } from '../fixtures/people.ts';
import { EARLIER, idsOf, recommendingLibrary } from '../fixtures/recommending.ts';

describe('the statistics of a library', () => {
  it('follow a library that is just beginning, paper by paper', async () => {
    const { store, index, add } = await openTestLibrary();
    const corpora = createCorpusReader({ statistics: createTermStatistics(store), index });
    expect((await corpora.current()).upTo).toBe(0);
    for (const count of [1, 2, 30]) {
      await add(...topicPapers('robots', count));
      expect((await corpora.current()).upTo).toBe(await store.newestKey());
    }
    await add(...topicPapers('galaxies', 60));
    const corpus = await corpora.current();
    const rarity = (word: string) => corpus.rarity(hashOfTerm(word));
    expect(rarity('nowher')).toBe(1);
    expect(rarity('nowher')).toBeGreaterThan(rarity('robot'));
    expect(rarity('robot')).toBeGreaterThan(rarity('galaxi'));
    expect(rarity('galaxi')).toBeGreaterThan(0);
  });

  it('are the same for the same bound, and read once for those who ask at once', async () => {
    const { store, index, add } = await openTestLibrary();
    await add(...topicPapers('robots', 30), ...topicPapers('markets', 30));
    const corpora = createCorpusReader({ statistics: createTermStatistics(store), index });
    const [one, two] = await Promise.all([corpora.current(), corpora.current()]);
    expect(one).toBe(two);
    const upTo = one.upTo;
    await add(...topicPapers('galaxies', 60));
    const again = await corpora.upTo(upTo);
    expect(again.geometry).toEqual(one.geometry);
    for (const word of ['robot', 'market', 'galaxi']) {
      expect(again.rarity(hashOfTerm(word))).toBe(one.rarity(hashOfTerm(word)));
    }
  });
});

describe('what is remembered of a person', () => {
  it('is made anew when feedback, seeds or interest settings change, by whichever process, or papers come', async () => {
    const { persons, say, people, keyOf, add, embedder } = await recommendingLibrary({
      robots: 20,
      galaxies: 20,
    });
    const read = () => persons.read({ user: 'ada' });
    await say('like', 'robots-1');
    let before = await read();
    expect(await read()).toBe(before);
    const { embedding } = await embedder.embedQuery('dark matter');
    const changes = [
      () => say('like', 'robots-2'),
      () => people.clearFeedback('ada', 'robots-2'),
      () => people.addSeeds('ada', [{ ...seed('dark matter', 1), embedding }], EARLIER),
      async () => people.setInterestSettings('ada', settings('x', { papers: [await keyOf('robots-1')] })),
      () => people.clearInterestSettings('ada', 'x'),
      () => add(...topicPapers('markets', 1)),
    ];
    for (const change of changes) {
      await change();
      const after = await read();
      expect(after).not.toBe(before);
      before = after;
    }
    // What somebody else says is none of theirs.
    await people.setFeedback('bob', 'robots-5', 'like', EARLIER);
    expect(await read()).toBe(before);
  });

  it('heeds what was just said of an interest, although the clock of who said it is ahead', async () => {
    const { persons, say, people, keyOf } = await recommendingLibrary({ robots: 5, galaxies: 5 });
    await say('like', 'robots-1');
    const ahead = settings('x', {
      name: 'Grasping',
      papers: [await keyOf('robots-1')],
      at: `${TODAY}T12:00:01.000Z`,
    });
    await people.setInterestSettings('ada', ahead);
    expect((await persons.read({ user: 'ada' })).profile.interests[0]?.settings.name).toBe('Grasping');
  });
});

describe('odd libraries and people', () => {
  it.each([1, 2, 3, 5, 20])(
    'of %i papers, one liked, give recommendations and picks without failing',
    async (count) => {
      const { list, say, picks } = await recommendingLibrary({ robots: count });
      await say('like', 'robots-0');
      const { list: found } = await list({ limit: 30 });
      expect(idsOf(found)).not.toContain('robots-0');
      expect(found).toHaveLength(count - 1);
      for (const { score } of found) expect(Number.isFinite(score)).toBe(true);
      const answer = await picks({ user: 'ada' });
      expect(answer.picks.length > 0 || answer.note !== null).toBe(true);
    },
  );

  it('are served when all papers are judged, all liked ones are gone, or all interests are muted', async () => {
    const { list, say, people, store, keyOf, picks } = await recommendingLibrary({ robots: 6, galaxies: 6 });
    const papers = ['robots-0', 'robots-1', 'robots-2', 'robots-3'];
    await say('like', ...papers);
    const keys = await Promise.all(papers.map(keyOf));
    await people.setInterestSettings('ada', settings('x', { papers: keys, isMuted: true }));
    expect((await list()).list).toEqual([]);
    expect((await picks({ user: 'ada' })).note).toMatch(/^Nothing today/);
    await people.clearInterestSettings('ada', 'x');
    await store.removePapers(papers);
    const gone = await list({ limit: 20 });
    expect(gone.person.profile.likes).toEqual([]);
    expect(gone.list).toHaveLength(8);
    await say('hide', 'robots-4', 'robots-5', ...Array.from({ length: 6 }, (_, at) => `galaxies-${at}`));
    expect((await list()).list).toEqual([]);
    expect((await picks({ user: 'ada' })).note).toMatch(/^Nothing today/);
  });

  it('with more likes, seeds and dislikes than are used rest on the latest of them, within bounds', async () => {
    const { persons, people, embedder } = await recommendingLibrary({ robots: 700, galaxies: 400 });
    const at = (second: number) => new Date(Date.parse(EARLIER) + 1_000 * second).toISOString();
    for (let n = 0; n < 600; n++) await people.setFeedback('ada', `robots-${n}`, 'like', at(n));
    for (let n = 0; n < 350; n++) await people.setFeedback('ada', `galaxies-${n}`, 'hide', at(n));
    const { embedding } = await embedder.embedQuery('auction');
    const seeds = Array.from({ length: 700 }, (_, n) => ({ ...seed(`auction ${n}`, 1), embedding }));
    await people.addSeeds('ada', seeds, at(500.5));
    const { profile } = await persons.read({ user: 'ada' });
    expect(profile.likes).toHaveLength(MAX_LIKES);
    expect(profile.unwanted).toHaveLength(MAX_DISLIKES);
    expect(profile.judged.size).toBe(950);
    // Seeds that came at once have room for two in five, and do not push out what was liked before them.
    expect(profile.likes.filter(({ seed: id }) => id === null).map(({ paperId }) => paperId)).toEqual(
      Array.from({ length: 300 }, (_, n) => `robots-${n + 300}`),
    );
    expect(profile.likes.every(({ at: when }, n) => when >= (profile.likes[n - 1]?.at ?? ''))).toBe(true);
  });

  it('do not hold up other requests while their candidates are scored', async () => {
    const { list, say } = await recommendingLibrary({ robots: 400 });
    await say('like', 'robots-1', 'robots-2', 'robots-3');
    await list();
    await say('like', 'robots-4');
    let turns = 0;
    let isDone = false;
    const count = () => {
      turns++;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { pool } = await list();
    isDone = true;
    expect(pool.length).toBeGreaterThan(200);
    expect(turns).toBeGreaterThan(pool.length / 100);
  });
});
