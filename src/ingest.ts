import type { Embedder } from './embed/embedder.ts';
import { embedPapers, embedThese } from './embed-papers.ts';
import { AppError } from './errors.ts';
import type { VectorIndex } from './index/vector-index.ts';
import { type LanguageOf, loadLanguageOf } from './language.ts';
import {
  canonicalId,
  embeddedText,
  type IncomingRemoval,
  incomingPaper,
  type Paper,
  parseArxivId,
  textHash,
} from './paper.ts';
import type { Checkpoint, Removal, SourceItem } from './sources/source.ts';
import type {
  CommitItem,
  CommitOptions,
  CommitOutcome,
  FeedPosition,
  Incoming,
  PaperStore,
  RecordName,
} from './store/paper-store.ts';

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
  /** Papers that left the library, as a source said. */
  removed: number;
  rejected: number;
}

/** What became of one item, in the order of the items. */
export type IngestResult =
  | { index: number; at: string; id: string; outcome: Exclude<CommitOutcome, 'stale'> }
  | { index: number; at: string; id?: string; outcome: 'rejected'; reason: string };

export interface IngestOptions {
  /** The source of records that do not name theirs. */
  defaultSource: string;
  /** Papers that are embedded and committed together, all or none; BATCH_SIZE by default. */
  batchSize?: number;
  /** Drop stored facts that a record does not state (PUT), instead of keeping them. */
  replace?: boolean;
  /**
   * `later`: papers are stored and found by words at once, and get their embeddings from `embedPapers`, which a server
   * calls by itself. For so many papers that embedding them takes hours.
   */
  embed?: 'now' | 'later';
  /** Called once per item, in order, when it is durable or rejected. */
  onResult?: (result: IngestResult) => void;
  /** Stops: batches whose embedding has begun are committed, the rest is dropped, without a result. */
  signal?: AbortSignal;
}

export interface Ingest {
  /**
   * Takes items in: validate -> skip unchanged -> embed -> commit, batch by batch, in order. When it resolves,
   * everything is durable and findable. Rejected items do not stop the rest. A checkpoint ends its batch and is written
   * with it, so that a cursor is never ahead of its papers. Throws what the source throws (after committing the items
   * before), `model_failed`, `store_failed` or `unavailable`.
   */
  ingest(items: Items, options: IngestOptions): Promise<IngestCounts>;
  /**
   * Takes a record out of its paper into one of its own (`PaperStore.splitRecord`), and embeds what that changed.
   * Resolves to the ids of both papers, first the one that it was of.
   */
  split(record: RecordName): Promise<[string, string]>;
  /**
   * Embeds the papers that lack an embedding of the current model or its token bits (`missing`), or every paper anew (`all`), in place:
   * what is there stays until it is replaced. `onProgress` gets the number done so far; resolves to it.
   */
  embedPapers(
    which: 'missing' | 'all',
    options?: { onProgress?: (done: number) => void; signal?: AbortSignal },
  ): Promise<number>;
}

type Items = AsyncIterable<SourceItem | Checkpoint> | Iterable<SourceItem | Checkpoint>;

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  /** Told after every commit, so that what was committed is findable when it is reported. */
  index: Pick<VectorIndex, 'refresh'>;
}

interface Entry {
  index: number;
  at: string;
  incoming: Incoming | null;
  rejected?: { id?: string; reason: string };
}

interface Batch {
  entries: readonly Entry[];
  checkpoint?: FeedPosition;
}

export function createIngest(deps: Deps): Ingest {
  return {
    ingest: (items, options) => ingestItems(deps, items, options),
    split: (record) => splitRecord(deps, record),
    embedPapers: (which, options = {}) => embedPapers(deps, which, options),
  };
}

