import { setImmediate as nextTurn } from 'node:timers/promises';
import { shownOf, unshownHits } from './cursor.ts';
import { diversify } from './diversity.ts';
import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import type { ExampleParts, ExampleScores } from './example-scores.ts';
import { type Hit, hitsOf } from './hits.ts';
import type { Neighbours, VectorIndex } from './index/vector-index.ts';
import { type Fold, foldDuplicates } from './near-duplicates.ts';
import { cleanText, type PaperFilter, type PaperKey } from './paper.ts';
import { type Page, SEARCH_LIMITS } from './search-limits.ts';
import type { PaperStore } from './store/paper-store.ts';
import { termOverlaps } from './term-overlap.ts';
import { termSetOf } from './term-set.ts';
import type { TermStatisticsReader } from './term-statistics.ts';
import type { Embedding } from './vector.ts';

/**
 * Papers that are compared with all examples: of each example's neighbours the nearest, fewer the more examples there
 * are. The time that a request takes grows with the number of examples, not with its square.
 */
const MOST_CANDIDATES = 2_000;

/**
 * The neighbour of an example whose similarity is the example's level. Similarities are compared above it: else the
 * example in the most crowded field would get all the first places.
 */
const LEVEL_AT = 10;

/**
 * How many of the best papers are compared by their terms, and what the overlap is worth: by 4 times as much of what is
 * missing to 1 a score rises. Measured on csfcube and cranfield: docs/relevance.md.
 */
const TERMS = { among: 100, weight: 4 } as const;

export interface SimilarParts extends ExampleParts {
  /** What the overlap of the paper's terms with those of a single example adds; 0 or more. */
  terms: number;
}

interface Candidate {
  key: PaperKey;
  score: number;
  parts: SimilarParts;
  alternates: Fold[];
}

export type SimilarHit = Hit<Candidate>;

export interface SimilarAnswer {
  hits: SimilarHit[];
  nextCursor: string | null;
  exact: boolean;
}

export interface Examples {
  positive: readonly string[];
  negative: readonly string[];
  text?: string;
}

/** Hits more than a page, to know that there are more, and as some may be copies of others. */
const SPARE_HITS = 6;

export type SimilarRequest = { examples: Examples; filter?: PaperFilter; diversity?: number } & Page;

interface Deps {
  store: PaperStore;
  embedder: Embedder;
  index: VectorIndex;
  exampleScores: ExampleScores;
  statistics: TermStatisticsReader;
}

/**
 * Papers like the positive examples and the text, and unlike the negative ones. Throws `not_found` for an unknown
 * paper, `unavailable` for one without an embedding, `invalid_input` without a positive example or text, or for a paper
 * that is both a positive and a negative one. src/example-scores.ts has the score; with `diversity`, hits need not come in
 * its order.
 */
export async function similarTo(deps: Deps, request: SimilarRequest): Promise<SimilarAnswer> {
  const { examples, filter, limit, diversity = 0 } = request;
  const scope = [examples, filter, diversity];
  const shown = shownOf(request.cursor, scope, SEARCH_LIMITS.depth);
  const [positive, negative] = await Promise.all([
    exampleEmbeddings(deps, examples.positive, 'positive'),
    exampleEmbeddings(deps, examples.negative, 'negative'),
  ]);
  refuseBoth(positive, negative);
  const text = examples.text === undefined ? '' : cleanText(examples.text);
  const targets = [...positive.embeddings];
  if (text !== '') targets.push((await deps.embedder.embedQuery(text)).embedding);
  if (targets.length === 0) {
    throw new AppError('invalid_input', 'Expected at least one positive example, or a text.', {
      errors: [{ path: 'positive', message: 'expected at least one paper id when there is no text' }],
    });
  }
  const wanted = { targets, text, positive, negative, filter };
  // One example without diversity: the index's order is the answer, so only what is shown is asked for.
  const isPlain = targets.length === 1 && negative.keys.length === 0 && diversity === 0;
  const listed = async (depth: number) => {
    // The terms of the first so many decide on their order, whatever is shown of them.
    const needed = isPlain ? Math.max(depth, TERMS.among) : SEARCH_LIMITS.depth;
    const { ranked, exact, isCut } = await ranking(deps, wanted, needed);
    const list = diversity > 0 ? diversify(ranked, { diversity, limit: depth }) : ranked;
    const paged = unshownHits(list, shown, limit, { scope, depth: SEARCH_LIMITS.depth });
    return { ...paged, exact, isCut: isCut || list.length < ranked.length };
  };
  const first = await listed(Math.min(shown.size + limit + SPARE_HITS, SEARCH_LIMITS.depth));
  const { page, nextCursor, exact } =
    first.isCut && first.nextCursor === null ? await listed(SEARCH_LIMITS.depth) : first;
  const candidates = page.map(({ embedding: _, ...candidate }) => candidate);
  return { hits: await hitsOf(deps.store, candidates), nextCursor, exact };
}

interface Wanted {
  targets: readonly Embedding[];
  text: string;
  positive: { keys: readonly PaperKey[] };
  negative: { keys: readonly PaperKey[]; embeddings: readonly Embedding[] };
  filter: PaperFilter | undefined;
}

/**
 * The papers near the targets, each once, best first, without the examples and their copies; `depth` of them before
 * folding. `isCut` when more may come after them.
 */
