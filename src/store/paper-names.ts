import { givenNamesAgree } from '../identity.ts';
import { arxivIdOfDoi, type PaperFilter, type PaperKey } from '../paper.ts';
import { arxivKey } from '../same-record.ts';
import { filterSql } from './paper-row.ts';
import type { AuthorQuery, NamedPaper, NameKind, PaperNames, PaperStore } from './paper-store.ts';
import type { Prepared } from './prepared.ts';
import { KEYS_OF_IDS, keyOfId } from './source-records.ts';

/** Spellings of one family's given names that are looked through. */
const MOST_SPELLINGS = 5_000;

/** `PaperStore.papersNamed` and `keysNamed`, in SQL. Every search asks the first. */
export function sqlitePaperNames(prepared: Prepared): Pick<PaperStore, 'papersNamed' | 'keysNamed'> {
  return {
    papersNamed: async (names, options) => papersNamed(prepared, names, options),
    keysNamed: async (kind, names, limit) => keysNamed(prepared, kind, names, limit),
  };
}

/** Each kind of name has its index. */
function papersNamed(
  prepared: Prepared,
  { ids, arxivIds, dois, title, authors }: PaperNames,
  { limit, filter }: { limit: number; filter?: PaperFilter },
): NamedPaper[] {
  const { where, params } = filterSql(filter);
  const excluded = new Set(filter?.excludedKeys);
  const named = new Map<PaperKey, NamedPaper>();
  const find = (by: NamedPaper['by'], from: string, condition: string, ...values: unknown[]) => {
    const conditions = [condition, ...where].join(' AND ');
    const keys = prepared<PaperKey>(
      `SELECT DISTINCT p.key FROM ${from} WHERE ${conditions} ORDER BY p.day DESC, p.key DESC LIMIT ?`,
    )
      .pluck()
      .all(...values, ...params, limit + excluded.size);
    for (const key of keys) if (!named.has(key) && !excluded.has(key)) named.set(key, { key, by });
  };
  const list = '(SELECT value FROM json_each(?))';
  /** By what a record of the paper is known by. */
  const findByRecord = (by: NamedPaper['by'], column: 'arxiv_id' | 'doi', values: readonly string[]) => {
    const condition = `p.key IN (SELECT paper_key FROM source_records WHERE ${column} IN ${list})`;
    if (values.length > 0) find(by, 'papers p', condition, JSON.stringify(values));
  };
  if (ids.length > 0) {
    const asList = JSON.stringify(ids);
    find('id', 'papers p', `p.key IN ${KEYS_OF_IDS}`, asList, asList);
  }
  findByRecord(
    'id',
    'arxiv_id',
    arxivIds.flatMap((id) => arxivKey(id) ?? []),
  );
  findByRecord('doi', 'doi', dois);
  findByRecord(
    'doi',
    'arxiv_id',
    dois.flatMap((doi) => arxivKey(arxivIdOfDoi(doi) ?? '') ?? []),
  );
  if (title !== null) find('title', 'papers p', "replace(p.title_key, ' ', '') = ?", title);
  const byAuthor = 'paper_authors a JOIN papers p ON p.key = a.key';
  for (const name of authors) {
    if (name.given === '' && name.before === undefined) {
      if (!isCommon(prepared, name.family, limit)) find('author', byAuthor, 'a.family = ?', name.family);
    } else {
      const spellings = spellingsOf(prepared, name);
      if (spellings.length > 0) {
        const condition = `a.family = ? AND a.given IN ${list}`;
        find('author', byAuthor, condition, name.family, JSON.stringify(spellings));
      }
    }
  }
  return [...named.values()];
}

/** Where each kind of name has its index; `n` are the names, with what they are looked up as. */
const NAMED: Record<NameKind, string> = {
  id: `papers p ON p.key = ${keyOfId('n.sought')}`,
  doi: 'source_records r ON r.doi = n.sought CROSS JOIN papers p ON p.key = r.paper_key',
  arxivId: 'source_records r ON r.arxiv_id = n.sought CROSS JOIN papers p ON p.key = r.paper_key',
  title: "papers p ON replace(p.title_key, ' ', '') = n.sought",
};

/** One walk through an index for all names. */
function keysNamed(
  prepared: Prepared,
  kind: NameKind,
  names: readonly string[],
  limit: number,
): Map<string, PaperKey[]> {
  const found = new Map<string, PaperKey[]>();
  const add = (name: string, key: PaperKey) => {
    const keys = found.get(name);
    if (!keys) found.set(name, [key]);
    else if (keys.length < limit && !keys.includes(key)) keys.push(key);
  };
  const rows = prepared<{ name: string; key: PaperKey }>(
    `SELECT n.name, p.key FROM (SELECT value ->> 0 AS name, value ->> 1 AS sought FROM json_each(?)) n
     CROSS JOIN ${NAMED[kind]} ORDER BY p.key`,
  );
  const sought = [...new Set(names)].map((name) => [
    name,
    kind === 'arxivId' ? (arxivKey(name) ?? name) : name,
  ]);
  for (const { name, key } of rows.all(JSON.stringify(sought))) add(name, key);
  return found;
}

/** Whether more than `most` papers are by people of a family name; does not count on. */
function isCommon(prepared: Prepared, family: string, most: number): boolean {
  const counted = prepared<number>(
    'SELECT count(*) FROM (SELECT DISTINCT key FROM paper_authors WHERE family = ? LIMIT ?)',
  )
    .pluck()
    .get(family, most + 1);
  return (counted ?? 0) > most;
}

/** The given names, as papers have them, that can be the one asked for. */
function spellingsOf(
  prepared: Prepared,
  { family, given, initials, allInitials = false, before }: AuthorQuery,
): string[] {
  const [initial = ''] = given;
  const names = (text: string) => text.split(' ').length;
  return prepared<string>(
    'SELECT DISTINCT given FROM paper_authors WHERE family = ? AND given >= ? AND given < ? LIMIT ?',
  )
    .pluck()
    .all(family, initial, `${initial}\u{10ffff}`, MOST_SPELLINGS)
    .filter((spelling) =>
      given === ''
        ? spelling === before || spelling.endsWith(` ${before}`)
        : givenNamesAgree(spelling, given, { initials }) && (!allInitials || names(spelling) >= names(given)),
    );
}
