import { describe, expect, it } from 'vitest';
import { exportLibrary } from '../../src/recommend/export-library.ts';
import { importLibrary } from '../../src/recommend/import-library.ts';
import { embedMissingSeeds, heldSeeds } from '../../src/recommend/seeds.ts';
import { readBibliography } from '../../src/sources/bibliography.ts';
import { MAX_SEEDS } from '../../src/store/people-store.ts';
import { openTestLibrary, topicPapers } from '../fixtures/library.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const ATTENTION = {
  id: '1706.03762',
  title: 'Attention Is All You Need',
  abstract: 'The Transformer relies on attention alone.',
  authors: ['Ashish Vaswani', 'Noam Shazeer'],
  date: '2017-06-12',
};
const BERT = {
  id: 'bert',
  title: 'BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding',
  abstract: 'A language model that reads in both directions.',
  authors: ['Jacob Devlin', 'Ming-Wei Chang'],
  date: '2018-10-11',
  doi: '10.18653/v1/n19-1423',
};
const RAFT = {
  id: 'raft',
  title: 'In Search of an Understandable Consensus Algorithm',
  abstract: 'Raft is an algorithm for managing a replicated log.',
  authors: ['Diego Ongaro', 'John Ousterhout'],
  date: '2014',
};

/** Two papers of the library, two that are none, one that only an id names, and one that is none at all. */
const LIBRARY = `
@article{attention, title = {Attention is all you need}, author = {Vaswani, A. and Shazeer, N.}, year = 2017}
@article{bert, title = {{BERT}}, doi = {10.18653/v1/N19-1423}}
@article{raft, title = {In Search of an Understandable Consensus Algorithm}, author = {Ongaro, Diego and Ousterhout, John},
  year = 2014, abstract = {Raft is a consensus algorithm.}}
@article{paxos, title = {The Part-Time Parliament}, author = {Lamport, Leslie}, year = 1998}
@misc{nameless, doi = {10.1000/182}}
@misc{nothing, year = 1998}
`;

async function library() {
  const opened = await openTestLibrary();
  await opened.add(ATTENTION, BERT);
  const importing = (text = LIBRARY, fields = {}) =>
    opened.importLibrary({ user: 'ada', text, signal: 'like', ...fields });
  const seeds = () => heldSeeds(opened.people, 'ada');
  const signals = async () =>
    (await opened.people.exportUser('ada')).feedback.map(({ paperId, signal }) => `${signal} ${paperId}`);
  return { ...opened, importing, seeds, signals };
}

