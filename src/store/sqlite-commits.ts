import { AppError } from '../errors.ts';
import { mergeRecords } from '../merging.ts';
import { canonicalId, type Paper, type PaperKey } from '../paper.ts';
import type { PaperStatements } from './paper-statements.ts';
import type { CommitPlan, PaperRecordInfo, PaperStore } from './paper-store.ts';
import type { PaperWriter } from './paper-writer.ts';
import { resolveRecord, resolveRemoval } from './resolve-record.ts';
import { type SourceRecords, sourceRecordOf } from './source-records.ts';
import type { SqliteDatabase } from './sqlite.ts';

type CommitMethods = Pick<
  PaperStore,
  'planCommit' | 'commitBatch' | 'feedCursor' | 'removePapers' | 'removeSource' | 'recordsOf' | 'splitRecord'
>;

interface Deps {
  db: SqliteDatabase;
  sql: PaperStatements;
  records: SourceRecords;
  write: PaperWriter;
}

/** How papers come, go, and are taken apart, in SQL. */
export function sqlitePaperCommits({ db, sql, records, write }: Deps): CommitMethods {
  const atomically = <T>(work: () => T): T => db.transaction(work).immediate();
  const now = () => new Date().toISOString();
  return {
    planCommit: async (items, replace = false) =>
      items.map((item): CommitPlan => {
        const resolution =
          'why' in item
            ? resolveRemoval({ sql, records }, item, now())
            : resolveRecord({ sql, records }, item, replace);
        if (!resolution) return { outcome: 'unchanged', toEmbed: null };
        const { outcome, vectorFits, after } = resolution;
        return { outcome, toEmbed: vectorFits ? null : (after?.paper ?? null) };
      }),
    commitBatch: async (items, options = {}) =>
      atomically(() => {
        const outcomes = items.map((item) => write.commit(item, options));
        const { checkpoint } = options;
        // A cursor must not be ahead of its papers.
        if (checkpoint && !outcomes.includes('stale')) {
          sql.setFeedCursor.run(checkpoint.feed, checkpoint.cursor, now());
        }
        return outcomes;
      }),
    feedCursor: async (feed) => sql.feedCursor.get(feed) ?? null,
    removePapers: async (ids) =>
      atomically(() => {
        const keys = ids.map((id) => records.keyOf(canonicalId(id))).filter((key) => key !== undefined);
        return [...new Set(keys)].filter((key) => write.remove(key)).length;
      }),
    removeSource: async (source) =>
      atomically(() => {
        const rows = records.ofSource(source);
        for (const row of rows) records.remove(row);
        const isThere = (key: PaperKey) => sql.hashOf.get(key) !== undefined;
        const keys = [...new Set(rows.map((row) => row.paper_key))];
        const before = keys.filter(isThere);
        for (const key of keys) write.settle(key);
        const kept = before.filter(isThere).length;
        return { removed: before.length - kept, kept };
      }),
    recordsOf: async (id) => {
      const key = records.keyOf(canonicalId(id));
      return key === undefined ? [] : recordsOf(records, key);
    },
    splitRecord: async ({ source, id }) =>
      atomically(() => {
        const row = records.find(source, canonicalId(id));
        if (!row) {
          throw new AppError(
            'not_found',
            `There is no record "${canonicalId(id)}" of the source "${source}".`,
          );
        }
        if (records.ofPaper(row.paper_key).length < 2) {
          throw new AppError(
            'conflict',
            `The record "${row.id}" of "${source}" is the only one of its paper: there is nothing to split.`,
          );
        }
        const splitId = freeId(row);
        const keys = [row.paper_key, write.split(row, splitId, now())];
        return { keys, ids: [sql.idOf.get(row.paper_key) ?? row.id, splitId] };
      }),
  };

  /** The record's id where no paper has it, else one made of it that can be no id of a source's. */
  function freeId({ id, source }: { id: string; source: string }): string {
    const isFree = (candidate: string) => {
      const key = sql.keyOf.get(candidate);
      return key === undefined || !records.isInUse(key);
    };
    if (isFree(id)) return id;
    const made = `${id.slice(0, 90)}~${source}`;
    for (let number = 1; ; number++) {
      const candidate = number === 1 ? made : `${made}~${number}`;
      if (isFree(candidate)) return candidate;
    }
  }
}

function recordsOf(records: SourceRecords, key: PaperKey): PaperRecordInfo[] {
  const all = records.ofPaper(key).map(sourceRecordOf);
  // Of a paper that was taken back: what it would be made of.
  const merged = mergeRecords(
    '',
    all.map((record) => ({ ...record, isWithdrawn: false })),
  );
  const fieldsOf = (order: number) =>
    [...(merged?.origins ?? [])].flatMap(([field, from]): (keyof Paper)[] =>
      from.order === order ? [field] : [],
    );
  return all.map(({ source, id, version, at, isWithdrawn, order }) => ({
    source,
    id,
    version,
    at,
    withdrawn: isWithdrawn,
    fields: fieldsOf(order).sort(),
  }));
}