async function ranking(deps: Deps, { targets, text, positive, negative, filter }: Wanted, depth: number) {
  const examples = [...positive.keys, ...negative.keys];
  const allowed = { ...filter, excludedKeys: [...(filter?.excludedKeys ?? []), ...examples] };
  const { keys, levels, exact, isFull } = await candidatesNear(deps, targets, allowed, depth);
  const scored = await deps.exampleScores(await deps.index.embeddings(keys), {
    positive: targets.map((embedding, at) => ({ embedding, level: levels[at] ?? 0 })),
    negative: negative.embeddings,
  });
  scored.sort((a, b) => b.score - a.score || a.key - b.key);
  const ranked = await withTerms(deps, scored.slice(0, SEARCH_LIMITS.depth), {
    keys: positive.keys,
    text,
  });
  return {
    ranked: await foldDuplicates(deps, ranked, examples),
    isCut: depth < SEARCH_LIMITS.depth && isFull,
    exact,
  };
}

type Scored = Awaited<ReturnType<ExampleScores>>[number];

/**
 * Adds to the scores of the best papers how much their terms overlap with those of the example: what two abstracts both
 * say in words tells more than their embeddings alone. As nothing is taken away, the best stay above the rest. Several
 * examples would need a balance of their own, as the one with the most usual words would get the first places: for them
 * nothing is added.
 */
async function withTerms(
  { store, statistics }: Deps,
  scored: readonly Scored[],
  { keys, text }: { keys: readonly PaperKey[]; text: string },
): Promise<(Scored & { parts: SimilarParts })[]> {
  const isSingle = keys.length + (text === '' ? 0 : 1) === 1;
  if (!isSingle) return scored.map((paper) => ({ ...paper, parts: { ...paper.parts, terms: 0 } }));
  const best = scored.slice(0, TERMS.among);
  const sets = await store.termSets([...keys, ...best.map(({ key }) => key)]);
  const examples = keys.flatMap((key) => sets.get(key) ?? []);
  if (text !== '') examples.push(termSetOf({ title: text, abstract: '' }));
  const overlaps = termOverlaps(await statistics.current(), examples);
  const sums = new Float64Array(examples.length);
  const overlapOf = (key: PaperKey) => {
    sums.fill(0);
    overlaps(sets.get(key) ?? new Uint32Array(), sums, TERMS.weight);
    return Math.min(1, Math.max(0, ...sums));
  };
  return scored
    .map((paper, at) => {
      const terms = at < best.length ? (1 - paper.score) * overlapOf(paper.key) : 0;
      return { ...paper, score: paper.score + terms, parts: { ...paper.parts, terms } };
    })
    .sort((a, b) => b.score - a.score || a.key - b.key);
}

/**
 * The nearest papers of each target, `depth` of one, fewer of each of many; more when theirs are so much the same that
 * a whole answer is not among them. What is asked for does not depend on the page, so that pages fit together.
 */
async function candidatesNear(
  { index }: Deps,
  targets: readonly Embedding[],
  filter: PaperFilter,
  depth: number,
) {
  let each = Math.min(depth, Math.ceil(MOST_CANDIDATES / targets.length));
  for (;;) {
    const found: Neighbours[] = [];
    for (const target of targets) {
      // A search of all papers is a few milliseconds' work: others get their turn between two.
      if (found.length > 0) await nextTurn();
      found.push(await index.nearest(target, { limit: each, filter }));
    }
    const keys = new Set<PaperKey>();
    for (let at = 0; at < each && keys.size < MOST_CANDIDATES; at++) {
      for (const { neighbours } of found) {
        const neighbour = neighbours[at];
        if (neighbour) keys.add(neighbour.key);
      }
    }
    const isFull = found.some(({ neighbours }) => neighbours.length === each);
    if (keys.size >= depth || !isFull || each >= depth) {
      const levels = found.map(({ neighbours }) => neighbours.slice(0, LEVEL_AT).at(-1)?.similarity ?? 0);
      return { keys: [...keys], levels, exact: found.every(({ exact }) => exact), isFull };
    }
    each = Math.min(depth, 4 * each);
  }
}

type ExampleEmbeddings = Awaited<ReturnType<typeof exampleEmbeddings>>;

async function exampleEmbeddings({ store, index }: Deps, ids: readonly string[], path: string) {
  const papers = await Promise.all(ids.map((id) => store.paperById(id)));
  const missing = ids.filter((_, at) => papers[at] === null);
  if (missing.length > 0) {
    throw new AppError('not_found', `There is no paper with the id "${missing.join('", "')}".`, {
      errors: missing.map((id) => ({ path, message: `no paper has the id "${id}"` })),
    });
  }
  const keyAt = papers.map((paper) => paper?.key);
  const keys = [...new Set(papers.flatMap((paper) => (paper ? [paper.key] : [])))];
  const embeddings = await index.embeddings(keys);
  // The index may lag behind another process's commit by a moment: the store has the truth.
  for (const key of keys) {
    const stored = embeddings.has(key) ? null : await store.embedding(key);
    if (stored) embeddings.set(key, stored);
    else if (!embeddings.has(key)) {
      const id = papers.find((paper) => paper?.key === key)?.paper.id;
      throw new AppError(
        'unavailable',
        `The paper "${id}" has no embedding of the current model yet. Try again later.`,
      );
    }
  }
  return { keys, embeddings: [...embeddings.values()], idOf: (key: PaperKey) => ids[keyAt.indexOf(key)] };
}

/** A paper cannot attract and push away. */
function refuseBoth(positive: ExampleEmbeddings, negative: ExampleEmbeddings): void {
  const both = negative.keys.filter((key) => positive.keys.includes(key)).map(negative.idOf);
  if (both.length === 0) return;
  throw new AppError(
    'invalid_input',
    `Expected "${both.join('", "')}" among the positive or the negative examples, not both.`,
    {
      errors: both.map((id) => ({ path: 'negative', message: `"${id}" is a positive example, too` })),
    },
  );
}
