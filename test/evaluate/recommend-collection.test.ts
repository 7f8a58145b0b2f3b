import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readAuthorLikes } from '../../scripts/evaluate/author-likes.ts';
import { readCiteULike } from '../../scripts/evaluate/citeulike.ts';
import { AUTHOR_PAPERS, AUTHOR_USERS, writeAuthorLikes, writeCiteULike } from './tiny-people.ts';

const authors = (data: string, options: Parameters<typeof readAuthorLikes>[1] = { split: 'all' }) =>
  readAuthorLikes(join(data, 'author-likes'), options);
const libraries = (data: string, options: Parameters<typeof readCiteULike>[1] = { split: 'all' }) =>
  readCiteULike(join(data, 'citeulike-a'), options);

describe('reading people made from authors', () => {
  it('reads likes newest first, dislikes, and what can be recommended', () => {
    const { people, papers, candidateSource, today } = authors(writeAuthorLikes());
    expect(papers.filter(({ source }) => source === candidateSource).map(({ id }) => id)).toEqual(
      AUTHOR_PAPERS.slice(4).map(({ id }) => id),
    );
    expect(today).toBe('2025-12-01');
    const [single, multi] = people;
    expect(single).toEqual({
      name: 'single-000',
      group: 'single',
      likes: [
        { id: '2502.00002', at: '2025-02-02T12:00:00.000Z' },
        { id: '2501.00001', at: '2025-01-01T12:00:00.000Z' },
      ],
      dislikes: [],
      interests: [new Set(['2512.00005'])],
      relevant: new Set(['2512.00005']),
      irrelevant: null,
    });
    expect(multi?.interests).toEqual([new Set(['2512.00005']), new Set(['2512.00006'])]);
    expect(multi?.dislikes.map(({ id }) => id)).toEqual(['2504.00004']);
    expect(multi?.irrelevant).toEqual(new Set(['2512.00007']));
  });

  it('says what was left out, and still knows the likes of people without relevant papers', () => {
    const { people, everyone, notes } = authors(
      writeAuthorLikes({ candidates: ['2512.00005', '2512.00006', 'nowhere'] }),
    );
    expect(people.map(({ name }) => name)).toEqual(['single-000', 'multi-000']);
    expect(everyone.map(({ name }) => name)).toEqual(['single-000', 'multi-000', 'single-001']);
    expect(notes).toEqual([
      'candidates that are no paper of the collection: 1',
      'likes and dislikes that are no paper of the collection, left out: 1',
      'relevant papers that are no candidates or are judged already, left out: 1',
      'people without likes or relevant papers, not measured: 1',
    ]);
  });

  it('keeps a liked paper among the candidates of others', () => {
    const { papers, people } = authors(writeAuthorLikes({ candidates: ['2501.00001', '2512.00005'] }));
    expect(papers[0]?.source).toBe('candidates');
    expect(people[0]?.relevant).toEqual(new Set(['2512.00005']));
  });

  it('splits people in two, and takes the first of each group', () => {
    const users = Array.from({ length: 40 }, (_, at) => {
      const [, multi] = AUTHOR_USERS as { user: string }[];
      return { ...multi, user: `${at % 2 === 0 ? 'single' : 'multi'}-${at}` };
    });
    const data = writeAuthorLikes({ users });
    const namesOf = (options: Parameters<typeof readAuthorLikes>[1]) =>
      authors(data, options).people.map(({ name }) => name);
    const [tune, report] = [namesOf({ split: 'tune' }), namesOf({ split: 'report' })];
    expect([...tune, ...report].sort()).toEqual(users.map(({ user }) => user).sort());
    expect(Math.min(tune.length, report.length)).toBeGreaterThan(8);
    expect(namesOf({ split: 'all', limit: 2 })).toEqual(['single-0', 'multi-1', 'single-2', 'multi-3']);
  });

  it('names the line that it cannot read', () => {
    const [first, ...others] = AUTHOR_USERS;
    const usersWith = (line: unknown) => writeAuthorLikes({ users: [first, '', line, ...others] });
    expect(() => authors(usersWith('{"user": '))).toThrow(/^users\.jsonl, line 3: .*JSON/);
    expect(() => authors(usersWith({ user: 'single-9', interests: [{ likes: 'x', relevant: [] }] }))).toThrow(
      /^users\.jsonl, line 3: interests\.0\.likes: /,
    );
    const papers = [...AUTHOR_PAPERS, { id: '2512.00009', title: 'x', abstract: 'x', date: 'soon' }];
    expect(() => authors(writeAuthorLikes({ papers }))).toThrow(/^papers\.jsonl\.gz, line 9: date: /);
  });
});

describe('reading libraries of people', () => {
  it('holds a fifth out, always the same, and uses titles alone', () => {
    const data = writeCiteULike();
    const { papers, people, everyone, notes, candidateSource } = libraries(data);
    expect(papers).toHaveLength(24);
    expect(papers[0]).toMatchObject({
      title: 'robot gripper grasping number0',
      abstract: 'robot gripper grasping number0',
      date: null,
    });
    expect(candidateSource).toBeNull();
    const sizes = people.map(({ name, likes, relevant }) => [name, likes.length, relevant.size]);
    expect(sizes.sort()).toEqual([
      ['0', 7, 1],
      ['2', 8, 2],
    ]);
    for (const { likes, relevant } of people) {
      expect(likes.filter(({ id }) => relevant.has(id))).toEqual([]);
      expect(likes.map(({ at }) => at)).toEqual(
        likes
          .map(({ at }) => at)
          .sort()
          .reverse(),
      );
    }
    expect(libraries(data).people).toEqual(people);
    // Those who are measured count among all with what was kept, the others with everything.
    expect(Object.fromEntries(everyone.map(({ name, likes }) => [name, likes.length]))).toEqual({
      '0': 7,
      '2': 8,
      '3': 2,
    });
    expect(notes).toEqual([
      'documents without a text, which got their title as abstract: 24',
      'papers of libraries that are no paper of the collection, left out: 1',
      'people with fewer than 5 papers, not measured: 1',
    ]);
  });

  it('names the line that it cannot read', () => {
    const data = writeCiteULike({ users: [{ user: 0, items: [1] }, { user: 1 }] });
    expect(() => libraries(data)).toThrow(/^users\.jsonl\.gz, line 2: items: /);
  });
});
