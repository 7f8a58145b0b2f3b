import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { embeddedText, type IncomingPaper, incomingPaper, type Paper, textHash } from './paper.ts';
import type { SourceItem } from './sources/source.ts';
import type { CommitItem, CommitOutcome, PaperStore } from './store/paper-store.ts';

/** Papers that are embedded and committed together: about half a second of embedding. */
export const BATCH_SIZE = 32;

/** Batches under way at once: while one commits, the next ones keep the embedding threads busy. */
const BATCHES_UNDER_WAY = 3;

/** A text that keeps changing under our hands is given up after so many embeddings. */
const MAX_ATTEMPTS = 5;

export interface IngestCounts {
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
}

/** What became of one item, in the order of the items. */
export type IngestResult =
  | { index: number; at: string; id: string; outcome: 'created' | 'updated' | 'unchanged' }
  | { index: number; at: string; id?: string; outcome: 'rejected'; reason: string };

export interface IngestOptions {
  /** The source of records that do not name theirs. */
  defaultSource: string;
  /** Papers that are embedded and committed together, all or none; BATCH_SIZE by default. */
  batchSize?: number;
  /** Drop stored facts that a record does not state (PUT), instead of keeping them. */
  replace?: boolean;
  /** Called once per item, in order, when it is durable or rejected. */
  onResult?: (result: IngestResult) => void;
  /** Stops: batches whose embedding has begun are committed, the rest is dropped, without a result. */
  signal?: AbortSignal;
}

export interface Ingest {
  /**
   * Takes items in: validate -> skip unchanged -> embed -> commit, batch by batch, in order. When it resolves,
   * everything is durable and findable. Rejected items do not stop the rest. Throws what the source throws
   * (after committing the items before), `model_failed`, `store_failed` or `unavailable`.
   */
  ingest(
    items: AsyncIterable<SourceItem> | Iterable<SourceItem>,
    options: IngestOptions,
  ): Promise<IngestCounts>;
  /**
   * Embeds the papers that lack an embedding of the current model or its token bits (`missing`), or every paper anew (`all`), in place:
   * what is there stays until it is replaced. `onProgress` gets the number done so far; resolves to it.
   */
  embedPapers(
    which: 'missing' | 'all',
    options?: { onProgress?: (done: number) => void; signal?: AbortSignal },
  ): Promise<number>;
}

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  /** Told after every commit, so that what was committed is findable when it is reported. */
  index: Pick<VectorIndex, 'refresh'>;
}

interface Entry {
  index: number;
  at: string;
  incoming: IncomingPaper | null;
  rejected?: { id?: string; reason: string };
}

export function createIngest(deps: Deps): Ingest {
  return {
    ingest: (items, options) => ingestItems(deps, items, options),
    embedPapers: (which, options = {}) => embedPapers(deps, which, options),
  };
}

async function ingestItems(
  deps: Deps,
  items: AsyncIterable<SourceItem> | Iterable<SourceItem>,
  options: IngestOptions,
): Promise<IngestCounts> {
  const counts: IngestCounts = { created: 0, updated: 0, unchanged: 0, rejected: 0 };
  const report = (result: IngestResult) => {
    counts[result.outcome]++;
    options.onResult?.(result);
  };
  const underWay = new Set<Promise<void>>();
  const progress = { isCut: false };
  let failure: { error: unknown } | null = null;
  let previous: Promise<void> = Promise.resolve();
  try {
    for await (const batch of batchesOf(items, options)) {
      const task = takeBatch(deps, batch, options, previous, progress, report);
      previous = task;
      // A failure is kept, and thrown below, once the batches before it have ended.
      const watched = task
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => underWay.delete(watched));
      underWay.add(watched);
      if (underWay.size >= BATCHES_UNDER_WAY) await Promise.race(underWay);
      if (failure) break;
    }
  } finally {
    await Promise.all(underWay);
    await deps.index.refresh();
  }
  const failed = failure as { error: unknown } | null;
  if (failed) throw failed.error;
  return counts;
}

async function* batchesOf(
  items: AsyncIterable<SourceItem> | Iterable<SourceItem>,
  options: IngestOptions,
): AsyncGenerator<Entry[]> {
  let batch: Entry[] = [];
  let index = 0;
  // A source that fails half-way (a cut gzip file) must not take the records before it along.
  let failure: { error: unknown } | null = null;
  try {
    for await (const item of items) {
      if (options.signal?.aborted) break;
      batch.push(entryOf(item, index++, options.defaultSource));
      if (batch.length === (options.batchSize ?? BATCH_SIZE)) {
        yield batch;
        batch = [];
      }
    }
  } catch (error) {
    failure = { error };
  }
  if (batch.length > 0) yield batch;
  if (failure) throw failure.error;
}

function entryOf(item: SourceItem, index: number, defaultSource: string): Entry {
  if ('record' in item) return { index, at: item.at, incoming: incomingPaper(item.record, defaultSource) };
  if ('removal' in item) return { index, at: item.at, incoming: null, rejected: { reason: 'withdrawn' } };
  const { at, reason, id } = item;
  return { index, at, incoming: null, rejected: { reason, ...(id !== undefined && { id }) } };
}

