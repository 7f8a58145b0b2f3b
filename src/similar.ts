import { setImmediate as nextTurn } from 'node:timers/promises';
import { shownOf, unshownHits } from './cursor.ts';
import { diversify } from './diversity.ts';
import type { Embedder } from './embed/embedder.ts';
import { AppError } from './errors.ts';
import type { ExampleScores } from './example-scores.ts';
import { hitsOf } from './hits.ts';
import type { Neighbours, VectorIndex } from './index/vector-index.ts';
import { foldDuplicates } from './near-duplicates.ts';
import type { PaperFilter, PaperKey } from './paper.ts';
import { readableText } from './readable-text.ts';
import { type Page, SEARCH_LIMITS } from './search-limits.ts';
import {
  type SimilarPage,
  type SimilarPageDeps,
  type SimilarPageRequest,
  similarPage,
} from './similar-page.ts';
import { COMPARED_BY_TERMS, withTerms } from './similar-terms.ts';
import type { PaperStore } from './store/paper-store.ts';
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

export interface SimilarAnswer extends SimilarPage {
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
export type SimilarToPaper = { id: string; filter?: PaperFilter; diversity?: number } & Page;

export interface SimilarDeps extends SimilarPageDeps {
  store: Pick<PaperStore, 'paperById' | 'embedding'> & SimilarPageDeps['store'];
  index: Pick<VectorIndex, 'nearest' | 'embeddings'>;
  exampleScores: ExampleScores;
}

/**
 * Papers like the positive examples and the text, and unlike the negative ones. Throws `not_found` for an unknown
 * paper, `unavailable` for one without an embedding, `invalid_input` without a positive example or text, or for a paper
 * that is both a positive and a negative one. src/example-scores.ts has the score; with `diversity`, hits need not come in
 * its order.
 */
export async function similarTo(
  deps: SimilarDeps & { embedder: Embedder },
  request: SimilarRequest,
): Promise<SimilarAnswer> {
  const text = request.examples.text === undefined ? '' : readableText(request.examples.text);
  return answer(deps, request, {
    text,
    embed: async () => (await deps.embedder.embedQuery(text)).embedding,
  });
}

/** `similarTo` with one paper as the only example: needs no embedder. */
export async function similarToPaper(
  deps: SimilarDeps,
  { id, ...rest }: SimilarToPaper,
): Promise<SimilarAnswer> {
  return answer(deps, { examples: { positive: [id], negative: [] }, ...rest }, null);
}

/** The clean text among the examples, and its embedding. */
interface ExampleText {
  text: string;
  embed(): Promise<Embedding>;
}

async function answer(
  deps: SimilarDeps,
  request: SimilarRequest,
  exampleText: ExampleText | null,
): Promise<SimilarAnswer> {
  const { examples, filter, limit, diversity = 0 } = request;
  const scope = [examples, filter, diversity];
  const shown = shownOf(request.cursor, scope, SEARCH_LIMITS.depth);
  const [positive, negative] = await Promise.all([
    exampleEmbeddings(deps, examples.positive, 'positive'),
    exampleEmbeddings(deps, examples.negative, 'negative'),
  ]);
  refuseBoth(positive, negative);
  const targets = [...positive.embeddings];
  const text = exampleText?.text ?? '';
  if (exampleText && text !== '') targets.push(await exampleText.embed());
  const [target] = targets;
  if (target === undefined) {
    throw new AppError('invalid_input', 'Expected at least one positive example, or a text.', {
      errors: [{ path: 'positive', message: 'expected at least one paper id when there is no text' }],
    });
  }
  const excludedKeys = [...(filter?.excludedKeys ?? []), ...positive.keys, ...negative.keys];
  const allowed = { ...filter, excludedKeys };
  // So many are needed, unless many of them are copies of others.
  const likely = Math.min(shown.size + limit + SPARE_HITS, SEARCH_LIMITS.depth);
  if (targets.length === 1 && negative.keys.length === 0 && diversity === 0) {
    const example = { keys: positive.keys, text };
    return likeOne(deps, { target, allowed, likely }, { example, shown, limit, scope });
  }
  const { list, exact } = await likeMany(deps, { targets, text, positive, negative, allowed });
  const paged = (depth: number) => {
    const spread = diversity > 0 ? diversify(list, { diversity, limit: depth }) : list;
    return { ...unshownHits(spread, shown, limit, { scope, depth: SEARCH_LIMITS.depth }), spread };
  };
  // Spreading takes the longer the more is taken.
  const first = paged(likely);
  const isCut = first.nextCursor === null && first.spread.length < list.length;
  const { page, nextCursor } = isCut ? paged(SEARCH_LIMITS.depth) : first;
  const candidates = page.map(({ embedding: _, ...candidate }) => candidate);
  return { hits: await hitsOf(deps.store, candidates), nextCursor, exact };
}

/**
 * Papers like one: the index's order is nearly the answer, so only what may be shown is asked for, and more only when
 * too many of them are copies.
 */
async function likeOne(
  deps: SimilarDeps,
  { target, allowed, likely }: { target: Embedding; allowed: PaperFilter; likely: number },
  request: Omit<SimilarPageRequest, 'neighbours'>,
): Promise<SimilarAnswer> {
  // The terms of the first so many decide on their order, whatever is shown of them.
  for (let depth = Math.max(likely, COMPARED_BY_TERMS); ; depth = SEARCH_LIMITS.depth) {
    const { neighbours, exact } = await deps.index.nearest(target, { limit: depth, filter: allowed });
    const page = await similarPage(deps, { ...request, neighbours });
    const isWhole = neighbours.length < depth || depth === SEARCH_LIMITS.depth;
    if (isWhole || page.nextCursor !== null) return { ...page, exact };
  }
}

interface Wanted {
  targets: readonly Embedding[];
  text: string;
  positive: { keys: readonly PaperKey[] };
  negative: { keys: readonly PaperKey[]; embeddings: readonly Embedding[] };
  allowed: PaperFilter;
}

/** The papers near the targets, each once, best first, without the examples and their copies. */
async function likeMany(deps: SimilarDeps, { targets, text, positive, negative, allowed }: Wanted) {
  const found = await candidatesNear(deps, targets, allowed);
  const scored = await scoredBy(deps, found, targets, negative.embeddings);
  const example = { keys: positive.keys, text };
  const ranked = await withTerms(deps, scored.slice(0, SEARCH_LIMITS.depth), example);
  const list = await foldDuplicates(deps, ranked, [...positive.keys, ...negative.keys]);
  return { list, exact: found.exact };
}

/** Papers scored against all examples, best first. */
async function scoredBy(
  { index, exampleScores }: SimilarDeps,
  { keys, levels }: { keys: readonly PaperKey[]; levels: readonly number[] },
  targets: readonly Embedding[],
  negative: readonly Embedding[],
): ReturnType<ExampleScores> {
  const scored = await exampleScores(await index.embeddings(keys), {
    positive: targets.map((embedding, at) => ({ embedding, level: levels[at] ?? 0 })),
    negative,
  });
  return scored.sort((a, b) => b.score - a.score || a.key - b.key);
}

/**
 * The nearest papers of each target, the search's depth of one, fewer of each of many; more when theirs are so much the
 * same that a whole answer is not among them. What is asked for does not depend on the page, so that pages fit together.
 */
async function candidatesNear({ index }: SimilarDeps, targets: readonly Embedding[], filter: PaperFilter) {
  const { depth } = SEARCH_LIMITS;
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
      return { keys: [...keys], levels, exact: found.every(({ exact }) => exact) };
    }
    each = Math.min(depth, 4 * each);
  }
}

type ExampleEmbeddings = Awaited<ReturnType<typeof exampleEmbeddings>>;

async function exampleEmbeddings({ store, index }: SimilarDeps, ids: readonly string[], path: string) {
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
