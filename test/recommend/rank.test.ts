import { describe, expect, it } from 'vitest';
import type { Paper } from '../../src/paper.ts';
import { groupByTopic } from '../../src/recommend/interests.ts';
import type { Interest, LikedPaper, Profile } from '../../src/recommend/profile.ts';
import { type Candidate, RANKING, rank } from '../../src/recommend/rank.ts';
import { sharedTerms } from '../../src/recommend/terms.ts';
import { type Embedding, normalized } from '../../src/vector.ts';

/** A direction near the given axis; `wobble` makes papers of one topic differ. */
function near(axis: number, wobble = 0, amount = 0.3): Embedding {
  const vector = new Float32Array(16);
  vector[axis] = 1;
  vector[8 + (wobble % 8)] = amount * (1 + wobble / 8);
  return normalized(vector);
}

const paper = (id: string, facts: Partial<Paper> = {}): Paper => ({
  id,
  title: id,
  abstract: id,
  authors: [],
  date: null,
  categories: [],
  source: 'test',
  ...facts,
});
const candidate = (key: number, embedding: Embedding, facts: Partial<Paper> = {}): Candidate => ({
  key,
  embedding,
  paper: paper(`p${key}`, facts),
});
const liked = (key: number, embedding: Embedding): LikedPaper => ({
  embedding,
  feedback: { key, paperId: `p${key}`, signal: 'like', at: '2026-01-01' },
});

function profileOf(groups: LikedPaper[][], dislikes: Embedding[] = []): Profile {
  const likes = groups.flat();
  const interests: Interest[] = groups.map((group) => ({ likes: group, share: group.length / likes.length }));
  return { likes, dislikes, interests, judged: new Set(likes.map(({ feedback }) => feedback.key)) };
}
const options = { today: '2026-01-01', limit: 10 };

describe('interests', () => {
  it('are found from the likes: unlike topics stay apart, like ones come together, largest first', () => {
    const likes = [near(0, 1), near(1, 1), near(0, 2), near(0, 3), near(1, 2), near(2, 1)];
    expect(groupByTopic(likes)).toEqual([[0, 2, 3], [1, 4], [5]]);
  });

  it('are none for no likes and one for one', () => {
    expect(groupByTopic([])).toEqual([]);
    expect(groupByTopic([near(0)])).toEqual([[0]]);
  });
});

describe('ranking', () => {
  const topics = profileOf([
    [liked(1, near(0, 1)), liked(2, near(0, 2)), liked(3, near(0, 3))],
    [liked(4, near(1, 1))],
  ]);

  it('gives the small interest a place among the first, though the large one has more candidates', () => {
    const many = Array.from({ length: 30 }, (_, i) => candidate(100 + i, near(0, i, 0.5)));
    const few = [candidate(200, near(1, 5, 0.5)), candidate(201, near(1, 6, 0.5))];
    const keys = rank([...many, ...few], topics, options).map(({ key }) => key);
    expect(keys.some((key) => key >= 200)).toBe(true);
    expect(keys.filter((key) => key < 200).length).toBeGreaterThan(3);
  });

  it('never ranks higher scores below lower ones, and the parts add up to the score', () => {
    const all = Array.from({ length: 40 }, (_, i) => candidate(100 + i, near(i % 3, i, 0.4), { upvotes: i }));
    const ranked = rank(all, topics, options);
    ranked.forEach((entry, at) => {
      if (at > 0) expect(entry.score).toBeLessThanOrEqual((ranked[at - 1]?.score ?? 0) + 1e-9);
      expect(Object.values(entry.parts).reduce((sum, part) => sum + part, 0)).toBeCloseTo(entry.score, 9);
    });
  });

  it('names the liked paper that carries each: the most similar one', () => {
    const [first] = rank([candidate(9, near(0, 2, 0.8))], topics, options);
    expect(first?.carrier.feedback.key).toBe(2);
    const [without] = rank(
      [candidate(9, near(0, 2, 0.8))],
      profileOf([[liked(1, near(0, 1)), liked(3, near(0, 3))], [liked(4, near(1, 1))]]),
      options,
    );
    expect(without?.score).toBeLessThan(first?.score ?? 0);
  });

  it('pushes down what is like a disliked paper, and leaves the rest alone', () => {
    const pair = [candidate(9, near(0, 4, 0.6)), candidate(10, near(0, 7, 0.6))];
    const disliked = profileOf(
      topics.interests.map(({ likes }) => likes),
      [near(0, 4, 0.9)],
    );
    expect(
      rank(pair, topics, options)
        .map(({ key }) => key)
        .sort(),
    ).toEqual([10, 9]);
    const after = rank(pair, disliked, options);
    // The one beside the disliked paper is gone, its neighbour is lower.
    expect(after.map(({ key }) => key)).toEqual([10]);
    expect(after[0]?.parts.dislike).toBeLessThan(0);
    const far = [candidate(11, near(1, 3, 0.4))];
    expect(rank(far, disliked, options)[0]?.score).toBe(rank(far, topics, options)[0]?.score);
  });

  it('prefers the fresher and the more popular of two equal papers', () => {
    const twins = (a: Partial<Paper>, b: Partial<Paper>) =>
      rank([candidate(9, near(0, 4, 0.5), a), candidate(10, near(0, 5, 0.37), b)], topics, options)[0]?.key;
    expect(twins({ date: '2020-01-01' }, { date: '2025-12-31' })).toBe(10);
    expect(twins({ date: '2025-12-31' }, { date: '2020-01-01' })).toBe(9);
  });

  it('shows one paper under two ids once, and a liked one under another id never', () => {
    const same = near(0, 5, 0.5);
    const keys = rank([candidate(9, same), candidate(10, same), candidate(11, near(0, 1))], topics, options);
    expect(keys.map(({ key }) => key)).toEqual([9]);
    expect(RANKING.duplicateAbove).toBeLessThan(1);
  });
});

describe('shared terms', () => {
  it('are words of both papers, without those that every paper uses', () => {
    const a = {
      title: 'Offline reinforcement learning',
      abstract: 'We propose a method for offline Q-learning.',
    };
    const b = { title: 'A method for reinforcement of Q-learning', abstract: 'We propose offline training.' };
    const terms = sharedTerms(a, b);
    expect(new Set(terms)).toEqual(new Set(['reinforcement', 'offline', 'q-learning']));
  });
});