/** Embeds a batch, waits for the batches before it (so that of two records of one paper the later wins), commits. */
async function takeBatch(
  { store, embedder, index }: Deps,
  batch: readonly Entry[],
  { replace = false, signal }: IngestOptions,
  previous: Promise<void>,
  progress: { isCut: boolean },
  report: (result: IngestResult) => void,
): Promise<void> {
  const records = batch.map((entry) => entry.incoming).filter((incoming) => incoming !== null);
  // A failure here must wait for its turn, as must a commit.
  const embedding = embedRecords({ store, embedder }, records, replace, signal).then(
    (items) => ({ items }),
    (error: unknown) => ({ error }),
  );
  await previous;
  const embedded = await embedding;
  if (progress.isCut || ('error' in embedded && signal?.aborted)) {
    // Later batches may have been embedded already: what is committed must be a beginning without gaps.
    progress.isCut = true;
    return;
  }
  if ('error' in embedded) throw embedded.error;
  const outcomes = await commitRecords({ store, embedder }, records, embedded.items, replace);
  await index.refresh();
  let next = 0;
  for (const { index: position, at, incoming, rejected } of batch) {
    if (incoming) {
      report({ index: position, at, id: incoming.id, outcome: outcomes[next++] ?? 'unchanged' });
    } else {
      report({ index: position, at, outcome: 'rejected', reason: 'invalid', ...rejected });
    }
  }
}

/** The records with the embeddings that they need; equal texts are embedded once. */
async function embedRecords(
  { store, embedder }: Pick<Deps, 'store' | 'embedder'>,
  records: readonly IncomingPaper[],
  replace: boolean,
  signal?: AbortSignal,
): Promise<CommitItem[]> {
  const plans = await store.planCommit(records, replace);
  const wanted = new Map<string, Paper>();
  for (const plan of plans) if (plan.toEmbed) wanted.set(textHash(plan.toEmbed), plan.toEmbed);
  const hashes = [...wanted.keys()];
  const passages = await embedder.embedPassages([...wanted.values()].map(embeddedText), signal);
  const byHash = new Map(hashes.map((hash, at) => [hash, passages[at]]));
  return records.map((incoming, at) => {
    const paper = plans[at]?.toEmbed;
    const hash = paper ? textHash(paper) : '';
    const passage = byHash.get(hash);
    return { incoming, embedded: passage ? { textHash: hash, ...passage } : null };
  });
}

type Committed = Exclude<CommitOutcome, 'stale'>;

/** Commits a batch; what another writer changed meanwhile is embedded and tried again. */
async function commitRecords(
  deps: Pick<Deps, 'store' | 'embedder'>,
  records: readonly IncomingPaper[],
  items: readonly CommitItem[],
  replace: boolean,
): Promise<Committed[]> {
  const outcomes: CommitOutcome[] = await deps.store.commitBatch(items, replace);
  for (let attempt = 1; outcomes.includes('stale') && attempt < MAX_ATTEMPTS; attempt++) {
    const stale = outcomes.flatMap((outcome, at) => (outcome === 'stale' ? [at] : []));
    const again = await embedRecords(
      deps,
      stale.map((at) => records[at] as IncomingPaper),
      replace,
    );
    const retried = await deps.store.commitBatch(again, replace);
    stale.forEach((at, position) => {
      outcomes[at] = retried[position] ?? 'stale';
    });
  }
  return outcomes.map((outcome, at): Committed => {
    if (outcome !== 'stale') return outcome;
    throw new AppError(
      'conflict',
      `The paper "${records[at]?.id}" kept changing while it was embedded. Try again.`,
    );
  });
}

async function embedPapers(
  deps: Deps,
  which: 'missing' | 'all',
  { onProgress, signal }: { onProgress?: (done: number) => void; signal?: AbortSignal },
): Promise<number> {
  let done = 0;
  for (;;) {
    const pass = await embedOnce(deps, which, signal, (stored) => onProgress?.(done + stored));
    done += pass.stored;
    // What changed while it was embedded is looked at again, as long as that brings anything.
    const isWorthAnother = which === 'missing' && pass.stored > 0 && pass.stored < pass.looked;
    if (signal?.aborted || !isWorthAnother) return done;
  }
}

/** Goes through the library once, by key. Returns how many papers it looked at, and how many embeddings it stored. */
async function embedOnce(
  { store, embedder, index }: Deps,
  which: 'missing' | 'all',
  signal: AbortSignal | undefined,
  onProgress: (stored: number) => void,
): Promise<{ looked: number; stored: number }> {
  const next = which === 'all' ? store.papersAfter : store.papersWithoutEmbedding;
  let looked = 0;
  let stored = 0;
  let last = 0;
  while (!signal?.aborted) {
    const papers = await next(last, BATCH_SIZE * 2);
    if (papers.length === 0) break;
    const passages = await embedder.embedPassages(papers.map(({ paper }) => embeddedText(paper)));
    const items = papers.flatMap(({ key, paper }, at) => {
      const passage = passages[at];
      return passage ? [{ key, textHash: textHash(paper), ...passage }] : [];
    });
    looked += papers.length;
    stored += await store.addEmbeddings(items);
    await index.refresh();
    last = papers.at(-1)?.key ?? last;
    onProgress(stored);
  }
  return { looked, stored };
}
