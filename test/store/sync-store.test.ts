import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createSqliteSyncStore } from '../../src/store/sqlite-sync.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const COUNTS = { created: 3, updated: 2, unchanged: 1, removed: 1, rejected: 0 };
const ALIVE = { aliveMs: 60_000 };

function open() {
  const clock = { ms: Date.parse('2026-01-15T06:00:00Z') };
  const db = openSqlite(join(temporaryFolder(), 'library.sqlite'));
  onTestFinished(() => void db.close());
  const store = createSqliteSyncStore(db, () => clock.ms);
  const stateOf = async (feed: string) => (await store.states()).get(feed);
  return { store, clock, stateOf };
}

describe('the states of feeds', () => {
  it('hold when a run succeeded and since when, and what all runs brought', async () => {
    const { store, clock, stateOf } = open();
    for (const minutes of [1, 2]) {
      const run = await store.begin('arxiv', ALIVE);
      clock.ms += minutes * 60_000;
      await run?.succeed(COUNTS);
    }
    expect(await stateOf('arxiv')).toMatchObject({
      lastBegan: '2026-01-15T06:01:00.000Z',
      succeededSince: '2026-01-15T06:01:00.000Z',
      lastSuccess: '2026-01-15T06:03:00.000Z',
      lastError: null,
      failures: 0,
      lastCounts: COUNTS,
      allCounts: { created: 6, updated: 4, unchanged: 2, removed: 2, rejected: 0 },
      runningUntil: null,
    });
  });

  it('count failures in a row, and forget them with a success', async () => {
    const { store, stateOf } = open();
    for (const message of ['cut', 'cut again']) {
      await (await store.begin('arxiv', ALIVE))?.fail(COUNTS, {
        message,
        retryAt: '2026-01-15T07:00:00.000Z',
      });
    }
    expect(await stateOf('arxiv')).toMatchObject({
      failures: 2,
      lastError: { at: '2026-01-15T06:00:00.000Z', message: 'cut again' },
      retryAt: '2026-01-15T07:00:00.000Z',
      lastSuccess: null,
      succeededSince: null,
    });
    await (await store.begin('arxiv', ALIVE))?.succeed(COUNTS);
    expect(await stateOf('arxiv')).toMatchObject({ failures: 0, lastError: null, retryAt: null });
  });

  it('let one process at a feed at a time, and another when that one is dead', async () => {
    const { store, clock, stateOf } = open();
    const dead = await store.begin('arxiv', ALIVE);
    expect(await store.begin('arxiv', ALIVE)).toBeNull();
    expect(await store.begin('openalex', ALIVE)).not.toBeNull();
    clock.ms += 50_000;
    expect(await dead?.goOn()).toBe(true);
    clock.ms += 50_000;
    expect(await store.begin('arxiv', ALIVE)).toBeNull();
    clock.ms += 61_000;
    expect((await stateOf('arxiv'))?.runningUntil).toBeNull();
    const next = await store.begin('arxiv', ALIVE);
    expect(next).not.toBeNull();
    // What was taken for dead is told so, and says nothing of the feed any more.
    expect(await dead?.goOn()).toBe(false);
    await dead?.succeed(COUNTS);
    expect((await stateOf('arxiv'))?.lastSuccess).toBeNull();
    await next?.succeed(COUNTS);
    expect((await stateOf('arxiv'))?.lastSuccess).not.toBeNull();
  });

  it('let go of a run that a clock which ran ahead says is alive', async () => {
    const { store, clock } = open();
    const present = clock.ms;
    clock.ms += 365 * 86_400_000;
    await store.begin('arxiv', ALIVE);
    clock.ms = present;
    expect(await store.begin('arxiv', ALIVE)).not.toBeNull();
  });

  it('leave a run that was stopped to be gone on with at once', async () => {
    const { store, clock, stateOf } = open();
    await (await store.begin('arxiv', ALIVE))?.succeed(COUNTS);
    clock.ms += 3_600_000;
    await (await store.begin('arxiv', ALIVE))?.stop(COUNTS);
    expect(await stateOf('arxiv')).toMatchObject({ succeededSince: '2026-01-15T06:00:00.000Z', failures: 0 });
  });
});
