import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/statistics.ts';
import { answerBy } from '../fixtures/answer-by.ts';
import { arxivPaper } from '../fixtures/arxiv-papers.ts';
import { createArxivServer } from '../fixtures/arxiv-server.ts';
import { createDailyPapersServer, listedItem } from '../fixtures/daily-papers-server.ts';
import { startFaultyServer } from '../fixtures/faulty-server.ts';
import { openSyncing } from '../fixtures/syncing.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const KILLS = 20;
const FROM = '2025-03-01';
const NOW = '2025-03-10T12:00:00Z';
const PROGRAM = fileURLToPath(new URL('./sync-once.ts', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const dayOf = (number: number) => `2025-03-${String(1 + (number % 10)).padStart(2, '0')}`;

it(`is complete after ${KILLS} kills at moments by chance`, { timeout: 300_000 }, async () => {
  const papers = Array.from({ length: 400 }, (_, at) =>
    arxivPaper(`2503.${String(at).padStart(5, '0')}`, dayOf(at)),
  );
  const arxiv = createArxivServer(papers, { now: NOW, recordsPerList: 8 });
  const daily = createDailyPapersServer(NOW.slice(0, 10));
  for (const [at, { id }] of papers.entries()) {
    if (at % 5 > 0) continue;
    const day = dayOf(at / 5);
    daily.days.set(day, [...(daily.days.get(day) ?? []), listedItem(id, { upvotes: at })]);
  }
  const servers = [answerBy(arxiv.handle), answerBy(daily.handle)].map((handler) =>
    startFaultyServer(handler),
  );
  const [first, second] = await Promise.all(servers);
  const addresses = [first?.origin ?? '', second?.origin ?? ''] as const;
  const folder = temporaryFolder();
  const random = createRandom(11);

  /** Runs the program, and kills it so long after its next request; resolves to whether it came to its end. */
  const run = (killAfterMs: number | null) =>
    new Promise<boolean>((resolve) => {
      const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, folder, ...addresses, FROM, NOW], {
        cwd: ROOT,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let output = '';
      child.stdout.on('data', (text) => {
        output += text;
      });
      const asked = () => (first?.requests.length ?? 0) + (second?.requests.length ?? 0);
      const before = asked();
      const watch = setInterval(() => {
        if (killAfterMs === null || asked() === before) return;
        clearInterval(watch);
        setTimeout(() => child.kill('SIGKILL'), killAfterMs);
      }, 1);
      child.once('close', () => {
        clearInterval(watch);
        resolve(/^done$/m.test(output));
      });
    });

  let ended = 0;
  for (let kill = 0; kill < KILLS; kill++) if (await run(Math.floor(80 * random()))) ended++;
  // Else hardly anything was under way when it was killed.
  expect(ended).toBeLessThan(KILLS / 2);
  expect(await run(null)).toBe(true);

  const library = openSyncing({
    ...{ folder, arxiv: addresses[0], dailyPapers: addresses[1], from: FROM },
    ...{ now: () => new Date(NOW), limits: {} },
  });
  const held = new Map<string, number | undefined>();
  for (let key = 0; ; ) {
    const next = await library.store.papersAfter(key, 100);
    for (const { paper } of next) held.set(paper.id, paper.upvotes);
    const last = next.at(-1)?.key;
    if (last === undefined) break;
    key = last;
  }
  const counted = await library.store.counts();
  await library.close();
  expect(held).toEqual(new Map(papers.map(({ id }, at) => [id, at % 5 === 0 ? at : undefined])));
  expect(counted).toMatchObject({ papers: papers.length, embedded: papers.length });
});
