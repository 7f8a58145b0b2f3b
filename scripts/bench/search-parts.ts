import type { Embedder } from '../../src/embed/embedder.ts';
import { fuse, noParts, wordFit } from '../../src/fusion.ts';
import { hitsOf } from '../../src/hits.ts';
import { lateInteraction } from '../../src/late-interaction.ts';
import { createMaxSimilarity } from '../../src/max-similarity.ts';
import { foldDuplicates } from '../../src/near-duplicates.ts';
import { RANKING } from '../../src/ranking.ts';
import { SEARCH_LIMITS } from '../../src/search-limits.ts';
import { createSecondPass } from '../../src/second-pass.ts';
import type { LargeLibrary } from './large-library.ts';
import { type CallTimes, timedWork } from './timed-calls.ts';

const LIMIT = 10;

/**
 * The steps of hybrid searches, one after the other: a real search does some of them side by side, and looks for names
 * and marks words besides, so that these do not add up to it.
 */
export async function timeSearchParts(
  library: Pick<LargeLibrary, 'store' | 'index' | 'lexical'>,
  embedder: Embedder,
  queries: readonly string[],
): Promise<CallTimes> {
  const { store, index, lexical } = library;
  const { dimensions } = embedder.model;
  const secondPass = createSecondPass(dimensions, RANKING.secondPass);
  const kernel = createMaxSimilarity(dimensions);
  const times: CallTimes = new Map();
  const timed = <T>(name: string, work: () => T | Promise<T>) => timedWork(times, name, work);
  const options = { limit: SEARCH_LIMITS.depth };
  for (const text of queries) {
    const query = await timed('query embedded', () => embedder.embedQuery(text));
    const { neighbours } = await timed(`nearest ${options.limit} by vector`, () =>
      index.nearest(query.embedding, options),
    );
    const words = await timed(`best ${options.limit} by words`, () => lexical.search(text, options));
    const known = new Set(words.hits.map(({ key }) => key));
    const unknown = neighbours.flatMap(({ key }) => (known.has(key) ? [] : [key]));
    const scores = await timed('word scores of the nearest', () => lexical.score(text, unknown));
    const fused = await timed('joined', () =>
      fuse({ neighbours, others: new Map() }, { ...words, others: scores }, RANKING.fusion),
    );
    const looked = fused.slice(0, RANKING.lateInteraction.candidates).map(({ key }) => key);
    const bits = await timed('token bits read', () => store.tokenBits(looked));
    const interacted = await timed('late interaction', () =>
      lateInteraction(fused, query, words.terms, bits, kernel, RANKING.lateInteraction),
    );
    const top = interacted.slice(0, RANKING.secondPass.candidates).map(({ key }) => key);
    const embeddings = await timed('embeddings of the second pass', () => index.embeddings(top));
    const ranked = await timed('second pass', () =>
      secondPass(interacted, embeddings, wordFit(words, RANKING.fusion.wordFit)),
    );
    const candidates = ranked
      .slice(0, SEARCH_LIMITS.depth)
      .map(({ key, score }) => ({ key, score, parts: noParts() }));
    const folded = await timed('copies folded', () => foldDuplicates({ store, index }, candidates));
    await timed(`papers of ${LIMIT} hits read`, () => hitsOf(store, folded.slice(0, LIMIT)));
  }
  return times;
}
