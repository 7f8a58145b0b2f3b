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

/** Work that is done once, when it is first asked for; after a failure, the next who asks begins it again. */
export interface Once {
  run(): Promise<void>;
  /** Waits for a run that is under way, however it ends. Whether the work is done. */
  isDone(): Promise<boolean>;
}

export function createOnce(work: () => Promise<void>): Once {
  let begun: Promise<void> | null = null;
  return {
    run() {
      begun ??= work().catch((error: unknown) => {
        begun = null;
        throw error;
      });
      return begun;
    },
    async isDone() {
      await begun?.catch(() => {});
      return begun !== null;
    },
  };
}

/**
 * What a cache holds under a name, or what is made now. Those who ask meanwhile share it; a failure is not kept, so
 * that the next who asks begins it again.
 */
export function remembered<T>(
  cache: {
    get(name: string): Promise<T> | undefined;
    set(name: string, value: Promise<T>): unknown;
    delete(name: string): unknown;
  },
  name: string,
  make: () => Promise<T>,
): Promise<T> {
  const known = cache.get(name);
  if (known) return known;
  const made = make();
  cache.set(name, made);
  made.catch(() => cache.delete(name));
  return made;
}

/** Something that is made anew now and then, and serves until the next is made. */
export interface Renewed<From, T> {
  latest(): T | null;
  /** Makes it anew; whoever asks while one is being made gets that one. */
  renew(from: From): Promise<T>;
}

export function createRenewed<From, T>(make: (from: From) => Promise<T>): Renewed<From, T> {
  let latest: T | null = null;
  let making: Promise<T> | null = null;
  return {
    latest: () => latest,
    renew(from) {
      making ??= make(from)
        .then((made) => {
          latest = made;
          return made;
        })
        .finally(() => {
          making = null;
        });
      return making;
    },
  };
}
