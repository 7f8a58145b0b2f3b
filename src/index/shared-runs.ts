/** Work that many ask for at once, and that needs to be done but once for all who asked before it began. */
export interface SharedRuns {
  /** Resolves or rejects with a run that began after this call. */
  run(): Promise<void>;
  /** Resolves when no run is going on or waiting, however they ended. */
  settled(): Promise<void>;
}

export function createSharedRuns(work: () => Promise<void>): SharedRuns {
  let running: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;

  const start = () => {
    const run = work().finally(() => {
      if (running === run) running = null;
    });
    running = run;
    return run;
  };
  return {
    run() {
      if (waiting) return waiting;
      if (!running) return start();
      waiting = running
        .catch(() => {})
        .then(() => {
          waiting = null;
          return start();
        });
      return waiting;
    },
    async settled() {
      while (waiting ?? running) await (waiting ?? running)?.catch(() => {});
    },
  };
}
