import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { AppError, messageOf } from '../errors.ts';
import { MIGRATIONS } from './migrations.ts';
import { addNameFunctions, keepNames, type NamesLog } from './name-columns.ts';

export type SqliteDatabase = Database.Database;

/** How long a writer waits for another process's transaction; those last milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

/** Pages that a reader's connection keeps; what it drops is mostly in the operating system's cache. */
const READER_CACHE_KIB = 16_384;

/**
 * Opens (and creates or migrates) the library's database. Write-ahead log, so that readers and one writer of any
 * process do not wait for each other; `synchronous = FULL`, so that a commit that returned survives a power cut.
 * `log` is told when opening takes long. Throws `store_failed`, naming the file, when it is no database, is damaged, or is from a newer Paperwise.
 */
export function openSqlite(file: string, log: NamesLog = () => {}): SqliteDatabase {
  let db: SqliteDatabase | undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma('cache_size = -65536');
    addNameFunctions(db);
    migrate(db, file);
    keepNames(db, log);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof AppError) throw error;
    throw new AppError('store_failed', `Cannot open the library ${file}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/**
 * A second connection to a library that is open already, for a thread that only reads. Throws `store_failed`, naming the file, when it
 * cannot be opened.
 */
export function openSqliteReader(file: string): SqliteDatabase {
  try {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    db.pragma(`cache_size = -${READER_CACHE_KIB}`);
    return db;
  } catch (error) {
    throw new AppError('store_failed', `Cannot read the library ${file}: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** Runs some reads in one transaction: they see one state, and each statement is spared its locks. */
export async function inOneRead<T>(db: SqliteDatabase, work: () => Promise<T>): Promise<T> {
  db.exec('BEGIN');
  try {
    return await work();
  } finally {
    db.exec('COMMIT');
  }
}

function migrate(db: SqliteDatabase, file: string): void {
  const version = () => Number(db.pragma('user_version', { simple: true }));
  if (version() > MIGRATIONS.length) {
    throw new AppError(
      'store_failed',
      `The library ${file} has schema ${version()}, this Paperwise knows up to ${MIGRATIONS.length}: ` +
        'it was written by a newer version. Update Paperwise, or set PAPERWISE_DATA to another folder.',
    );
  }
  if (version() === MIGRATIONS.length) return;
  // Immediate: of two processes that start at once, the second waits and then finds the work done.
  db.transaction(() => {
    for (let step = version(); step < MIGRATIONS.length; step++) {
      db.exec(MIGRATIONS[step] as string);
      db.pragma(`user_version = ${step + 1}`);
    }
  }).immediate();
}
