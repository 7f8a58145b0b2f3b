import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const lines = (items: readonly unknown[]) => items.map((item) => `${JSON.stringify(item)}\n`).join('');
const judgements = (rows: readonly (readonly [string, string, number])[]) =>
  `query-id\tcorpus-id\tscore\n${rows.map((row) => `${row.join('\t')}\n`).join('')}`;

/** Ids that would be changed or refused as paper ids, a document without a title, and one without anything. */
const DOCUMENTS = [
  { _id: '2401.01234v2', title: 'Robot grasping', text: 'A robot gripper learns grasping of objects.' },
  { _id: '2401.01234v3', title: 'Robot walking', text: 'A robot with legs learns walking on stairs.' },
  { _id: 'with space', title: '', text: 'Protein folding from the amino acid sequence alone.' },
  { _id: 'empty', title: '', text: ' ' },
  { _id: 'no text', title: 'Galaxy survey of dark matter halos', text: '' },
];

const QUERIES = [
  { _id: 'q1', text: 'grasping gripper' },
  { _id: 'q2', text: 'protein sequence' },
  { _id: 'q3', text: 'galaxy survey' },
  { _id: 'unjudged', text: 'anything' },
  { _id: 'only misses', text: 'anything' },
];

const JUDGEMENTS = [
  ['q1', '2401.01234v2', 2],
  ['q1', '2401.01234v3', 1],
  ['q2', 'with space', 1],
  ['q3', 'no text', 1],
  ['only misses', 'no text', 0],
] as const;

/** A collection of 5 documents in a temporary folder. `training`: the judgements of its training queries. */
export function writeTinyCollection({
  queries = QUERIES as readonly unknown[],
  judged = JUDGEMENTS as readonly (readonly [string, string, number])[],
  training = null as readonly (readonly [string, string, number])[] | null,
} = {}): string {
  const folder = join(temporaryFolder(), 'tiny');
  mkdirSync(folder);
  writeFileSync(join(folder, 'corpus.jsonl.gz'), gzipSync(lines(DOCUMENTS)));
  writeFileSync(join(folder, 'queries.jsonl'), lines(queries));
  writeFileSync(join(folder, 'qrels.tsv'), judgements(judged));
  if (training) writeFileSync(join(folder, 'qrels.train.tsv'), judgements(training));
  return folder;
}
