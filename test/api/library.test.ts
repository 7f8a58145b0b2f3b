import { describe, expect, it } from 'vitest';
import { erased } from '../../src/api/held-answers.ts';
import { MAX_IMPORTS_UNDER_WAY } from '../../src/api/library.ts';
import { importAnswer, interactionsAnswer, seedsAnswer } from '../../src/api/library-answers.ts';
import { BIBLIOGRAPHY_LIMITS, readBibliography } from '../../src/sources/bibliography.ts';
import { writeBibtex, writeCslJson, writeRis } from '../../src/sources/bibliography-export.ts';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { answered, refused, send } from './requests.ts';

async function library() {
  const opened = await openTestLibrary();
  await opened.add(...topicPapers('robots', 5), {
    id: '1706.03762',
    title: 'Attention Is All You Need',
    abstract: 'The Transformer relies on attention alone.',
    authors: ['Ashish Vaswani', 'Noam Shazeer'],
    date: '2017-06-12',
  });
  const post = (body: string, type: string, query = '') =>
    send(opened.app, `POST /v1/users/ada/library${query}`, body, { 'content-type': type });
  return { ...opened, post };
}

const BIBTEX = `@article{a, title = {Attention is all you need}, author = {Vaswani, A.}, year = 2017}
@article{b, title = {The Part-Time Parliament}, author = {Lamport, L.}, year = 1998}`;
const PAPER = {
  id: '1706.03762',
  title: 'Attention Is All You Need',
  abstract: 'Attention.',
  authors: ['Ashish Vaswani'],
  date: '2017',
  categories: [],
  source: 'test',
  arxivId: '1706.03762',
};

describe('POST /v1/users/{user}/library', () => {
  it('says what became of each entry', async () => {
    const { post, app } = await library();
    const answer = answered(
      await post(`${BIBTEX}\n@misc{c, note = {}}`, 'application/x-bibtex'),
      importAnswer,
    );
    expect(answer).toMatchObject({
      user: 'ada',
      format: 'bibtex',
      matched: [{ label: 'a', paperId: '1706.03762', by: 'title', outcome: 'added' }],
      unmatched: [{ label: 'b', title: 'The Part-Time Parliament', seed: 1 }],
      problems: [{ at: expect.stringContaining('c') }],
    });
    const again = answered(await post(BIBTEX, 'application/x-bibtex', '?signal=save'), importAnswer);
    expect(again.matched).toMatchObject([{ outcome: 'kept' }]);
    const { seeds } = answered(await send(app, 'GET /v1/users/ada/seeds'), seedsAnswer);
    expect(seeds).toMatchObject([{ id: 1, kind: 'entry', title: 'The Part-Time Parliament' }]);
  });

  it.each([
    ['application/x-bibtex', writeBibtex, ''],
    ['text/x-bibtex; charset=UTF-8', writeBibtex, '?format=bibtex'],
    ['application/x-research-info-systems', writeRis, '?signal=save'],
    ['application/vnd.citationstyles.csl+json', writeCslJson, ''],
    ['Application/JSON', writeCslJson, '?format=csl-json'],
    ['text/plain', writeCslJson, ''],
    ['text/plain', writeRis, ''],
    ['text/plain;charset="utf-8"', writeBibtex, '?format=bibtex'],
  ])('reads %s by %o%s', async (type, write, query) => {
    const { post } = await library();
    const { matched } = answered(await post(write([PAPER]), type, query), importAnswer);
    expect(matched).toMatchObject([{ paperId: '1706.03762', by: 'arxiv', outcome: 'added' }]);
  });

  it('reads what is not UTF-8 where it is told, and guesses nothing', async () => {
    const { app } = await library();
    const bytes = Buffer.from('@book{g,\n title = {G\u00f6del, Escher, Bach}}', 'latin1');
    const posted = async (body: Uint8Array, type: string) => {
      const headers = { 'content-type': type };
      const response = await app.request('/v1/users/ada/library', { method: 'POST', headers, body });
      return {
        status: response.status,
        body: (await response.json()) as Record<string, unknown>,
        headers: response.headers,
      };
    };
    const { detail } = refused(await posted(bytes, 'text/x-bibtex'), 400, 'invalid_input');
    expect(detail).toBe('Expected text in UTF-8, got other bytes in line 2: save it as UTF-8.');
    const unknown = refused(await posted(bytes, 'text/plain; charset=klingon'), 400, 'invalid_input');
    expect(unknown.detail).toContain('klingon');
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString('latin1'), 'utf16le')]);
    for (const answer of [
      await posted(bytes, 'text/x-bibtex; charset=ISO-8859-1'),
      await posted(wide, 'text/plain'),
    ]) {
      expect(answered(answer, importAnswer).unmatched).toMatchObject([{ title: 'G\u00f6del, Escher, Bach' }]);
    }
  });

  it.each([
    ['no bibliography', 'hello', 'text/plain', '', 400, 'invalid_input'],
    ['nothing', '', 'text/plain', '', 400, 'invalid_input'],
    ['broken JSON', '[{"title": ', 'application/json', '', 400, 'invalid_input'],
    ['another format than its type', BIBTEX, 'application/x-research-info-systems', '', 400, 'invalid_input'],
    ['a type that is not the format', BIBTEX, 'application/x-bibtex', '?format=ris', 400, 'invalid_input'],
    ['another format than it says', BIBTEX, 'text/plain', '?format=ris', 400, 'invalid_input'],
    ['another signal', BIBTEX, 'text/plain', '?signal=hide', 400, 'invalid_input'],
    ['another parameter', BIBTEX, 'text/plain', '?kind=like', 400, 'invalid_input'],
    ['a form', BIBTEX, 'application/x-www-form-urlencoded', '', 415, 'unsupported_media_type'],
    ['no type', BIBTEX, '', '', 415, 'unsupported_media_type'],
    ['a type of objects', BIBTEX, 'constructor', '', 415, 'unsupported_media_type'],
    [
      'what is too long',
      'x'.repeat(BIBLIOGRAPHY_LIMITS.bytes + 1),
      'text/plain',
      '',
      413,
      'payload_too_large',
    ],
    [
      'too many entries',
      '@misc{a,title={b}}\n'.repeat(BIBLIOGRAPHY_LIMITS.entries + 1),
      'text/plain',
      '',
      400,
      'invalid_input',
    ],
  ])('refuses %s', async (_, body, type, query, status, code) => {
    const { post, people } = await library();
    refused(await post(body, type, query), status, code);
    expect((await people.counts()).users).toBe(0);
  });

  it('takes a few at a time', async () => {
    const { post } = await library();
    const all = await Promise.all(
      Array.from({ length: MAX_IMPORTS_UNDER_WAY + 2 }, () => post(BIBTEX, 'text/plain')),
    );
    const late = all.filter(({ status }) => status === 503);
    expect(late).toHaveLength(2);
    refused(late[0] ?? { status: 0, body: {}, headers: new Headers() }, 503, 'unavailable');
    expect(late[0]?.headers.get('retry-after')).toBe('10');
    expect((await post(BIBTEX, 'text/plain')).status).toBe(200);
  });

  it('refuses plain text that the page of another site sends', async () => {
    const { app, people } = await library();
    for (const origin of ['https://evil.example', 'null']) {
      const headers = { 'content-type': 'text/plain', origin };
      refused(await send(app, 'POST /v1/users/ada/library', BIBTEX, headers), 403, 'forbidden');
    }
    expect((await people.counts()).users).toBe(0);
  });

  it('ends when the server must stop', async () => {
    const { post, stop } = await library();
    stop.abort();
    refused(await post(BIBTEX, 'text/plain'), 503, 'unavailable');
  });
});

