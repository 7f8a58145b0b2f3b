import { type MergedPaper, mergeRecords, type SourceRecord, sameRecord, updatedRecord } from '../merging.ts';
import {
  type IncomingPaper,
  type IncomingRemoval,
  incomingPaper,
  type Paper,
  type PaperKey,
  type PaperRecord,
  SAMPLE_SOURCE,
  samePaper,
  textHash,
} from '../paper.ts';
import { identityOf } from '../same-record.ts';
import { isOutdated, type PaperRow, paperOf } from './paper-row.ts';
import type { PaperStatements } from './paper-statements.ts';
import type { CommitPlan } from './paper-store.ts';
import {
  identityColumns,
  incomingOf,
  type RecordRow,
  type SourceRecords,
  sourceRecordOf,
  type WritableRecord,
} from './source-records.ts';

/** What the library would hold after a record, or a removal, against what it holds now. */
export interface Resolution {
  /** The paper that it is of; null for one that has no key yet. */
  key: PaperKey | null;
  id: string;
  /** Papers that turn out to be this one. */
  joined: PaperKey[];
  /** The record that is written, and those that go. */
  put: Omit<WritableRecord, 'paper_key'> | null;
  drop: RecordRow[];
  before: PaperRow | undefined;
  /** Null when there is no paper afterwards. */
  after: MergedPaper | null;
  hash: string | null;
  /** Whether the stored embedding is of the text that the paper has afterwards. */
  vectorFits: boolean;
  /** The paper is as it was, whether it has its embedding or not. */
  saysTheSame: boolean;
  outcome: CommitPlan['outcome'];
}

interface Deps {
  sql: PaperStatements;
  records: SourceRecords;
}

/** Newer than all records that have a place. */
const LAST = Number.MAX_SAFE_INTEGER;

/** Null when nothing would change. */
export function resolveRecord(deps: Deps, incoming: IncomingPaper, replace: boolean): Resolution | null {
  const { records } = deps;
  const { source } = incoming.facts;
  const own = records.find(source, incoming.id);
  if (own && isOutdated(incoming, own.version)) return null;
  const now = renewed(own, incoming, replace);
  const isSame = own !== undefined && isSameRow(own, now);
  const isSample = source === SAMPLE_SOURCE;
  const { id, facts } = now.incoming;
  const found = records.papersOf({ ...facts, id, identity: now.identity }, own);
  const keys = found.keys.slice(0, isSample ? 1 : undefined);
  // A library from before records has papers that are one.
  if (isSame && !replace && keys.length === 1) return unchanged(deps, own.paper_key);
  const key = keys.length > 0 ? Math.min(...keys) : (found.named ?? null);
  const others = keys
    .flatMap((one) => records.ofPaper(one))
    .filter((row) => row.record_key !== own?.record_key);
  if (isSample && others.some((row) => row.source !== SAMPLE_SOURCE)) return null;
  // Replacing is said of the paper that the id names, not of others that turn out to be it.
  const replaced = replace ? (own?.paper_key ?? found.named) : undefined;
  const isDropped = (row: RecordRow) =>
    row.paper_key === replaced || (row.source === SAMPLE_SOURCE && !isSample);
  const drop = others.filter(isDropped);
  const { row } = now;
  const arriving: SourceRecord = {
    source,
    id,
    version: row.version,
    facts,
    isExplicit: row.is_explicit === 1,
    isWithdrawn: row.is_withdrawn === 1,
    at: row.at,
    order: own?.record_key ?? LAST,
  };
  const after = mergedWith(deps, key, id, [
    ...others.filter((one) => !isDropped(one)).map(sourceRecordOf),
    arriving,
  ]);
  const isNew = own === undefined || own.version !== row.version || drop.length > 0 || keys.length > 1;
  const resolution = compared(deps, {
    key,
    id,
    joined: keys.filter((one) => one !== key),
    put: row,
    drop,
    after,
    isNew,
  });
  if (isSame && resolution.outcome === 'unchanged') return null;
  // The record is in, though it shows that its paper was taken back.
  return resolution.outcome === 'removed' ? { ...resolution, outcome: 'updated' } : resolution;
}

