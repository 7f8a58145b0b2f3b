import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { cutAtWord, PAPER_LIMITS } from '../../src/paper.ts';
import { readableText } from '../../src/readable-text.ts';
import { readJsonLines, readLines } from './json-lines.ts';
import type { Grades } from './metrics.ts';

export const SPLITS = ['tune', 'report', 'all'] as const;
/** `tune` for choosing settings, `report` for what is published; `all` is what others publish figures on. */
export type Split = (typeof SPLITS)[number];

export interface Query {
  id: string;
  text: string;
  /** The document that the query was taken from, which no ranking may hold; null for a query in words. */
  own: string | null;
  grades: Grades;
}

/** A document as a paper: `documentId` is the collection's id, `id` is the one in the library. */
export interface CollectionPaper {
  documentId: string;
  id: string;
  title: string;
  abstract: string;
}

export interface Collection {
  name: string;
  papers: CollectionPaper[];
  queries: Query[];
  /** What was done to documents to make papers of them, in words. */
  notes: string[];
}

const documentLine = z.object({
  _id: z.string(),
  title: z.string().default(''),
  text: z.string().default(''),
});
const queryLine = z.object({ _id: z.string(), text: z.string(), doc: z.string().optional() });
const judgement = z.tuple([z.string().min(1), z.string().min(1), z.coerce.number()]);

/**
 * Reads a collection in BEIR's layout: `corpus.jsonl.gz`, `queries.jsonl`, `qrels.tsv`, and `qrels.train.tsv` where
 * there are training queries. Queries without a relevant document are left out.
 */
export function readCollection(folder: string, split: Split): Collection {
  const name = folder.split('/').at(-1) ?? folder;
  const { papers, notes } = papersOf(readJsonLines(join(folder, 'corpus.jsonl.gz'), documentLine));
  return { name, papers, notes, queries: readQueries(folder, split) };
}

/**
 * `tune` is the collection's own training queries, if it has some, else the half of the queries that a hash of the
 * id chooses; `report` is the rest. Queries taken from one document stay together: their texts are equal.
 */
function readQueries(folder: string, split: Split): Query[] {
  const trainFile = join(folder, 'qrels.train.tsv');
  const hasTraining = existsSync(trainFile);
  const judged = readGrades(hasTraining && split === 'tune' ? trainFile : join(folder, 'qrels.tsv'));
  return readJsonLines(join(folder, 'queries.jsonl'), queryLine).flatMap(
    ({ _id: id, text, doc: own = null }) => {
      const grades = judged.get(id);
      if (!grades || ![...grades.values()].some((grade) => grade > 0)) return [];
      const isWanted = hasTraining || split === 'all' || halfOf(own ?? id) === split;
      return isWanted ? [{ id, text, own, grades }] : [];
    },
  );
}

/** Which half a query belongs to: always the same, whatever other queries there are. */
export function halfOf(id: string): 'tune' | 'report' {
  const [first = 0] = createHash('sha256').update(`split:${id}`).digest();
  return first % 2 === 1 ? 'tune' : 'report';
}

function readGrades(file: string): Map<string, Map<string, number>> {
  const judged = new Map<string, Map<string, number>>();
  // The first line is the header.
  for (const { text } of readLines(file).slice(1)) {
    const [query, document, grade] = judgement.parse(text.split('\t').map((field) => field.trim()));
    const grades = judged.get(query) ?? new Map<string, number>();
    judged.set(query, grades.set(document, grade));
  }
  return judged;
}

/** Words of the text that stand in for a title. */
const TITLE_WORDS = 12;

/**
 * Documents as papers, title and text only. Ids in the library are positions: a collection's ids may hold anything,
 * and ones that look like arXiv's would be changed. One word (`doc17`), so that it is no word of any query.
 */
export function papersOf(documents: readonly z.output<typeof documentLine>[]): {
  papers: CollectionPaper[];
  notes: string[];
} {
  const counts = { untitled: 0, textless: 0, empty: 0 };
  const papers = documents.flatMap(({ _id, title: givenTitle, text: givenText }, at) => {
    const text = readableText(givenText);
    const title = readableText(givenTitle) || text.split(' ').slice(0, TITLE_WORDS).join(' ');
    if (title === '') {
      counts.empty++;
      return [];
    }
    if (readableText(givenTitle) === '') counts.untitled++;
    if (text === '') counts.textless++;
    return {
      documentId: _id,
      id: `doc${at + 1}`,
      title: cutAtWord(title, PAPER_LIMITS.title),
      abstract: cutAtWord(text || title, PAPER_LIMITS.abstract),
    };
  });
  const notes = [
    [counts.empty, 'documents without any text, left out (where relevant, they count as missed)'],
    [
      counts.untitled,
      `documents without a title, which got the first ${TITLE_WORDS} words of their text as title`,
    ],
    [counts.textless, 'documents without a text, which got their title as abstract'],
  ] as const;
  return { papers, notes: notes.flatMap(([count, what]) => (count > 0 ? `${what}: ${count}` : [])) };
}
