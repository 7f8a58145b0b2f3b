import { describe, expect, it } from 'vitest';
import { paper, searchAnswer } from '../../src/api/answers.ts';
import { recordsAnswer, splitAnswer } from '../../src/api/records.ts';
import { openTestLibrary } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

const TITLE = 'A Robot That Weaves Like Us';
const said = { title: TITLE, abstract: 'Of looms.', authors: ['Ada Lovelace'], date: '2024-05-30' };

/** A paper that three sources tell of. */
async function open() {
  const opened = await openTestLibrary();
  await opened.add(
    { id: '2401.01234v2', source: 'arxiv', ...said, categories: ['cs.RO'] },
    { id: '2401.01234', source: 'daily-papers', ...said, upvotes: 7 },
    { id: 'W1', source: 'openalex', ...said, doi: '10.1000/a' },
  );
  return opened;
}

describe('GET /v1/papers/{id}/records', () => {
  it('tells what each source says of a paper, by any of its ids', async () => {
    const { app } = await open();
    for (const id of ['2401.01234', 'W1']) {
      const answer = answered(await send(app, `GET /v1/papers/${id}/records`), recordsAnswer);
      expect(answer.id).toBe('2401.01234');
      expect(answer.records.map(({ source, id: one, version }) => [source, one, version])).toEqual([
        ['arxiv', '2401.01234', 2],
        ['daily-papers', '2401.01234', null],
        ['openalex', 'W1', null],
      ]);
      expect(answer.records[1]?.fields).toEqual(['upvotes']);
      expect(answer.records[2]?.fields).toEqual(['doi']);
    }
    refused(await send(app, 'GET /v1/papers/unknown/records'), 404, 'not_found');
    refused(await send(app, 'GET /v1/papers/W1/records?x=1'), 400, 'invalid_input');
  });

  it('names one paper in search, feedback and similar papers, whichever id is asked for', async () => {
    const { app, add } = await open();
    await add({ id: 'other', title: 'Looms', abstract: 'Of looms and robots.' });
    for (const id of ['W1', '10.1000/a', '2401.01234']) {
      const { hits } = answered(await send(app, `GET /v1/search?q=${encodeURIComponent(id)}`), searchAnswer);
      expect(hits.filter(({ paper: { title } }) => title === TITLE)).toHaveLength(1);
      expect(hits[0]).toMatchObject({ paper: { id: '2401.01234' }, alternates: [] });
    }
    expect(answered(await send(app, 'GET /v1/papers/W1'), paper)).toMatchObject({
      upvotes: 7,
      doi: '10.1000/a',
    });
    const put = await send(app, 'PUT /v1/users/ada/feedback/W1', { signal: 'like' });
    expect(put.body).toMatchObject({ paperId: '2401.01234' });
    const similar = await send(app, 'GET /v1/papers/W1/similar');
    expect((similar.body.hits as { paper: { id: string } }[]).map((hit) => hit.paper.id)).toEqual(['other']);
    expect(await send(app, 'DELETE /v1/users/ada/feedback/2401.01234')).toMatchObject({ status: 204 });
    expect(await send(app, 'DELETE /v1/papers/W1')).toMatchObject({ status: 204 });
    refused(await send(app, 'GET /v1/papers/2401.01234'), 404, 'not_found');
  });
});

describe('POST /v1/papers/{id}/split', () => {
  it('makes a record a paper of its own, which is found at once and stays apart', async () => {
    const { app, add, store, index } = await open();
    const body = { source: 'openalex', id: 'W1' };
    const answer = answered(await send(app, 'POST /v1/papers/2401.01234/split', body), splitAnswer);
    expect(answer).toEqual({ id: '2401.01234', splitId: 'W1' });
    expect(answered(await send(app, 'GET /v1/papers/W1'), paper)).toMatchObject({
      id: 'W1',
      source: 'openalex',
    });
    const { hits } = answered(await send(app, `GET /v1/search?q=${encodeURIComponent(TITLE)}`), searchAnswer);
    expect(hits.map(({ paper: { id }, alternates }) => [id, alternates.length]).sort()).toEqual([
      ['2401.01234', 0],
      ['W1', 0],
    ]);
    await add({ id: 'W1', source: 'openalex', ...said, doi: '10.1000/a', venue: 'Weaving' });
    expect(await store.counts()).toMatchObject({ papers: 2, embedded: 2 });
    expect((await index.status()).count).toBe(2);
  });

  it('refuses records that the paper does not have, and the only one', async () => {
    const { app, add } = await open();
    await add({ id: 'alone', title: 'Alone', abstract: 'Alone.' });
    const split = (id: string, body: unknown) => send(app, `POST /v1/papers/${id}/split`, body);
    refused(await split('unknown', { source: 'test', id: 'alone' }), 404, 'not_found');
    refused(await split('W1', { source: 'test', id: 'alone' }), 404, 'not_found');
    refused(await split('alone', { source: 'test', id: 'alone' }), 409, 'conflict');
    refused(await split('W1', { source: 'openalex' }), 400, 'invalid_input');
    refused(await split('W1', { source: 'openalex', id: 'W1', more: 1 }), 400, 'invalid_input');
  });
});