/** Null when nothing would change. */
export function resolveRemoval(deps: Deps, removal: IncomingRemoval, at: string): Resolution | null {
  const { records } = deps;
  const { source, id } = removal;
  const own = records.find(source, id);
  if (removal.why === 'deleted') {
    if (!own) return null;
    const rest = records.ofPaper(own.paper_key).filter((row) => row.record_key !== own.record_key);
    const after = mergedWith(deps, own.paper_key, id, rest.map(sourceRecordOf));
    return compared(deps, { key: own.paper_key, id, joined: [], put: null, drop: [own], after, isNew: true });
  }
  // Of an older version than the one that is there.
  if (removal.version !== null && own?.version != null && removal.version < own.version) return null;
  const version = Math.max(removal.version ?? 0, own?.version ?? 0) || null;
  if (own?.is_withdrawn === 1 && own.version === version) return null;
  // Of what was never shown, the id alone tells what it is.
  const identity = identityOf((own && incomingOf(own)) ?? { id, facts: {} });
  const { keys, named } = records.papersOf({ id, identity }, own);
  const put = {
    source,
    id,
    version,
    record: own?.record ?? null,
    is_explicit: own?.is_explicit ?? 0,
    is_withdrawn: 1,
    at,
    ...identityColumns(identity),
  };
  const key = own?.paper_key ?? keys[0] ?? named ?? null;
  return compared(deps, { key, id, joined: [], put, drop: [], after: null, isNew: true });
}

/** The row of a record that has come, after what was there of it. */
function renewed(own: RecordRow | undefined, incoming: IncomingPaper, replace: boolean) {
  const { source } = incoming.facts;
  const before = own?.record ? (JSON.parse(own.record) as PaperRecord) : null;
  const record = before && !replace ? updatedRecord(before, incoming.record) : incoming.record;
  const isAsItCame = record === incoming.record || sameRecord(record, incoming.record);
  const made = isAsItCame ? incoming : incomingPaper(record, source);
  const identity = identityOf(made);
  const isNewer = incoming.version !== null && own?.version != null && incoming.version > own.version;
  const row: Resolution['put'] = {
    source,
    id: incoming.id,
    version: incoming.version ?? own?.version ?? null,
    record: before && sameRecord(before, record) ? (own?.record ?? null) : JSON.stringify(record),
    is_explicit: incoming.sourceIsExplicit || own?.is_explicit === 1 ? 1 : 0,
    // Until a newer version of it comes, whoever still shows it.
    is_withdrawn: own?.is_withdrawn === 1 && !isNewer ? 1 : 0,
    at: new Date().toISOString(),
    ...identityColumns(identity),
  };
  return { row, incoming: made, identity };
}

const isSameRow = (own: RecordRow, { row }: ReturnType<typeof renewed>) =>
  own.record === row.record &&
  own.version === row.version &&
  own.is_explicit === row.is_explicit &&
  own.is_withdrawn === row.is_withdrawn;

/** Of a record that says what it said: the paper may still lack an embedding of this model. */
function unchanged({ sql }: Deps, key: PaperKey): Resolution | null {
  const before = sql.rowByKey.get(key);
  if (!before || sql.hasVector.get(key) !== undefined) return null;
  const { id, text_hash: hash } = before;
  const after = { paper: paperOf(before), origins: new Map() };
  return {
    key,
    id,
    joined: [],
    put: null,
    drop: [],
    before,
    after,
    hash,
    vectorFits: false,
    saysTheSame: true,
    outcome: 'updated',
  };
}

function mergedWith({ sql }: Deps, key: PaperKey | null, id: string, records: readonly SourceRecord[]) {
  return mergeRecords((key === null ? undefined : sql.idOf.get(key)) ?? id, records);
}

function compared(
  { sql }: Deps,
  change: Omit<Resolution, 'before' | 'hash' | 'vectorFits' | 'saysTheSame' | 'outcome'> & { isNew: boolean },
): Resolution {
  const { isNew, ...rest } = change;
  const { key, joined, after } = rest;
  const before = key === null ? undefined : sql.rowByKey.get(key);
  const isThere = before !== undefined || joined.some((one) => sql.hashOf.get(one) !== undefined);
  if (after === null) {
    return {
      ...rest,
      before,
      hash: null,
      vectorFits: true,
      saysTheSame: false,
      outcome: isThere ? 'removed' : 'unchanged',
    };
  }
  const hash = textHash(after.paper);
  const vectorFits = before?.text_hash === hash && sql.hasVector.get(before.key) !== undefined;
  const saysTheSame = !isNew && before !== undefined && isSamePaper(before, after.paper);
  return {
    ...rest,
    before,
    hash,
    vectorFits,
    saysTheSame,
    outcome: !isThere ? 'created' : saysTheSame && vectorFits ? 'unchanged' : 'updated',
  };
}

const isSamePaper = (row: PaperRow, paper: Paper) => samePaper(paperOf(row), paper);
