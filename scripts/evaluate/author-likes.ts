import { join } from 'node:path';
import { z } from 'zod';
import { canonicalId } from '../../src/paper.ts';
import { readJsonLines, readLines } from './json-lines.ts';
import {
  type JudgedPaper,
  newestFirst,
  notesOn,
  type PeopleCollection,
  type Person,
  type Selection,
  selected,
} from './recommend-collection.ts';

const CANDIDATES = 'candidates';
/** The day after which what an author wrote counts as relevant. */
const TODAY = '2025-12-01';

const id = z.string().min(1).transform(canonicalId);
const paperLine = z.object({
  id,
  title: z.string(),
  abstract: z.string(),
  categories: z.array(z.string()).default([]),
  date: z.iso.date(),
});
const userLine = z.object({
  user: z.string().min(1),
  interests: z.array(z.object({ likes: z.array(id), relevant: z.array(id) })),
  dislikes: z.array(id).default([]),
  irrelevant: z.array(id).default([]),
});

/**
 * Reads people made from authors: `papers.jsonl.gz`, `candidates.txt` (the ids that can be recommended), and
 * `users.jsonl`, whose names begin with their group: `single-012`. Judgements are of the papers' dates.
 */
export function readAuthorLikes(folder: string, selection: Selection): PeopleCollection {
  const candidates = new Set(
    readLines(join(folder, 'candidates.txt')).map(({ text }) => canonicalId(text.trim())),
  );
  const papers = new Map<string, JudgedPaper & { date: string }>(
    readJsonLines(join(folder, 'papers.jsonl.gz'), paperLine).map((paper) => [
      paper.id,
      { ...paper, source: candidates.has(paper.id) ? CANDIDATES : 'library' },
    ]),
  );
  const counts = {
    judged: 0,
    relevant: 0,
    candidates: [...candidates].filter((one) => !papers.has(one)).length,
  };
  const judgementsOf = (ids: readonly string[]) => {
    const known = [...new Set(ids)].flatMap((one) => papers.get(one) ?? []);
    counts.judged += new Set(ids).size - known.length;
    return newestFirst(known.map((paper) => ({ id: paper.id, at: `${paper.date}T12:00:00.000Z` })));
  };
  const everyone = readJsonLines(join(folder, 'users.jsonl'), userLine).map((line): Person => {
    const likes = judgementsOf(line.interests.flatMap((interest) => interest.likes));
    const dislikes = judgementsOf(line.dislikes);
    const judged = new Set([...likes, ...dislikes].map((judgement) => judgement.id));
    const canBeShown = (one: string) => papers.get(one)?.source === CANDIDATES && !judged.has(one);
    const interests = line.interests.map(({ relevant }) => {
      const shown = new Set(relevant.filter(canBeShown));
      counts.relevant += new Set(relevant).size - shown.size;
      return shown;
    });
    return {
      name: line.user,
      group: line.user.split('-')[0] ?? line.user,
      likes,
      dislikes,
      // An interest of which nothing can be shown cannot be covered.
      interests: interests.filter(({ size }) => size > 0),
      relevant: new Set(interests.flatMap((relevant) => [...relevant])),
      irrelevant: dislikes.length > 0 ? new Set(line.irrelevant.filter(canBeShown)) : null,
    };
  });
  const measurable = everyone.filter(({ likes, relevant }) => likes.length > 0 && relevant.size > 0);
  const notes = notesOn([
    [counts.candidates, 'candidates that are no paper of the collection'],
    [counts.judged, 'likes and dislikes that are no paper of the collection, left out'],
    [counts.relevant, 'relevant papers that are no candidates or are judged already, left out'],
    [everyone.length - measurable.length, 'people without likes or relevant papers, not measured'],
  ]);
  return {
    name: 'author-likes',
    today: TODAY,
    papers: [...papers.values()],
    candidateSource: CANDIDATES,
    people: selected(measurable, selection),
    everyone,
    surroundings: ['with other people'],
    notes,
  };
}
