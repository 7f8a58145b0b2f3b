import { setImmediate as nextTurn } from 'node:timers/promises';
import { messageOf } from './errors.ts';
import type { VectorIndex } from './index/vector-index.ts';
import type { Ingest } from './ingest.ts';
import type { LexicalIndex } from './lexical/lexical-index.ts';
import type { PaperKey } from './paper.ts';
import type { PaperStore } from './store/paper-store.ts';

export interface Followed {
  index: Pick<VectorIndex, 'refresh' | 'status' | 'save'>;
  lexical: Pick<LexicalIndex, 'refresh' | 'status' | 'save'>;
  store: Pick<PaperStore, 'counts' | 'fillTermSets'>;
  ingest: Pick<Ingest, 'embedPapers'>;
  /** Embeds the seeds that have no embedding of this model; resolves to how many it was. */
  embedSeeds: (signal: AbortSignal) => Promise<number>;
  log: (level: 'info' | 'warn' | 'error', text: string) => void;
}

/** Some milliseconds' work. */
const TERM_SETS_A_TURN = 50;

const TIMES = {
  /** How soon what another process wrote is seen here. */
  pollMs: 500,
  /** The index files are written when nothing has changed for this long, and at the end. */
  quietMs: 30_000,
  /** After a save that failed, the next is tried no sooner than this. */
  retryMs: 10 * 60_000,
};

/** Work that goes on beside the requests, and ends with the process. */
export interface Background {
  /**
   * After a change by any process: makes it findable; embeds papers and seeds that have no embedding of this model (it
   * was changed, or another process uses another one); saves the indexes when it has been quiet, or one was built.
   */
  follow(followed: Followed): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export function createBackground(times: Partial<typeof TIMES> = {}): Background {
  const { pollMs, quietMs, retryMs } = { ...TIMES, ...times };
  const abort = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  let catchingUp: Promise<void> | null = null;
  let timer: NodeJS.Timeout | undefined;

  /** Papers of a library from before there were term sets, or by a program that reads texts in another way. */
  const fillTermSets = async ({ store, log }: Followed) => {
    let filled = 0;
    let after: PaperKey | null = 0;
    while (after !== null && !abort.signal.aborted) {
      const { last, made }: { last: PaperKey | null; made: number } = await store.fillTermSets(
        after,
        TERM_SETS_A_TURN,
      );
      if (filled === 0 && made > 0) log('info', 'Papers lack the sets of their terms: making them.');
      filled += made;
      after = last;
      await nextTurn();
    }
    if (filled > 0) log('info', `Term sets of ${filled} papers were made.`);
  };
  /** Embedding a library takes minutes, looking goes on meanwhile. Papers first: seeds alone find nothing. */
  const catchUp = async (followed: Followed) => {
    for (const [what, work] of [
      ['Making term sets', fillTermSets],
      ['Embedding papers', embedPapers],
      ['Embedding seeds', embedSeeds],
    ] as const) {
      await work(followed).catch((error: unknown) =>
        followed.log('error', `${what} failed: ${messageOf(error)}`),
      );
    }
  };
  const embedPapers = async ({ store, ingest, log }: Followed) => {
    const { papers, embedded } = await store.counts();
    if (papers === embedded) return;
    log(
      'info',
      `${papers - embedded} papers lack an embedding of this model, or its token bits: embedding them.`,
    );
    log('info', `${await ingest.embedPapers('missing', { signal: abort.signal })} papers were embedded.`);
  };
  const embedSeeds = async (followed: Followed) => {
    const seeds = await followed.embedSeeds(abort.signal);
    if (seeds > 0) followed.log('info', `${seeds} seeds of interests were embedded by this model.`);
  };
  const createLook = (followed: Followed) => {
    const { index, lexical, log } = followed;
    let seen = { revision: -1, at: 0, isChecked: true };
    let reason: string | null = null;
    let isSaved = true;
    let saveFrom = 0;

    /** Each is saved, whatever becomes of the other. */
    const save = async () => {
      const failures = (await Promise.allSettled([index.save(), lexical.save()])).flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      for (const failure of failures) log('error', messageOf(failure));
      isSaved = failures.length === 0;
      if (!isSaved) saveFrom = Date.now() + retryMs;
    };
    return async () => {
      await Promise.all([index.refresh(), lexical.refresh()]);
      const { revision } = await index.status();
      const { rebuildReason } = await lexical.status();
      if (revision !== seen.revision) {
        seen = { revision, at: Date.now(), isChecked: false };
        isSaved = false;
      } else if (!seen.isChecked && !catchingUp) {
        // Only when the changes pause: counting goes through the whole library.
        seen.isChecked = true;
        catchingUp = catchUp(followed).finally(() => {
          catchingUp = null;
        });
      }
      const isQuiet = Date.now() - seen.at >= quietMs;
      const isBuilt = rebuildReason !== null && rebuildReason !== reason;
      if ((isBuilt || (isQuiet && !isSaved)) && Date.now() >= saveFrom) {
        await save();
        if (isSaved) reason = rebuildReason;
      }
    };
  };

  return {
    follow(followed) {
      const look = createLook(followed);
      const next = () => {
        if (abort.signal.aborted) return;
        timer = setTimeout(() => {
          looking = look()
            .catch((error: unknown) => followed.log('error', `Keeping up failed: ${messageOf(error)}`))
            .finally(next);
        }, pollMs);
        timer.unref();
      };
      next();
    },
    async stop() {
      abort.abort();
      clearTimeout(timer);
      await looking;
      await catchingUp;
    },
  };
}
