import { readFileSync, statSync } from 'node:fs';
import { z } from 'zod';
import { AppError, messageOf } from '../errors.ts';
import { parseArxivId } from '../paper.ts';
import { authorsIn, dayIn, lenient, lenientList, nameIn, webAddressIn } from './record-fields.ts';
import { checkRecord, type PaperSource, reasonOf, type SourceItem, shortened } from './source.ts';

export const DAILY_PAPERS_SOURCE = 'daily-papers';

/** A month of Daily Papers is a few megabytes; more than this is something else. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

const count = lenient(z.int().min(0).max(1_000_000_000));
const organization = lenient(
  z.union([z.string(), z.object({ name: lenient(z.string()), fullname: lenient(z.string()) })]),
);
const author = z.object({ name: z.string(), hidden: lenient(z.boolean()) });

/** What is read of an item; whatever else stands there, machine-made summaries and key words too, is passed over. */
const dailyPaper = z.object({
  paper: z.object({
    id: z.string(),
    title: lenient(z.string()),
    summary: lenient(z.string()),
    authors: lenientList(author),
    publishedAt: lenient(z.string()),
    submittedOnDailyAt: lenient(z.string()),
    upvotes: count,
    githubRepo: lenient(z.string()),
    withdrawnAt: lenient(z.string()),
    organization,
  }),
  title: lenient(z.string()),
  summary: lenient(z.string()),
  publishedAt: lenient(z.string()),
  numComments: count,
  organization,
});

/**
 * One element of what `GET /api/daily_papers` answers. The id is the arXiv id; the date is that of the paper's first
 * version, and that of its appearance in the listing where it has none. A withdrawn paper is a removal.
 */
export function dailyPaperItem(value: unknown, at: string): SourceItem {
  const parsed = dailyPaper.safeParse(value);
  if (!parsed.success) return { at, reason: reasonOf(parsed.error) };
  const { paper, ...listed } = parsed.data;
  if (paper.withdrawnAt) return { at, removal: { id: paper.id.trim(), why: 'withdrawn' } };
  const abstract = paper.summary ?? listed.summary;
  if (!abstract?.trim()) return { at, id: shortened(paper.id), reason: 'expected a summary, got none' };
  const record = {
    id: paper.id,
    title: paper.title ?? listed.title,
    abstract,
    authors: authorsIn(paper.authors.filter(({ hidden }) => hidden !== true).map(({ name }) => name)),
    date: dayIn(paper.publishedAt) ?? dayIn(listed.publishedAt) ?? dayIn(paper.submittedOnDailyAt),
    source: DAILY_PAPERS_SOURCE,
    arxivId: parseArxivId(paper.id.trim())?.arxivId,
    upvotes: paper.upvotes,
    commentCount: listed.numComments,
    organization: organizationName(paper.organization) ?? organizationName(listed.organization),
    codeUrl: webAddressIn(paper.githubRepo),
  };
  return checkRecord(record, at, { strict: true });
}

const organizationName = (given: z.output<typeof organization>) =>
  typeof given === 'string' ? nameIn(given) : (nameIn(given?.fullname) ?? nameIn(given?.name));

/**
 * Papers from a file that holds what the Daily Papers API answered: a JSON array. Iterating throws `invalid_input` when
 * it cannot be read, is no such array, or is too large to be one.
 */
export function dailyPapersJsonSource(file: string): PaperSource {
  let bytesRead = 0;
  return {
    ignoredFields: new Map(),
    progress: () => ({ bytesRead, bytesTotal: statSync(file, { throwIfNoEntry: false })?.size ?? null }),
    async *[Symbol.asyncIterator]() {
      const { items, bytes } = readItems(file);
      bytesRead = bytes;
      for (const [index, item] of items.entries()) yield dailyPaperItem(item, `item ${index + 1}`);
    },
  };
}

function readItems(file: string): { items: unknown[]; bytes: number } {
  try {
    const bytes = statSync(file).size;
    if (bytes > MAX_FILE_BYTES) throw new Error(`larger than ${MAX_FILE_BYTES} bytes`);
    const items: unknown = JSON.parse(readFileSync(file, 'utf8').replace(/^\ufeff/, ''));
    if (!Array.isArray(items)) throw new Error('expected a JSON array of daily papers');
    return { items, bytes };
  } catch (error) {
    throw new AppError('invalid_input', `Cannot read ${file}: ${messageOf(error)}.`, { cause: error });
  }
}
