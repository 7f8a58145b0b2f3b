import type { Statement } from 'better-sqlite3';
import type { SqliteDatabase } from './sqlite.ts';

/** Statements by their text, prepared once: of texts that are put together from few pieces. */
export type Prepared = <Result>(sql: string) => Statement<unknown[], Result>;

/** Compiling a statement takes as long as running a small one. */
export function createPrepared(db: SqliteDatabase): Prepared {
  const known = new Map<string, Statement>();
  return <Result>(sql: string) => {
    const statement = known.get(sql) ?? db.prepare(sql);
    known.set(sql, statement);
    return statement as Statement<unknown[], Result>;
  };
}
