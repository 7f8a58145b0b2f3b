import type { EvaluatedLibrary } from './library.ts';
import {
  averageScores,
  bestOf,
  centroidScores,
  drawNegatives,
  type EmbeddingMatrix,
  logisticScores,
  nearestLikeScores,
  popularityScores,
  svmScores,
} from './recommend-baselines.ts';
import type { PeopleCollection, Person, Surroundings } from './recommend-collection.ts';
import { createRecommender, recommendFor } from './recommend-for.ts';
import { type SparseRows, tfIdf } from './tf-idf.ts';

export const METHODS = [
  'popularity',
  'centroid',
  'mean-minus-dislikes',
  'nearest-like',
  'logistic-regression',
  'tf-idf-svm',
  'paperwise',
] as const;
export type Method = (typeof METHODS)[number];

/** A method that recommends papers to a person: up to `limit` ids, best first. */
export type Recommend = (person: Person, limit: number) => Promise<string[]>;

/** Whether what other people like matters to a method; one that does not care is run once. */
export function isMeasured(
  method: Method,
  surroundings: Surroundings,
  all: readonly Surroundings[],
): boolean {
  if (method === 'paperwise' || all.length === 1) return true;
  return (method === 'popularity') === (surroundings === 'with other people');
}

/** The real code. Without other people, the likes of the person asked for are all that the people store ever holds. */
export function paperwise(collection: PeopleCollection, library: EvaluatedLibrary): Recommend {
  const { today, candidateSource: source } = collection;
  const recommender = createRecommender(library, today);
  return (person, limit) => recommendFor(recommender, { user: person.name, today, limit, source });
}

/** The plain methods over one collection. */
export function plainMethods(
  collection: PeopleCollection,
  matrix: EmbeddingMatrix,
): (method: Exclude<Method, 'paperwise'>) => Recommend {
  const { papers, everyone, candidateSource } = collection;
  const positions = new Map(papers.map(({ id }, at) => [id, at]));
  const positionsOf = (judgements: readonly { id: string }[]) =>
    judgements.flatMap(({ id }) => positions.get(id) ?? []);
  const candidates = papers.flatMap(({ source }, at) =>
    candidateSource === null || source === candidateSource ? at : [],
  );
  const negatives = drawNegatives(papers.length);
  let words: SparseRows | undefined;
  const wordsOfPapers = () => {
    words ??= tfIdf(papers.map(({ title, abstract }) => `${title}\n${abstract}`));
    return words;
  };
  const libraries = everyone.map(({ name, likes }) => ({ name, likes: positionsOf(likes) }));
  const scorers: Record<Exclude<Method, 'paperwise'>, Scorer> = {
    popularity: ({ name }) => {
      const others = libraries.filter((other) => other.name !== name);
      return popularityScores(
        papers.length,
        others.map(({ likes }) => likes),
      );
    },
    centroid: (_, likes) => centroidScores(matrix, likes),
    'mean-minus-dislikes': (_, likes, dislikes) => averageScores(matrix, likes, dislikes),
    'nearest-like': (_, likes) => nearestLikeScores(matrix, likes),
    'logistic-regression': (_, likes) => logisticScores(matrix, likes, negatives),
    'tf-idf-svm': (_, likes) => svmScores(wordsOfPapers(), likes),
  };
  return (method) => {
    if (method === 'tf-idf-svm') wordsOfPapers();
    return async (person, limit) => {
      const [likes, dislikes] = [positionsOf(person.likes), positionsOf(person.dislikes)];
      const scores = scorers[method](person, likes, dislikes);
      const best = bestOf(scores, candidates, { without: new Set([...likes, ...dislikes]), limit });
      return best.flatMap((at) => papers[at]?.id ?? []);
    };
  };
}

/** A score for every paper, from a person and the positions of their likes, newest first, and dislikes. */
type Scorer = (person: Person, likes: readonly number[], dislikes: readonly number[]) => Float32Array;
