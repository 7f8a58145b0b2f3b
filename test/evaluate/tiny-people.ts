import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const lines = (items: readonly unknown[]) =>
  items.map((item) => `${typeof item === 'string' ? item : JSON.stringify(item)}\n`).join('');

const paper = (id: string, date: string, text: string) => ({
  id,
  title: text,
  abstract: `We study ${text}.`,
  categories: ['cs.RO'],
  date,
});

/** Robots and whales, liked and new; two more new ones that nobody is known to like. */
export const AUTHOR_PAPERS = [
  paper('2501.00001', '2025-01-01', 'robot gripper grasping'),
  paper('2502.00002', '2025-02-02', 'robot gripper force'),
  paper('2503.00003', '2025-03-03', 'whale song recording'),
  paper('2504.00004', '2025-04-04', 'galaxy halo survey'),
  paper('2512.00005', '2025-12-05', 'robot gripper grasping force'),
  paper('2512.00006', '2025-12-06', 'whale song ocean recording'),
  paper('2512.00007', '2025-12-07', 'galaxy halo mass survey'),
  paper('2512.00008', '2025-12-08', 'protein folding sequence'),
];

export const AUTHOR_USERS: unknown[] = [
  {
    user: 'single-000',
    interests: [{ likes: ['2501.00001', '2502.00002', 'gone'], relevant: ['2512.00005v2', '2501.00001'] }],
    dislikes: [],
    irrelevant: [],
  },
  {
    user: 'multi-000',
    interests: [
      { likes: ['2501.00001', '2502.00002'], relevant: ['2512.00005'] },
      { likes: ['2503.00003'], relevant: ['2512.00006'] },
    ],
    dislikes: ['2504.00004'],
    irrelevant: ['2512.00007'],
  },
  { user: 'single-001', interests: [{ likes: ['2503.00003'], relevant: [] }] },
];

/** Writes `author-likes` into a new folder, or into `data`; returns the folder above it. Texts are lines as they are. */
export function writeAuthorLikes({
  data = temporaryFolder(),
  papers = AUTHOR_PAPERS as readonly unknown[],
  users = AUTHOR_USERS as readonly unknown[],
  candidates = ['2512.00005', '2512.00006', '2512.00007', '2512.00008'],
} = {}): string {
  const folder = join(data, 'author-likes');
  mkdirSync(folder);
  writeFileSync(join(folder, 'papers.jsonl.gz'), gzipSync(lines(papers)));
  writeFileSync(join(folder, 'users.jsonl'), lines(users));
  writeFileSync(join(folder, 'candidates.txt'), lines(candidates));
  return data;
}

const TOPICS = ['robot gripper grasping', 'whale song recording'];

/** Twelve papers each on two topics; two people of eight papers on one topic, one of two papers. */
export function writeCiteULike({ data = temporaryFolder(), users = null as unknown[] | null } = {}): string {
  const folder = join(data, 'citeulike-a');
  mkdirSync(folder);
  const items = Array.from({ length: 24 }, (_, at) => {
    return { _id: at, title: `${TOPICS[at % 2]} number${at}`, tags: ['leak'], cites: [0] };
  });
  const owned = (topic: number, count: number) => Array.from({ length: count }, (_, at) => 2 * at + topic);
  const people = users ?? [
    { user: 0, items: owned(0, 8) },
    { user: 2, items: [...owned(1, 10), 999] },
    { user: 3, items: [4, 5] },
  ];
  writeFileSync(join(folder, 'items.jsonl.gz'), gzipSync(lines(items)));
  writeFileSync(join(folder, 'users.jsonl.gz'), gzipSync(lines(people)));
  return data;
}
