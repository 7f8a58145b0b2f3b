import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { checkRecord, type PaperSource, type SourceItem } from './source.ts';
import { wholeFileSource } from './whole-file.ts';

/** A saved page is tens of kilobytes; more than this is something else. */
const MAX_PAGE_BYTES = 10 * 1024 * 1024;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DATE_LINE = /^([A-Z][a-z]{2}) (\d{1,2})(?:, (\d{4}))?(?: (\d+))?$/;
const AUTHORS_LINE = /^(?:• ?)?(\d+) authors?$/;

/** Whether a text is a Daily Papers page saved as text: its header says so. */
export function looksLikeDailyPapersPage(text: string): boolean {
  return /^Daily Papers$/m.test(text.slice(0, 2_000));
}

/**
 * Papers from a Hugging Face Daily Papers listing saved as text (`formats.md` in the design notes has the layout).
 * Per paper: a title line, an abstract line, then optionally `N authors` or an organisation, a separator, and a
 * date with, perhaps, a number of comments. A date without a year is of `year`, the year in which the page was saved
 * (`savedIn` guesses it when it is not given). The page shows no ids: `daily-papers:` and a hash of the title, so that reading a page again finds the same papers.
 */
export const dailyPapersPageSource = (file: string | Readable, year?: number): PaperSource =>
  wholeFileSource(file, {
    maxBytes: MAX_PAGE_BYTES,
    read: (text) => dailyPapersItems(text, year ?? savedIn(text, new Date().getUTCFullYear())),
  });

/**
 * The year in which a page was saved: it leaves the year out of that year's dates only, so it was saved after the
 * latest year that it names. Without any named year, `thisYear`.
 */
export function savedIn(text: string, thisYear: number): number {
  const years = text.split(/\r?\n/).map((line) => Number(DATE_LINE.exec(line.trim())?.[3] ?? 0));
  const latest = years.reduce((a, b) => Math.max(a, b), 0);
  return latest === 0 ? thisYear : Math.min(latest + 1, thisYear);
}

interface Line {
  text: string;
  number: number;
}

/** The papers of a page's text; each item's `at` is the line of its title. */
export function* dailyPapersItems(text: string, year: number): Generator<SourceItem> {
  const lines = text
    .split(/\r?\n/)
    .map((line, index): Line => ({ text: line.replaceAll('\u00a0', ' ').trim(), number: index + 1 }))
    .filter((line) => line.text !== '');
  const header = lines.findIndex((line) => line.text === 'Daily Papers');
  if (header === -1) {
    yield { at: 'line 1', reason: 'expected a line "Daily Papers": this is no saved Daily Papers page' };
    return;
  }
  // Behind the heading: who made the page, and its date; the first paper's title follows.
  let position = header + 1;
  while (/^by\s*\S/.test(lines[position]?.text ?? '') || DATE_LINE.test(lines[position]?.text ?? ''))
    position++;
  while (position < lines.length) {
    const title = lines[position] as Line;
    const abstract = lines[position + 1];
    const at = `line ${title.number}`;
    if (!abstract) {
      yield { at, reason: 'expected an abstract after this title, got the end of the page' };
      return;
    }
    const { facts, next } = readFacts(lines, position + 2, year);
    yield checkRecord(
      { id: idOfTitle(title.text), title: title.text, abstract: abstract.text, ...facts },
      at,
      {
        strict: false,
      },
    );
    position = next;
  }
}

/**
 * What stands between an abstract and the next title. Only a separator line ("·") with a date behind it proves
 * that the line before is an author count or an organisation, and not the next title.
 */
function readFacts(lines: readonly Line[], start: number, year: number) {
  const facts: Record<string, unknown> = {};
  let next = start;
  const textAt = (index: number) => lines[index]?.text ?? '';
  const isDated = (index: number) => textAt(index) === '·' && DATE_LINE.test(textAt(index + 1));
  const by = AUTHORS_LINE.exec(textAt(next));
  if (by) {
    facts.authorCount = Number(by[1]);
    next++;
  } else if (isDated(next + 1)) {
    facts.organization = textAt(next);
    next++;
  }
  if (textAt(next) === '·') next++;
  const date = DATE_LINE.exec(textAt(next));
  if (date) {
    const [, month = '', day = '', ownYear, comments] = date;
    const monthNumber = MONTHS.indexOf(month.toLowerCase()) + 1;
    facts.date = `${ownYear ?? year}-${String(monthNumber).padStart(2, '0')}-${day.padStart(2, '0')}`;
    if (comments !== undefined) facts.commentCount = Number(comments);
    next++;
  }
  return { facts, next };
}

const idOfTitle = (title: string) =>
  `daily-papers:${createHash('sha256').update(title.toLowerCase()).digest('hex').slice(0, 16)}`;
