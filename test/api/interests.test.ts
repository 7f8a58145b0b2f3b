import { describe, expect, it } from 'vitest';
import { recommendAnswer } from '../../src/api/answers.ts';
import { explanationAnswer, interestAnswer, interestsAnswer } from '../../src/api/interests.ts';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

/** Ada likes robots, and one galaxy. */
async function library() {
  const opened = await openTestLibrary();
  const { add, people, app } = opened;
  await add(...topicPapers('robots', 30), ...topicPapers('galaxies', 30), ...topicPapers('markets', 30));
  for (const id of ['robots-1', 'robots-5', 'robots-9', 'galaxies-2'])
    await people.setFeedback('ada', id, 'like', '2026-01-02T08:00:00.000Z');
  const list = async () =>
    answered(await send(app, 'GET /v1/users/ada/interests'), interestsAnswer).interests;
  const change = (id: string, body: unknown) => send(app, `PATCH /v1/users/ada/interests/${id}`, body);
  const topics = async (limit = 10) => {
    const answer = await send(app, `GET /v1/users/ada/recommendations?limit=${limit}`);
    return answered(answer, recommendAnswer).hits.map(({ paper }) => paper.id.split('-')[0]);
  };
  return { ...opened, list, change, topics };
}

describe('interests', () => {
  it('are listed with their papers, named after their terms', async () => {
    const { list } = await library();
    const [robots, galaxies, ...others] = await list();
    expect(others).toEqual([]);
    expect(robots).toMatchObject({ likes: 3, isNamed: false, isMuted: false, isPinned: false, weight: 1 });
    expect(robots?.papers.map(({ id }) => id).sort()).toEqual(['robots-1', 'robots-5', 'robots-9']);
    expect(robots?.name).toMatch(/robot|arm|grasping|manipulation|gripper|dexterous|control|policy/);
    expect(galaxies?.likes).toBe(1);
    expect((robots?.share ?? 0) + (galaxies?.share ?? 0)).toBeCloseTo(1, 9);
  });

  it('are renamed, muted, pinned and weighed, at once; and it is forgotten on request', async () => {
    const { list, change, topics, app } = await library();
    const [robots, galaxies] = await list();
    if (!robots || !galaxies) throw new Error('expected two interests');
    expect(new Set(await topics())).toEqual(new Set(['robots', 'galaxies']));

    const named = answered(await change(robots.id, { name: 'My robots', weight: 3 }), interestAnswer);
    expect(named).toMatchObject({ id: robots.id, name: 'My robots', isNamed: true, weight: 3 });
    expect(named.share).toBeGreaterThan(robots.share);

    const muted = answered(await change(robots.id, { isMuted: true }), interestAnswer);
    expect(muted).toMatchObject({ name: 'My robots', weight: 3, isMuted: true, share: 0 });
    expect(new Set(await topics())).toEqual(new Set(['galaxies']));

    await change(robots.id, { isMuted: false, weight: 10 });
    await change(galaxies.id, { isPinned: true });
    expect((await topics()).filter((topic) => topic === 'galaxies').length).toBeGreaterThan(0);

    expect((await send(app, `DELETE /v1/users/ada/interests/${robots.id}`)).status).toBe(204);
    expect((await list()).find(({ id }) => id === robots.id)).toEqual(robots);
    // Nothing was said of it any more: it is there, and forgetting is done.
    expect((await send(app, `DELETE /v1/users/ada/interests/${robots.id}`)).status).toBe(204);
  });

  it('keep what was said of them when others are liked', async () => {
    const { list, change, people } = await library();
    const [robots] = await list();
    await change(robots?.id ?? '', { name: 'My robots' });
    for (const id of ['robots-12', 'robots-14', 'markets-3', 'markets-4'])
      await people.setFeedback('ada', id, 'save', '2026-01-03T08:00:00.000Z');
    const after = await list();
    expect(after).toHaveLength(3);
    expect(after.find(({ id }) => id === robots?.id)).toMatchObject({ name: 'My robots', likes: 5 });
  });

  it('refuse what is no change, and an unknown id', async () => {
    const { list, change, app } = await library();
    const id = (await list())[0]?.id ?? '';
    for (const body of [
      {},
      { weight: 11 },
      { weight: 0 },
      { name: ' ' },
      { name: 'x'.repeat(201) },
      { colour: 1 },
    ])
      refused(await change(id, body), 400, 'invalid_input');
    refused(await change('paper-999', { isMuted: true }), 404, 'not_found');
    refused(await send(app, 'DELETE /v1/users/ada/interests/paper-999'), 404, 'not_found');
    expect(answered(await send(app, 'GET /v1/users/nobody/interests'), interestsAnswer).interests).toEqual(
      [],
    );
  });
});

describe('an explanation', () => {
  it('tells rank, parts, the likes behind a paper, and its place without them', async () => {
    const { app } = await library();
    const answer = await send(app, 'GET /v1/users/ada/recommendations?limit=5');
    for (const [at, { paper }] of answered(answer, recommendAnswer).hits.entries()) {
      const why = answered(
        await send(app, `GET /v1/users/ada/recommendations/${paper.id}`),
        explanationAnswer,
      );
      expect(why.rank).toBe(at + 1);
      expect(why.among).toBeGreaterThanOrEqual(5);
      const sum = why.likes.reduce((all, { share }) => all + share, 0);
      expect(sum).toBeCloseTo(1, 6);
      const [first] = why.likes;
      expect(first?.paper?.id).toBe('paper' in why.because ? why.because.paper?.id : undefined);
      expect(first?.without?.score ?? 0).toBeLessThan(why.score);
    }
  });

  it('is there for a paper far down, and says why there is none', async () => {
    const { app, people } = await library();
    const far = answered(await send(app, 'GET /v1/users/ada/recommendations/markets-7'), explanationAnswer);
    expect(far.rank).toBeGreaterThan(20);
    refused(await send(app, 'GET /v1/users/ada/recommendations/nope'), 404, 'not_found');
    refused(await send(app, 'GET /v1/users/ada/recommendations/robots-1'), 409, 'conflict');
    refused(await send(app, 'GET /v1/users/nobody/recommendations/robots-1'), 409, 'conflict');
    await people.setFeedback('ada', 'robots-3', 'hide', '2026-01-03T08:00:00.000Z');
    refused(await send(app, 'GET /v1/users/ada/recommendations/robots-3'), 409, 'conflict');
  });
});
