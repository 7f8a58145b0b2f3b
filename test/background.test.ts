import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createBackground, type Followed } from '../src/background.ts';

/** A library whose papers lack embeddings, followed at a quick pace; everything it is asked is counted. */
function follow({ quietMs = 60_000, built = null as string | null, failing = false } = {}) {
  const state = { revision: 1, built, failing, embedded: 0, finish: () => {} };
  const log: string[] = [];
  const status = async () => ({ revision: state.revision, rebuildReason: state.built }) as never;
  const saves = { index: vi.fn(), lexical: vi.fn(async () => {}) };
  saves.index.mockImplementation(async () => {
    if (state.failing) throw new Error('disk full');
  });
  const refresh = vi.fn(async () => {});
  const embedPapers = vi.fn(
    (_: unknown, { signal }: { signal?: AbortSignal } = {}) =>
      new Promise<number>((resolve) => {
        state.finish = () => resolve(state.embedded);
        signal?.addEventListener('abort', () => resolve(0));
      }),
  );
  const embedSeeds = vi.fn(async (): Promise<number> => {
    if (state.failing) throw new Error('out of memory');
    return embedSeeds.mock.calls.length === 1 ? 3 : 0;
  });
  const followed: Followed = {
    index: { refresh, status, save: saves.index },
    lexical: { refresh: async () => {}, status, save: saves.lexical },
    store: {
      counts: async () => ({ papers: 10, embedded: state.embedded }) as never,
      fillTermSets: async () => ({ last: null, made: 0 }),
    },
    ingest: { embedPapers },
    embedSeeds,
    log: (level, text) => log.push(`${level} ${text}`),
  };
  const background = createBackground({ pollMs: 2, quietMs, retryMs: 100 });
  background.follow(followed);
  onTestFinished(() => background.stop());
  return { state, log, saves, refresh, embedPapers, embedSeeds, background };
}
const soon = (check: () => void) => vi.waitFor(check, { timeout: 2_000, interval: 2 });

describe('the background', () => {
  it('looks on, and saves what was built, while papers are embedded', async () => {
    const { saves, refresh, embedPapers, state, log } = follow({ built: 'missing' });
    await soon(() => expect(embedPapers).toHaveBeenCalled());
    const looks = refresh.mock.calls.length;
    await soon(() => expect(refresh.mock.calls.length).toBeGreaterThan(looks + 5));
    expect(saves.lexical).toHaveBeenCalledOnce();
    state.revision = 2;
    await pause(30);
    expect(embedPapers).toHaveBeenCalledOnce();
    state.embedded = 10;
    state.finish();
    await soon(() => expect(log).toContain('info 10 papers were embedded.'));
  });

  it('embeds seeds behind papers, and also where papers cannot be', async () => {
    const { embedSeeds, embedPapers, state, log } = follow();
    await soon(() => expect(embedPapers).toHaveBeenCalled());
    expect(embedSeeds).not.toHaveBeenCalled();
    state.embedded = 10;
    state.finish();
    await soon(() => expect(log.at(-1)).toBe('info 3 seeds of interests were embedded by this model.'));
    await pause(30);
    expect(embedSeeds).toHaveBeenCalledOnce();

    const failing = follow({ failing: true });
    failing.embedPapers.mockRejectedValue(new Error('no model'));
    await soon(() => expect(failing.log.at(-1)).toBe('error Embedding seeds failed: out of memory'));
    expect(failing.log).toContain('error Embedding papers failed: no model');
  });

  it('ends the embedding when it is stopped', async () => {
    const { embedPapers, background } = follow();
    await soon(() => expect(embedPapers).toHaveBeenCalled());
    await background.stop();
  });

  it('saves each index, also when the other one cannot be, and tries again later', async () => {
    const { saves, state, log } = follow({ quietMs: 0, failing: true });
    await soon(() => expect(saves.lexical).toHaveBeenCalled());
    expect(log).toContain('error disk full');
    await pause(30);
    expect(saves.index).toHaveBeenCalledOnce();
    state.failing = false;
    await soon(() => expect(saves.index).toHaveBeenCalledTimes(2));
    await pause(150);
    expect(saves.index).toHaveBeenCalledTimes(2);
  });
});