describe('GET /v1/users/{user}/library', () => {
  it('gives liked and saved papers as a file', async () => {
    const { app } = await library();
    for (const [paper, signal] of [
      ['1706.03762', 'like'],
      ['robots-1', 'save'],
      ['robots-2', 'dislike'],
    ]) {
      await send(app, `PUT /v1/users/ada/feedback/${paper}`, { signal });
    }
    const bibtex = await send(app, 'GET /v1/users/ada/library');
    expect(bibtex.headers.get('content-type')).toBe('application/x-bibtex; charset=utf-8');
    expect(bibtex.headers.get('content-disposition')).toBe('attachment; filename="ada.bib"');
    const read = async (query: string) => {
      const response = await app.request(`/v1/users/ada/library?${query}`);
      const { format, entries } = await readBibliography(await response.text());
      return [response.headers.get('content-type'), format, ...entries.map(({ title }) => title).sort()];
    };
    const title = 'Attention Is All You Need';
    const ris = 'application/x-research-info-systems; charset=utf-8';
    expect(await read('')).toEqual([
      'application/x-bibtex; charset=utf-8',
      'bibtex',
      title,
      'arm grasping manipulation robots1',
    ]);
    expect(await read('format=ris&signal=like')).toEqual([ris, 'ris', title]);
    const csl = 'application/vnd.citationstyles.csl+json';
    expect(await read('format=csl-json&signal=save')).toEqual([
      csl,
      'csl-json',
      'arm grasping manipulation robots1',
    ]);
  });

  it('gives all, however many, and an empty file to who has none', async () => {
    const { app, add, people } = await library();
    const papers = topicPapers('markets', 230);
    await add(...papers);
    const ids = papers.map(({ id }) => String(id));
    await people.addFeedback('ada', ids, 'like', '2026-01-01T00:00:00.000Z');
    const text = await (await app.request('/v1/users/ada/library')).text();
    expect((await readBibliography(text)).entries).toHaveLength(230);
    const none = await app.request('/v1/users/eve/library?format=csl-json');
    expect([none.status, await none.text()]).toEqual([200, '[]\n']);
    expect(await (await app.request('/v1/users/eve/library')).text()).toBe('');
  });

  it.each(['format=endnote', 'signal=dislike', 'limit=3'])('refuses %s', async (query) => {
    const { app } = await library();
    refused(await send(app, `GET /v1/users/ada/library?${query}`), 400, 'invalid_input');
  });
});

it('what people brought is erased with them', async () => {
  const { post, app } = await library();
  await post(BIBTEX, 'text/plain');
  await send(app, 'POST /v1/users/ada/seeds', { text: 'robots' });
  const event = { kind: 'shown', paper: 'robots-1', channel: 'page' };
  await send(app, 'POST /v1/users/ada/interactions', { events: [event] });
  const gone = answered(await send(app, 'DELETE /v1/users/ada'), erased);
  expect(gone).toMatchObject({ feedback: 1, history: 1, seeds: 2, events: 1 });
  expect(answered(await send(app, 'GET /v1/users/ada/seeds'), seedsAnswer).total).toBe(0);
  const { events } = answered(await send(app, 'GET /v1/users/ada/interactions'), interactionsAnswer);
  expect(events).toEqual([]);
  expect((await send(app, 'GET /v1/users/ada/library')).body).toEqual({ text: '' });
});
