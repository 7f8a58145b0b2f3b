import {
  arxivIdOfDoi,
  firstDayOf,
  type IncomingPaper,
  type Paper,
  type PaperRecord,
  SAMPLE_SOURCE,
} from './paper.ts';

/** What one source says of a paper, as the library keeps it. */
export interface SourceRecord {
  source: string;
  /** The paper's id in that source, canonical. */
  id: string;
  /** The arXiv version, where the id told one. */
  version: number | null;
  /** Null of a paper that a source took back before it said anything else of it. */
  facts: IncomingPaper['facts'] | null;
  /** True when the record named its source itself. */
  isExplicit: boolean;
  /** True when the paper's authors took it back, as this source says. */
  isWithdrawn: boolean;
  /** ISO 8601 UTC: when it last came in. */
  at: string;
  /** Rises with the order in which the records of a library first came. */
  order: number;
}

/** A paper made of its records, and which record each of its fields is from. */
export interface MergedPaper {
  paper: Paper;
  origins: ReadonlyMap<keyof Paper, SourceRecord>;
}

/** Whose word counts: the first of these that says anything. `null` stands for all sources that are not named here. */
const PRECEDENCE: readonly (string | null)[] = [
  'api',
  null,
  'arxiv',
  'acl-anthology',
  'openreview',
  'openalex',
  'semantic-scholar',
  'daily-papers',
  'file',
  SAMPLE_SOURCE,
];

/** Where papers are voted on and discussed: of that its word counts first. */
const POPULARITY_SOURCE = 'daily-papers';

type Facts = IncomingPaper['facts'];
type Stating = SourceRecord & { facts: Facts };

function rankOf(source: string): number {
  const rank = PRECEDENCE.indexOf(source);
  return rank === -1 ? PRECEDENCE.indexOf(null) : rank;
}

/** Of one rank the newest first, and of those that came at once the last. */
const byRank = (a: SourceRecord, b: SourceRecord) =>
  rankOf(a.source) - rankOf(b.source) || (a.at < b.at ? 1 : a.at > b.at ? -1 : 0) || b.order - a.order;

/**
 * The paper that records make, each field from the source whose word counts most of those that state it, whatever the
 * order of the records; null when no source has it, or its authors took it back. A sample says nothing beside others.
 */
export function mergeRecords(id: string, records: readonly SourceRecord[]): MergedPaper | null {
  if (records.some(({ isWithdrawn }) => isWithdrawn)) return null;
  const stating = records.filter((record): record is Stating => record.facts !== null).sort(byRank);
  const real = stating.filter(({ source }) => source !== SAMPLE_SOURCE);
  const ranked = real.length > 0 ? real : stating;
  const [text] = ranked;
  if (text === undefined) return null;
  const origins = new Map<keyof Paper, SourceRecord>();
  const take = <Field extends keyof Facts>(
    field: Field,
    from: Stating | undefined,
  ): Facts[Field] | undefined => {
    if (from?.facts[field] === undefined) return undefined;
    origins.set(field, from);
    return from.facts[field];
  };
  const first = (field: keyof Facts, order: readonly Stating[] = ranked) =>
    order.find(({ facts }) => isStated(facts[field]));
  const popular = [...ranked].sort(
    (a, b) => Number(b.source === POPULARITY_SOURCE) - Number(a.source === POPULARITY_SOURCE),
  );
  const authors = first('authors') ?? text;
  const named = namingSource(ranked);
  const optional = {
    url: take('url', first('url')),
    doi: take(
      'doi',
      ranked.find(({ facts }) => facts.doi !== undefined && arxivIdOfDoi(facts.doi) === null) ?? first('doi'),
    ),
    arxivId: take('arxivId', first('arxivId')),
    venue: take('venue', first('venue')),
    upvotes: take('upvotes', first('upvotes', popular)),
    commentCount: take('commentCount', first('commentCount', popular)),
    organization: take('organization', first('organization', popular)),
    authorCount: take(
      'authorCount',
      authors.facts.authorCount === undefined ? first('authorCount') : authors,
    ),
    codeUrl: take('codeUrl', first('codeUrl', popular)),
    comment: take('comment', first('comment')),
    // Of the very text that is shown.
    language: take('language', text),
  };
  origins.set('title', text).set('abstract', text).set('source', named);
  const paper: Paper = {
    id,
    title: text.facts.title,
    abstract: text.facts.abstract,
    authors: take('authors', authors) ?? [],
    date: take('date', datedBy(ranked)) ?? null,
    categories: take('categories', first('categories') ?? text) ?? [],
    source: named.source,
    ...stated(optional),
  };
  return { paper, origins };
}

const isStated = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);

/** Without the fields that are undefined. */
const stated = <Fields extends object>(fields: Fields) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Field in keyof Fields]?: Exclude<Fields[Field], undefined>;
  };

/** Of sources of one rank the earliest date; of `2024` and `2024-05-30`, the one that says more. */
function datedBy(ranked: readonly Stating[]): Stating | undefined {
  const [best, ...others] = ranked.filter(({ facts }) => facts.date !== undefined);
  return others
    .filter(({ source }) => rankOf(source) === rankOf(best?.source ?? ''))
    .reduce((earliest, record) => (isEarlier(record, earliest) ? record : earliest), best);
}

function isEarlier({ facts: { date = '' } }: Stating, other: Stating | undefined): boolean {
  const than = other?.facts.date ?? '';
  if (date.startsWith(than)) return date.length > than.length;
  return !than.startsWith(date) && firstDayOf(date) < firstDayOf(than);
}

/**
 * The record whose source the paper is said to be from. One that names its source itself replaces others, one that does
 * not leaves what is there; and `api` is then no source but the way in.
 */
function namingSource(ranked: readonly Stating[]): Stating {
  const explicit = ranked.find(({ isExplicit }) => isExplicit);
  if (explicit) return explicit;
  const rank = ({ source }: Stating) => rankOf(source === 'api' ? 'file' : source);
  return ranked.reduce((best, record) =>
    (rank(record) - rank(best) || record.order - best.order) < 0 ? record : best,
  );
}

/**
 * A record of a source after a newer one of it has come: what that does not state stays as it was. Both as they came,
 * before they were cleaned.
 */
export function updatedRecord(before: PaperRecord, after: PaperRecord): PaperRecord {
  const isSaid = ([, value]: [string, unknown]) => value !== undefined && value !== null;
  const said = Object.fromEntries(Object.entries(after).filter(isSaid)) as PaperRecord;
  // A count of the authors that were listed before.
  const { authorCount, language, ...kept } = before;
  const isSameText = after.title === before.title && after.abstract === before.abstract;
  const isRecounted = (said.authors?.length ?? 0) > 0;
  const update = { ...kept, ...(!isRecounted && { authorCount }), ...(isSameText && { language }), ...said };
  // arXiv's announcements know no day but their own, which is after that of the first version.
  const isLater = after.source === 'arxiv' && before.date && said.date && before.date < said.date;
  return isLater ? { ...update, date: before.date } : update;
}

/** Whether two records say the same in every field. */
export function sameRecord(a: PaperRecord, b: PaperRecord): boolean {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof PaperRecord>;
  for (const field of fields) {
    if (JSON.stringify(a[field] ?? null) !== JSON.stringify(b[field] ?? null)) return false;
  }
  return true;
}
