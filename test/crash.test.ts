import { describe, expect, it } from 'vitest';
import { openSqlite } from '../src/store/sqlite.ts';
import { shareModels } from './fixtures/model-cache.ts';
import { startServer } from './fixtures/server.ts';
import { temporaryFolder } from './fixtures/temporary-folder.ts';

const KILLS = 20;
const PAPERS_A_REQUEST = 8;

const paper = (number: number) => ({
  id: `p${number}`,
  title: `Paper ${number} on subject ${number % 97}`,
  abstract: `What is known of subject ${number % 97}, seen in ${number} ways.`,
});

/** Random, but the same in every run. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('kill -9', () => {
  it(`loses nothing that was acknowledged, at ${KILLS} random moments of an ingest`, {
    timeout: 240_000,
  }, async () => {
    const folder = temporaryFolder();
    const settings = { PAPERWISE_DATA: folder, PAPERWISE_SAMPLE: 'off' };
    shareModels(folder);
    const random = randomNumbers(7);
    let acknowledged = 0;

    for (let round = 0; round < KILLS; round++) {
      const { url, child, ended } = await startServer(settings);
      // Everything that was acknowledged before is there, and the index agrees with the store.
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const count = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(metrics)?.[1]);
      expect(count('paperwise_papers')).toBeGreaterThanOrEqual(acknowledged);
      expect(count('paperwise_papers_embedded')).toBe(count('paperwise_papers'));
      expect(count('paperwise_index_papers')).toBe(count('paperwise_papers'));
      if (acknowledged > 0) {
        const last = `p${acknowledged - 1}`;
        const { hits } = (await (await fetch(`${url}/v1/papers/${last}/similar?limit=1`)).json()) as {
          hits: unknown[];
        };
        expect(hits).toHaveLength(1);
      }

      // The moment is random in requests and in the request: after some are answered, in the middle of the next.
      const answered = Math.floor(random() * 4);
      for (let request = 0; ; request++) {
        const body = JSON.stringify(
          Array.from({ length: PAPERS_A_REQUEST }, (_, at) => paper(acknowledged + at)),
        );
        const headers = { 'content-type': 'application/json' };
        const post = fetch(`${url}/v1/papers`, { method: 'POST', headers, body });
        if (request === answered) {
          setTimeout(() => child.kill('SIGKILL'), random() * 60);
        }
        const ok = await post.then(
          (response) => response.ok && response.json(),
          () => false,
        );
        if (!ok) break;
        acknowledged += PAPERS_A_REQUEST;
      }
      expect((await ended).signal).toBe('SIGKILL');
    }

    expect(acknowledged).toBeGreaterThan(KILLS);
    const db = openSqlite(`${folder}/library.sqlite`);
    const ids = new Set(db.prepare('SELECT i.id FROM papers JOIN paper_ids i USING (key)').pluck().all());
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    db.close();
    for (let number = 0; number < acknowledged; number++) expect(ids).toContain(`p${number}`);
  });
});