async function ingestItems(deps: Deps, items: Items, options: IngestOptions): Promise<IngestCounts> {
  const counts: IngestCounts = { created: 0, updated: 0, unchanged: 0, removed: 0, rejected: 0 };
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

async function* batchesOf(items: Items, options: IngestOptions): AsyncGenerator<Batch> {
  let entries: Entry[] = [];
  let index = 0;
  // A source that fails half-way (a cut gzip file) must not take the records before it along.
  let failure: { error: unknown } | null = null;
  const languageOf = await loadLanguageOf();
  try {
    for await (const item of items) {
      if (options.signal?.aborted) break;
      if ('checkpoint' in item) {
        yield { entries, checkpoint: item.checkpoint };
        entries = [];
        continue;
      }
      entries.push(entryOf(item, index++, options.defaultSource, languageOf));
      if (entries.length === (options.batchSize ?? BATCH_SIZE)) {
        yield { entries };
        entries = [];
      }
    }
  } catch (error) {
    failure = { error };
  }
  if (entries.length > 0) yield { entries };
  if (failure) throw failure.error;
}

function entryOf(item: SourceItem, index: number, defaultSource: string, languageOf: LanguageOf): Entry {
  if ('record' in item) {
    const incoming = incomingPaper(item.record, defaultSource);
    const language = incoming.facts.language ?? languageOf(embeddedText(incoming.facts));
    if (language === null) return { index, at: item.at, incoming };
    // Kept with the record, so that it is told once and not whenever papers are merged.
    const told = { facts: { ...incoming.facts, language }, record: { ...item.record, language } };
    return { index, at: item.at, incoming: { ...incoming, ...told } };
  }
  if ('removal' in item)
    return { index, at: item.at, incoming: incomingRemoval(item.removal, defaultSource) };
  const { at, reason, id } = item;
  return { index, at, incoming: null, rejected: { reason, ...(id !== undefined && { id }) } };
}

const incomingRemoval = ({ id, why }: Removal, source: string): IncomingRemoval => ({
  source,
  id: canonicalId(id),
  version: parseArxivId(id.trim())?.version ?? null,
  why,
});

/** Embeds a batch, waits for the batches before it (so that of two records of one paper the later wins), commits. */
async function takeBatch(
  { store, embedder, index }: Deps,
  { entries, checkpoint }: Batch,
  { replace = false, embed = 'now', signal }: IngestOptions,
  previous: Promise<void>,
  progress: { isCut: boolean },
  report: (result: IngestResult) => void,
): Promise<void> {
  const records = entries.map((entry) => entry.incoming).filter((incoming) => incoming !== null);
  // A failure here must wait for its turn, as must a commit.
  const made =
    embed === 'later'
      ? Promise.resolve(records.map((incoming): CommitItem => ({ incoming, embedded: null })))
      : embedRecords({ store, embedder }, records, replace, signal);
  const embedding = made.then(
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
  const outcomes = await commitRecords({ store, embedder }, records, embedded.items, {
    replace,
    checkpoint,
    embedLater: embed === 'later',
  });
  await index.refresh();
  let next = 0;
  for (const { index: position, at, incoming, rejected } of entries) {
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
  records: readonly Incoming[],
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
  records: readonly Incoming[],
  items: readonly CommitItem[],
  options: CommitOptions & { replace: boolean },
): Promise<Committed[]> {
  const outcomes: CommitOutcome[] = await deps.store.commitBatch(items, options);
  for (let attempt = 1; outcomes.includes('stale') && attempt < MAX_ATTEMPTS; attempt++) {
    const stale = outcomes.flatMap((outcome, at) => (outcome === 'stale' ? [at] : []));
    const again = await embedRecords(
      deps,
      stale.map((at) => records[at] as Incoming),
      options.replace,
    );
    const retried = await deps.store.commitBatch(again, options);
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

async function splitRecord(deps: Deps, record: RecordName): Promise<[string, string]> {
  const { keys, ids } = await deps.store.splitRecord(record);
  await deps.index.refresh();
  await embedThese(deps, await deps.store.papersByKeys(keys));
  return ids;
}