describe('a bibliography that is imported', () => {
  it('likes the papers it has, and makes seeds of what the library lacks', async () => {
    const { importing, seeds, signals, people, embedder } = await library();
    const { user, format, matched, unmatched, problems } = await importing();
    expect({ user, format }).toEqual({ user: 'ada', format: 'bibtex' });
    expect(matched).toEqual([
      { label: 'attention', paperId: ATTENTION.id, title: ATTENTION.title, by: 'title', outcome: 'added' },
      { label: 'bert', paperId: BERT.id, title: BERT.title, by: 'doi', outcome: 'added' },
    ]);
    expect(unmatched).toMatchObject([
      { label: 'raft', title: RAFT.title, seed: expect.any(Number) },
      { label: 'paxos', title: 'The Part-Time Parliament', seed: expect.any(Number) },
      { label: 'nameless', title: '', reason: 'no paper of the library has its DOI', seed: null },
    ]);
    expect(problems).toMatchObject([{ at: expect.stringContaining('nothing') }]);
    expect((await signals()).sort()).toEqual(['like 1706.03762', 'like bert']);
    expect(await seeds()).toMatchObject([
      { kind: 'entry', title: RAFT.title, abstract: 'Raft is a consensus algorithm.' },
      { kind: 'entry', title: 'The Part-Time Parliament', abstract: '' },
    ]);
    // Embedded as papers are: with the abstract, or by the title alone.
    const texts = [`${RAFT.title}\nRaft is a consensus algorithm.`, 'The Part-Time Parliament'];
    const passages = await embedder.embedPassages(texts);
    expect((await people.seeds('ada')).map(({ embedding }) => [...embedding])).toEqual(
      passages.map(({ embedding }) => [...embedding]),
    );
  });

  it('changes nothing when it comes again, and embeds nothing again', async () => {
    const { importing, people, embedder } = await library();
    const first = await importing();
    const [held, revision, { passages }] = [
      await people.exportUser('ada'),
      await people.feedbackRevision('ada'),
      { ...embedder.calls },
    ];
    const second = await importing();
    expect(second.matched.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
    expect(second.unmatched).toEqual(first.unmatched);
    expect(await people.exportUser('ada')).toEqual(held);
    expect(await people.feedbackRevision('ada')).toBe(revision);
    expect(embedder.calls.passages).toBe(passages);
  });

  it('keeps what the user has said of a paper before', async () => {
    const { importing, people, signals } = await library();
    await people.setFeedback('ada', BERT.id, 'dislike', '2026-01-01T00:00:00.000Z');
    const { matched } = await importing(LIBRARY, { signal: 'save' });
    expect(matched.map(({ paperId, outcome }) => `${paperId} ${outcome}`)).toEqual([
      '1706.03762 added',
      'bert kept',
    ]);
    expect((await signals()).sort()).toEqual(['dislike bert', 'save 1706.03762']);
    expect((await importing()).matched.map(({ outcome }) => outcome)).toEqual(['kept', 'kept']);
  });

  it('likes a paper that has come meanwhile, in place of its seed', async () => {
    const { importing, add, seeds, signals } = await library();
    await importing();
    await add(RAFT);
    const { matched, unmatched } = await importing();
    expect(matched.map(({ paperId, outcome }) => `${paperId} ${outcome}`)).toContain('raft added');
    expect(unmatched.map(({ label }) => label)).toEqual(['paxos', 'nameless']);
    expect((await seeds()).map(({ title }) => title)).toEqual(['The Part-Time Parliament']);
    expect(await signals()).toContain('like raft');
  });

  it('leaves seeds of other files, and what the user wrote, alone', async () => {
    const { importing, seeds, people, embedder } = await library();
    const [passage] = await embedder.embedPassages(['x']);
    const embedding = passage?.embedding ?? new Float32Array();
    const written = { kind: 'text' as const, title: 'Attention is all you need', abstract: '', embedding };
    await people.addSeeds('ada', [written], '2026-01-01');
    await importing('@book{a, title = {A History of Distributed Databases and Time}}');
    await importing();
    expect((await seeds()).map(({ title }) => title)).toEqual([
      'Attention is all you need',
      'A History of Distributed Databases and Time',
      RAFT.title,
      'The Part-Time Parliament',
    ]);
  });

  it('makes one seed of a work that it has twice, with the abstract that one of them has', async () => {
    const { importing, seeds } = await library();
    const bare = '@misc{a, title = {In search of an understandable Consensus-Algorithm}}\n';
    const full = `@misc{b, title = {${RAFT.title}}, abstract = {Raft.}}\n`;
    const first = await importing(bare);
    expect(await seeds()).toMatchObject([{ abstract: '' }]);
    const both = await importing(bare + full);
    expect(await seeds()).toMatchObject([{ title: RAFT.title, abstract: 'Raft.' }]);
    const [{ id } = { id: 0 }] = await seeds();
    expect(both.unmatched.map(({ seed }) => seed)).toEqual([id, id]);
    expect(first.unmatched[0]?.seed).not.toBe(id);
    // The one without an abstract finds it, and takes nothing away.
    expect((await importing(bare)).unmatched[0]?.seed).toBe(id);
    expect(await seeds()).toMatchObject([{ id, abstract: 'Raft.' }]);
  });

  it('makes no one seed of works whose title says nothing', async () => {
    const { importing, seeds } = await library();
    const two =
      '@misc{a, title={Introduction}, abstract={Robots.}}\n@misc{b, title={Introduction}, abstract={Genes.}}';
    await importing(two);
    await importing(two);
    expect((await seeds()).map(({ abstract }) => abstract)).toEqual(['Robots.', 'Genes.']);
  });

  it('gives the seeds there is room for to the newest works, and says so of the rest', async () => {
    const { importing, seeds, embedder } = await library();
    const count = MAX_SEEDS + 20;
    const text = Array.from(
      { length: count },
      (_, at) => `@book{b${at}, title = {On the subject number${at}}, year = ${1900 + Math.floor(at / 10)}}`,
    ).join('\n');
    const first = await importing(text);
    const without = first.unmatched.filter(({ seed }) => seed === null);
    expect(without.map(({ label }) => label)).toEqual(Array.from({ length: 20 }, (_, at) => `b${at}`));
    expect(without[0]?.reason).toBe(
      'no paper of the library has its title; no seed was made of it, as a user can have up to 1000',
    );
    expect(await seeds()).toHaveLength(MAX_SEEDS);
    const { passages } = embedder.calls;
    expect(await importing(text)).toEqual(first);
    expect(embedder.calls.passages).toBe(passages);
  });

  it.each([1, 2])('is completed by the next one when it fails after %i batches of seeds', async (batches) => {
    const { importing, seeds, signals, store, people, embedder } = await library();
    const books = Array.from(
      { length: 80 },
      (_, at) => `@book{b${at}, title = {On the subject number${at}}}`,
    );
    const text = LIBRARY + books.join('\n');
    let left = batches;
    const failing = {
      ...embedder,
      embedPassages: async (texts: readonly string[]) => {
        if (left-- === 0) throw new Error('power cut');
        return embedder.embedPassages(texts);
      },
    };
    const deps = { store, people, embedder: failing, now: () => '2026-01-15T12:00:00.000Z' };
    await expect(importLibrary(deps, { user: 'ada', text, signal: 'like' })).rejects.toThrow('power cut');
    expect(await signals()).toHaveLength(2);
    expect(await seeds()).toHaveLength(32 * batches);
    await importing(text);
    expect(await seeds()).toHaveLength(82);
    expect(new Set((await seeds()).map(({ title }) => title)).size).toBe(82);
  });

  it('ends when it is told to', async () => {
    const { importing, signals } = await library();
    await expect(importing(LIBRARY, { abort: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(await signals()).toEqual([]);
    const abort = new AbortController();
    const books = Array.from(
      { length: 80 },
      (_, at) => `@book{b${at}, title = {On the subject number${at}}}`,
    );
    const told: number[][] = [];
    const onProgress = (...progress: number[]) => {
      told.push(progress);
      abort.abort();
    };
    await expect(importing(books.join('\n'), { abort: abort.signal, onProgress })).rejects.toMatchObject({
      code: 'unavailable',
    });
    expect(told).toEqual([[32, 80]]);
  });

  it('is refused when it is none, and changes nothing', async () => {
    const { importing, people } = await library();
    await expect(importing('hello')).rejects.toMatchObject({ code: 'invalid_input' });
    await expect(importing(LIBRARY, { format: 'ris' })).rejects.toMatchObject({
      message: 'Expected RIS, got BibTeX.',
    });
    expect((await people.counts()).users).toBe(0);
  });
});

describe('seeds', () => {
  it('are embedded by a new model, each as its kind is', async () => {
    const folder = temporaryFolder();
    const before = await openTestLibrary({ folder, model: 'old' });
    await before.importLibrary({ user: 'ada', text: LIBRARY, signal: 'like' });
    await before.importLibrary({ user: 'bob', text: LIBRARY, signal: 'like' });
    const [passage] = await before.embedder.embedPassages(['x']);
    const embedding = passage?.embedding ?? new Float32Array();
    await before.people.addSeeds('ada', [{ kind: 'text', title: 'robots', abstract: '', embedding }], '2026');
    const after = await openTestLibrary({ folder, model: 'new' });
    expect(await after.people.seeds('ada')).toEqual([]);
    expect(await heldSeeds(after.people, 'ada')).toHaveLength(5);
    const before2 = { ...after.embedder.calls };
    expect(await embedMissingSeeds(after, { signal: AbortSignal.abort() })).toBe(0);
    expect(await embedMissingSeeds(after)).toBe(9);
    expect(after.embedder.calls.passages - before2.passages).toBe(8);
    expect(after.embedder.calls.queries - before2.queries).toBe(1);
    const seeds = await after.people.seeds('ada');
    expect(seeds.map(({ kind }) => kind)).toEqual(['entry', 'entry', 'entry', 'entry', 'text']);
    const { embedding: robots } = await after.embedder.embedQuery('robots');
    expect([...(seeds.at(-1)?.embedding ?? [])]).toEqual([...robots]);
    expect(await embedMissingSeeds(after)).toBe(0);
  });
});

describe('a library that is exported', () => {
  it.each(['bibtex', 'ris', 'csl-json'] as const)('is whole as %s, and comes in again', async (format) => {
    const opened = await openTestLibrary();
    const papers = topicPapers('robots', 250);
    await opened.add(...papers);
    const ids = papers.map(({ id }) => String(id));
    await opened.people.addFeedback('ada', ids.slice(0, 230), 'like', '2026-01-01T00:00:00.000Z');
    await opened.people.addFeedback('ada', ids.slice(230, 240), 'save', '2026-01-02T00:00:00.000Z');
    await opened.people.addFeedback('ada', ids.slice(240), 'dislike', '2026-01-02T00:00:00.000Z');
    await opened.store.removePapers(ids.slice(0, 3));
    const write = async (signals: ('like' | 'save')[]) => {
      let text = '';
      for await (const piece of exportLibrary(opened, { user: 'ada', signals, format })) text += piece;
      return text;
    };
    const text = await write(['like', 'save']);
    const { entries, problems } = await readBibliography(text, format);
    expect({ entries: entries.length, problems }).toEqual({ entries: 237, problems: [] });
    expect(new Set(entries.map(({ label }) => label)).size).toBe(237);
    expect((await readBibliography(await write(['save']))).entries).toHaveLength(10);
  });

  it('may be empty', async () => {
    const opened = await openTestLibrary();
    for (const [format, expected] of [
      ['bibtex', ''],
      ['ris', ''],
      ['csl-json', '[]\n'],
    ] as const) {
      let text = '';
      for await (const piece of exportLibrary(opened, { user: 'eve', signals: ['like'], format }))
        text += piece;
      expect(text).toBe(expected);
    }
  });
});
