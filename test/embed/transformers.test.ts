import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { embedderContract } from '../contracts/embedder.ts';
import { ABSTRACTS } from '../fixtures/abstracts.ts';
import { openEmbedder, testEmbedder } from '../fixtures/embedders.ts';
import { TEST_MODELS } from '../fixtures/model-cache.ts';

embedderContract('the transformers embedder', () => openEmbedder({}, { workers: 2 }));

const failsWith = (code: string, message = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
const backlog = (count: number) =>
  Array.from({ length: count }, (_, i) => `${i} ${ABSTRACTS[i % ABSTRACTS.length]}`);

describe('under a backlog of passages', () => {
  it('answers queries first', async () => {
    const embedder = await testEmbedder();
    await embedder.ready();
    const finished: string[] = [];
    const note = (name: string) => () => void finished.push(name);
    const passages = backlog(24).map((text, i) => embedder.embedPassages([text]).then(note(`passage ${i}`)));
    const queries = ['bees', 'proteins', 'weather'].map((text) =>
      embedder.embedQuery(text).then(note('query')),
    );
    await Promise.all([...passages, ...queries]);
    // At most the tasks that the thread already held come before.
    expect(finished.lastIndexOf('query')).toBeLessThan(3 + 4);
  });

  it('drops what has not begun when the signal is aborted, and goes on with the rest', async () => {
    const embedder = await testEmbedder();
    await embedder.ready();
    const controller = new AbortController();
    const finished: string[] = [];
    const dropped = embedder.embedPassages(backlog(5_000), controller.signal).catch((error: unknown) => {
      finished.push('dropped');
      return error;
    });
    const kept = embedder.embedPassages(['kept']).then(() => finished.push('kept'));
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await dropped).toBe(reason);
    await kept;
    expect(finished).toEqual(['dropped', 'kept']);
  });

  it('refuses more passages than may wait', async () => {
    const embedder = await testEmbedder({}, { maxWaitingPassages: 10 });
    const first = embedder.embedPassages(backlog(10));
    await expect(embedder.embedPassages(['one more'])).rejects.toEqual(
      failsWith('unavailable', /at most 10 may, 10 do, and 1 came/),
    );
    expect(await first).toHaveLength(10);
    expect(await embedder.embedPassages(['later'])).toHaveLength(1);
  });

  it('refuses what waits when it is closed, and finishes what runs', async () => {
    const embedder = await openEmbedder();
    await embedder.ready();
    const running = embedder.embedPassages(['begun']);
    const waiting = embedder.embedPassages(backlog(40)).catch((error: unknown) => error);
    await embedder.close();
    expect(await running).toHaveLength(1);
    expect(await waiting).toEqual(failsWith('unavailable', /closed before/));
  });
});

it('can be closed while it is starting', async () => {
  const embedder = await openEmbedder();
  const query = embedder.embedQuery('bees').catch((error: unknown) => error);
  await embedder.close();
  expect(await query).toEqual(failsWith('unavailable'));
});

it('embeds a query once, however often it is asked for', async () => {
  const embedder = await testEmbedder();
  await embedder.ready();
  const finished: string[] = [];
  const same = Array.from({ length: 50 }, () => embedder.embedQuery('bees'));
  const other = embedder.embedQuery('weather').then(() => finished.push('other'));
  await Promise.all(same).then(() => finished.push('same'));
  await other;
  // One run answers all fifty, before the query that came after them.
  expect(finished).toEqual(['same', 'other']);
  expect(new Set((await Promise.all(same)).map(({ embedding }) => String(embedding))).size).toBe(1);
});

it('survives many starts and stops in one process', async () => {
  for (let round = 0; round < 6; round++) {
    const embedder = await openEmbedder({}, { workers: 2 });
    await embedder.embedPassages(backlog(8));
    await embedder.close();
  }
});

it('runs a model on one core a worker', async () => {
  const embedder = await testEmbedder();
  const texts = backlog(24);
  await embedder.embedPassages(texts);
  const cpu = process.cpuUsage();
  const begin = performance.now();
  await embedder.embedPassages(texts);
  const elapsedMs = performance.now() - begin;
  const { user, system } = process.cpuUsage(cpu);
  // A session with a thread per core keeps them all busy: 2 seconds of work a second on two cores.
  expect((user + system) / 1_000 / elapsedMs).toBeLessThan(1.4);
});

describe('a process with an embedder', () => {
  const source = new URL('../../src/embed/', import.meta.url);
  /** Runs a program in which `embedder` is open. */
  const run = (body: string) => {
    const program = `
      const { createTransformersEmbedder } = await import(${JSON.stringify(new URL('transformers.ts', source).href)});
      const { describeModel } = await import(${JSON.stringify(new URL('models.ts', source).href)});
      const options = { ...describeModel(), cacheFolder: ${JSON.stringify(TEST_MODELS)}, workers: 2 };
      const embedder = await createTransformersEmbedder(options);
      ${body}`;
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8', timeout: 60_000 },
    );
    return { status, stdout, stderr };
  };
  const passages = `Array(40).fill('bees choose a nest by a vote '.repeat(50))`;

  it('ends by itself after close', () => {
    const result = run(`
      const { embedding } = await embedder.embedQuery('bees');
      await embedder.embedPassages(${passages}.slice(0, 12));
      await embedder.close();
      console.log(embedding.length);
    `);
    expect(result).toEqual({ status: 0, stdout: '384\n', stderr: '' });
  });

  it.each([
    ['loads', ''],
    ['runs', 'await embedder.ready();'],
  ])('can exit while the model %s', (_, before) => {
    const result = run(`
      ${before}
      embedder.embedPassages(${passages});
      setTimeout(() => process.exit(7), 300);
    `);
    expect(result).toEqual({ status: 7, stdout: '', stderr: '' });
  });
});
