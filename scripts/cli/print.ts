import type { MatchKind } from '../../src/exact-match.ts';
import type { Highlights, Span } from '../../src/highlight.ts';
import type { Alternate } from '../../src/hits.ts';
import type { Paper } from '../../src/paper.ts';
import { type PicksReplay, REPLAY_REASONS } from '../../src/recommend/replay.ts';
import type { SearchMode } from '../../src/search.ts';

const isTerminal = () => process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const style = (code: number, text: string) => (isTerminal() ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text: string) => style(1, text);
export const dim = (text: string) => style(2, text);

export const printJson = (value: unknown) => console.log(JSON.stringify(value, null, 2));

const INDENT = ' '.repeat(12);
/** Longer lines are hard to read, however wide the terminal. In characters, without the indent. */
const WIDEST = 100;

/** One paper of a ranked list, on two or three lines: rank, score, title; facts; why. */
export function printRanked(rank: number, score: number, paper: Paper, because?: string): void {
  console.log(`${String(rank).padStart(3)}. ${score.toFixed(3)}  ${bold(paper.title)}`);
  console.log(`${INDENT}${dim(factsOf(paper))}`);
  if (because) console.log(`${INDENT}${because}`);
}

/** A hit: the paper, by what the query names it, its other entries, and on a terminal the passage that says most of the query. */
export function printHit(
  rank: number,
  hit: {
    score: number;
    paper: Paper;
    alternates: readonly Alternate[];
    match?: MatchKind | null;
    highlights?: Highlights;
  },
): void {
  printRanked(rank, hit.score, hit.paper, whyLine(hit));
  if (!isTerminal() || !hit.highlights) return;
  const width = Math.max(20, Math.min(WIDEST, (process.stdout.columns || 80) - INDENT.length));
  for (const line of passageLines(hit.paper.abstract, hit.highlights, width, bold)) {
    console.log(INDENT + line);
  }
}

/** `by title; also: 10.1000/182 (journal)`, or nothing. */
export function whyLine({
  match,
  alternates,
}: {
  match?: MatchKind | null;
  alternates: readonly Alternate[];
}): string | undefined {
  const parts = [match ? `by ${match}` : undefined, alternatesLine(alternates)].filter(Boolean);
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** `12 papers have words of the query; every paper was compared`, as far as it is known. */
export function foundLine({
  mode,
  exact,
  totalLexical,
}: {
  mode: SearchMode;
  exact: boolean;
  totalLexical: number | null;
}): string {
  const have = totalLexical === 1 ? '1 paper has' : `${totalLexical} papers have`;
  const words = totalLexical === null ? [] : [`${have} words of the query`];
  const meaning = exact ? 'every paper was compared by meaning' : 'the nearest were looked for in the graph';
  return [...words, ...(mode === 'lexical' ? [] : [meaning])].join('; ');
}

/** `also: 10.1000/182 (journal)`, or nothing. */
export function alternatesLine(alternates: readonly Alternate[]): string | undefined {
  if (alternates.length === 0) return undefined;
  return `also: ${alternates.map(({ id, source }) => `${id} (${source})`).join(', ')}`;
}

/** A hit's passage in lines of at most `width` characters (a longer word stands alone), with what matches marked. */
export function passageLines(
  abstract: string,
  { passage, abstract: matches }: Pick<Highlights, 'passage' | 'abstract'>,
  width: number,
  mark: (text: string) => string,
): string[] {
  const lines: Span[] = [];
  for (const word of abstract.slice(passage.start, passage.end).matchAll(/\S+/g)) {
    const start = passage.start + word.index;
    const end = start + word[0].length;
    const line = lines.at(-1);
    if (line && end - line.start <= width) line.end = end;
    else lines.push({ start, end });
  }
  const texts = lines.map((line) => markedText(abstract, matches, line, mark));
  const [first, last] = [passage.start > 0 ? '… ' : '', passage.end < abstract.length ? ' …' : ''];
  return texts.map((text, at) => `${at === 0 ? first : ''}${text}${at === texts.length - 1 ? last : ''}`);
}

function markedText(text: string, matches: readonly Span[], line: Span, mark: (text: string) => string) {
  let shown = '';
  let at = line.start;
  for (const match of matches) {
    const [start, end] = [Math.max(match.start, at), Math.min(match.end, line.end)];
    if (start >= end) continue;
    shown += text.slice(at, start) + mark(text.slice(start, end));
    at = end;
  }
  return shown + text.slice(at, line.end);
}

/** Who, when and where, and what the id is. */
export function factsOf(paper: Paper): string {
  const count = paper.authorCount ?? paper.authors.length;
  const first = paper.authors.slice(0, 2).join(', ');
  const who =
    first === ''
      ? count > 0
        ? `${count} authors`
        : null
      : count > 2
        ? `${first} and ${count - 2} more`
        : first;
  const upvotes =
    paper.upvotes === undefined ? null : `${paper.upvotes} ${paper.upvotes === 1 ? 'upvote' : 'upvotes'}`;
  return [paper.id, who, paper.date, paper.venue, paper.organization, upvotes].filter(Boolean).join(' · ');
}

/** `1:05`, `12:00`, `2:03:04`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3_600), Math.floor((whole % 3_600) / 60), whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Whether a day's picks come out again, and what is elsewhere. */
export function replayText({ user, date, same, recorded, differences }: PicksReplay): string {
  const head = `Picks of ${user}, ${date}: ${recorded.length} on record; chosen again they are `;
  if (same) return `${head}the same.`;
  const rank = (place: number | null) => (place === null ? 'not on the list' : `${place}`);
  const lines = differences.map(
    ({ paperId, recordedRank, replayedRank, reason }) =>
      `  ${paperId}: recorded ${rank(recordedRank)}, replayed ${rank(replayedRank)}: ${REPLAY_REASONS[reason]}`,
  );
  return [`${head}not the same.`, ...lines].join('\n');
}
