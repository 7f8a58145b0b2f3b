import { join } from 'node:path';
import { z } from 'zod';
import { papersOf } from './collection.ts';
import { readJsonLines } from './json-lines.ts';
import {
  type Judgement,
  notesOn,
  type PeopleCollection,
  type Person,
  type Selection,
  selected,
} from './recommend-collection.ts';
import { createRandom, shuffled } from './statistics.ts';

/** People whose lists are measured, and the share of their papers that is held out. */
const PEOPLE = 800;
const HELD_OUT = 0.2;
/** People with fewer papers are not measured. */
const LEAST_ITEMS = 5;
const SEED = 17;
/** Papers have no dates: any day will do. */
const TODAY = '2020-01-01';

const name = z.union([z.string().min(1), z.int()]).transform(String);
/** Tags come from the people whose libraries these are, so that they would give the answer away. */
const itemLine = z.object({ _id: name, title: z.string() });
const userLine = z.object({ user: name, items: z.array(name) });

/**
 * Reads libraries of people: `items.jsonl.gz`, of which only titles are used, and `users.jsonl.gz`. Of people drawn by
 * a fixed seed a fifth of the library is held out. What remains of it is liked in random order, day after day.
 */
export function readCiteULike(folder: string, selection: Selection): PeopleCollection {
  const items = readJsonLines(join(folder, 'items.jsonl.gz'), itemLine);
  const { papers, notes } = papersOf(items.map((item) => ({ ...item, text: '' })));
  const ids = new Map(papers.map(({ documentId, id }) => [documentId, id]));
  let unknown = 0;
  const libraries = readJsonLines(join(folder, 'users.jsonl.gz'), userLine).map(({ user, items: owned }) => {
    const known = [...new Set(owned)].flatMap((item) => ids.get(item) ?? []);
    unknown += new Set(owned).size - known.length;
    return { user, known };
  });
  const random = createRandom(SEED);
  const large = libraries.filter(({ known }) => known.length >= LEAST_ITEMS);
  const drawn = new Map(
    shuffled(large, random)
      .slice(0, PEOPLE)
      .map(({ user, known }) => [user, personOf(user, shuffled(known, random))]),
  );
  return {
    name: 'citeulike-a',
    today: TODAY,
    papers: papers.map(({ id, title, abstract }) => {
      return { id, title, abstract, categories: [], date: null, source: 'library' };
    }),
    candidateSource: null,
    people: selected([...drawn.values()], selection),
    everyone: libraries.map(
      ({ user, known }) => drawn.get(user) ?? { name: user, likes: likesOf(known), dislikes: [] },
    ),
    surroundings: ['own likes only', 'with other people'],
    notes: [
      ...notes,
      ...notesOn([
        [unknown, 'papers of libraries that are no paper of the collection, left out'],
        [libraries.length - large.length, `people with fewer than ${LEAST_ITEMS} papers, not measured`],
      ]),
    ],
  };
}

function personOf(user: string, items: readonly string[]): Person {
  const heldOut = Math.max(1, Math.floor(items.length * HELD_OUT));
  return {
    name: user,
    group: null,
    likes: likesOf(items.slice(heldOut)),
    dislikes: [],
    interests: null,
    relevant: new Set(items.slice(0, heldOut)),
    irrelevant: null,
  };
}

/** The first is the newest. */
const likesOf = (items: readonly string[]): Judgement[] =>
  items.map((id, at) => ({ id, at: new Date(Date.parse(TODAY) - (at + 1) * 86_400_000).toISOString() }));
