import type { Split } from './collection.ts';
import { halfOf } from './collection.ts';

/** A paper to be recommended or liked, as it comes into the library. */
export interface JudgedPaper {
  id: string;
  title: string;
  abstract: string;
  categories: string[];
  date: string | null;
  source: string;
}

/** What a person said of a paper, and when (ISO 8601 UTC). */
export interface Judgement {
  id: string;
  at: string;
}

/** Somebody with papers that they liked, and papers that turned out to be relevant: those that a list should hold. */
export interface Person {
  name: string;
  /** People of one group have a row of the table; null where there are no groups. */
  group: string | null;
  /** Newest first. */
  likes: Judgement[];
  dislikes: Judgement[];
  /** The relevant papers of each interest; null where interests are not known. */
  interests: ReadonlySet<string>[] | null;
  relevant: ReadonlySet<string>;
  /** Papers of the kind that the person dislikes; null for people without dislikes. */
  irrelevant: ReadonlySet<string> | null;
}

/** What a run has in its people store: only the likes of the person asked for, or everybody's. */
export const SURROUNDINGS = ['own likes only', 'with other people'] as const;
export type Surroundings = (typeof SURROUNDINGS)[number];

/** A collection of people, with everything that recommending to them needs. */
export interface PeopleCollection {
  name: string;
  /** The day of the recommendations. */
  today: string;
  papers: JudgedPaper[];
  /** The source of the papers that can be recommended; null for all. What a person has judged never is one of them. */
  candidateSource: string | null;
  /** Those whose lists are measured. */
  people: Person[];
  /** All people, those whose lists are measured among them. */
  everyone: Pick<Person, 'name' | 'likes' | 'dislikes'>[];
  surroundings: readonly Surroundings[];
  /** What was left out or done to the data, in words. */
  notes: string[];
}

/** Which people of a collection are measured. */
export interface Selection {
  split: Split;
  limit?: number;
}

/** The people of a split, the first so many of each group. */
export function selected(people: readonly Person[], { split, limit = people.length }: Selection): Person[] {
  const counts = new Map<string | null, number>();
  return people.filter(({ name, group }) => {
    if (split !== 'all' && halfOf(name) !== split) return false;
    const count = (counts.get(group) ?? 0) + 1;
    counts.set(group, count);
    return count <= limit;
  });
}

/** Notes on what was counted, without those that were not met. */
export const notesOn = (counts: readonly (readonly [count: number, what: string])[]): string[] =>
  counts.flatMap(([count, what]) => (count > 0 ? `${what}: ${count}` : []));

/** Newest first; of one time, in the order given. */
export const newestFirst = (judgements: readonly Judgement[]): Judgement[] =>
  judgements.toSorted((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
