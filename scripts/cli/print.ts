import type { Paper } from '../../src/paper.ts';

const isTerminal = () => process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
const style = (code: number, text: string) => (isTerminal() ? `\u001b[${code}m${text}\u001b[0m` : text);

export const bold = (text: string) => style(1, text);
export const dim = (text: string) => style(2, text);

export const printJson = (value: unknown) => console.log(JSON.stringify(value, null, 2));

/** One paper of a ranked list, on two or three lines: rank, score, title; facts; why. */
export function printRanked(rank: number, score: number, paper: Paper, because?: string): void {
  console.log(`${String(rank).padStart(3)}. ${score.toFixed(3)}  ${bold(paper.title)}`);
  console.log(`            ${dim(factsOf(paper))}`);
  if (because) console.log(`            ${because}`);
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
