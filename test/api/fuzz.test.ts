import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { send } from './requests.ts';

/** Strings that a text field, FTS5, a URL or SQL might trip over, among arbitrary ones. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(
      fc.constantFrom(
        '"',
        "'",
        '*',
        'NEAR(',
        ')',
        'AND',
        'OR',
        'NOT',
        '-',
        '+',
        '^',
        ':',
        '{',
        '\u0000',
        'robot',
        'C++',
        '\ud800',
        '%',
        '\\',
      ),
    )
    .map((parts) => parts.join(' ')),
);
const value = fc.oneof(text, fc.double(), fc.integer(), fc.boolean(), fc.constant(null), fc.jsonValue());

/** Whatever was asked, the answer is one of ours: never a failure of the server. */
const isAnswer = ({ status, body }: { status: number; body: Record<string, unknown> }) =>
  (status >= 200 && status < 300) || (status >= 400 && status < 500 && typeof body.detail === 'string');

describe('arbitrary input', () => {
  it('is answered or refused, in every query parameter', async () => {
    const { app, add, failures } = await openTestLibrary();
    await add(...topicPapers('robots', 20));
    const parameter = fc.constantFrom(
      'q',
      'mode',
      'from',
      'to',
      'category',
      'source',
      'minUpvotes',
      'hasCode',
      'limit',
      'cursor',
      'format',
      'signal',
      'x',
    );
    const path = fc.constantFrom(
      '/v1/search',
      '/v1/papers',
      '/v1/papers/robots-1/similar',
      '/v1/users/ada/recommendations',
      '/v1/users/ada/library',
      '/v1/users/ada/seeds',
      '/v1/users/ada/interactions',
    );
    await fc.assert(
      fc.asyncProperty(
        path,
        fc.array(fc.tuple(parameter, text), { maxLength: 4 }),
        text,
        async (at, pairs, query) => {
          const parameters = new URLSearchParams(pairs);
          if (at === '/v1/search') parameters.append('q', query);
          expect(await send(app, `GET ${at}?${parameters}`)).toSatisfy(isAnswer);
        },
      ),
      { numRuns: 400 },
    );
    expect(failures).toEqual([]);
  });

  it('is answered or refused, in every body and path, and leaves whole papers behind', async () => {
    const { app, add, store, failures } = await openTestLibrary();
    await add(...topicPapers('robots', 5));
    const paper = fc.record(
      {
        id: fc.oneof(fc.constantFrom('robots-1', 'new', '2401.01234v3'), value),
        title: fc.oneof(fc.constant('A title'), value),
        abstract: fc.oneof(fc.constant('An abstract.'), value),
        authors: value,
        date: fc.oneof(fc.constant('2024-05'), value),
        upvotes: value,
        colour: value,
      },
      { requiredKeys: ['id', 'title', 'abstract'] },
    );
    const examples = fc.record(
      { positive: value, negative: value, text: value, limit: value },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(paper, value), { maxLength: 5 }),
        examples,
        text,
        value,
        async (papers, body, id, signal) => {
          expect(await send(app, 'POST /v1/papers', JSON.stringify(papers))).toSatisfy(isAnswer);
          expect(
            await send(app, 'POST /v1/papers', papers.map((entry) => JSON.stringify(entry)).join('\n'), {
              'content-type': 'application/x-ndjson',
            }),
          ).toSatisfy(isAnswer);
          expect(await send(app, 'POST /v1/similar', JSON.stringify(body))).toSatisfy(isAnswer);
          const segment = encodeURIComponent(id.toWellFormed()) || 'x';
          expect(
            await send(app, `PUT /v1/papers/${segment}`, JSON.stringify({ title: 't', abstract: 'a' })),
          ).toSatisfy(isAnswer);
          expect(
            await send(app, `PUT /v1/users/${segment}/feedback/robots-1`, JSON.stringify({ signal })),
          ).toSatisfy(isAnswer);
          expect(await send(app, `GET /v1/users/ada/picks?date=${segment}`)).toSatisfy(isAnswer);
        },
      ),
      { numRuns: 200 },
    );
    expect(failures).toEqual([]);
    const { papers, embedded } = await store.counts();
    expect(embedded).toBe(papers);
  });

  it('is answered or refused, in what people bring along', async () => {
    const { app, add, failures } = await openTestLibrary();
    await add(...topicPapers('robots', 5));
    const event = fc.record(
      {
        kind: fc.oneof(fc.constantFrom('shown', 'clicked'), value),
        paper: fc.oneof(fc.constant('robots-1'), value),
        channel: fc.oneof(fc.constant('digest'), value),
        rank: fc.oneof(fc.integer({ min: -1, max: 3 }), value),
        probability: fc.oneof(fc.double({ min: -0.5, max: 1.5 }), value),
        score: value,
      },
      { requiredKeys: ['kind', 'paper', 'channel'] },
    );
    const seed = fc.record({ text: value, texts: fc.oneof(fc.array(text), value) }, { requiredKeys: [] });
    const pieces = [
      '@article{a,',
      'title',
      '=',
      '{',
      '}',
      '"',
      '@string',
      '#',
      ',',
      '\n',
      'TY  - JOUR',
      'ER  - ',
      'TI  - ',
    ];
    const piece = fc.oneof(
      fc.constantFrom(...pieces, 'robot arm', '[{"title":', '}]', '"x"', '\\"o', '&amp;'),
      text,
    );
    const bibliography = fc.oneof(
      fc.array(piece, { maxLength: 20 }).map((parts) => parts.join('')),
      fc
        .array(fc.record({ title: value, DOI: value, author: value, issued: value, abstract: value }))
        .map((items) => JSON.stringify(items)),
    );
    const type = fc.constantFrom(
      'text/plain',
      'application/x-bibtex',
      'application/json',
      'text/plain; charset=utf-16le',
    );
    const id = fc.oneof(
      fc.nat().map(String),
      text.map((each) => encodeURIComponent(each.toWellFormed())),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(event, value), { maxLength: 3 }),
        seed,
        fc.tuple(bibliography, type),
        id,
        async (events, said, [body, contentType], number) => {
          const path = '/v1/users/ada';
          expect(await send(app, `POST ${path}/interactions`, JSON.stringify({ events }))).toSatisfy(
            isAnswer,
          );
          expect(await send(app, `POST ${path}/seeds`, JSON.stringify(said))).toSatisfy(isAnswer);
          const headers = { 'content-type': contentType };
          expect(await send(app, `POST ${path}/library`, body, headers)).toSatisfy(isAnswer);
          expect(await send(app, `DELETE ${path}/seeds/${number || 'x'}`)).toSatisfy(isAnswer);
        },
      ),
      { numRuns: 200 },
    );
    expect((await send(app, 'GET /v1/users/ada/export')).status).toBe(200);
    expect(failures).toEqual([]);
  });
});
