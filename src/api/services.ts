import type { Embedder } from '../embed/embedder.ts';
import type { VectorIndex } from '../index/vector-index.ts';
import type { Ingest } from '../ingest.ts';
import type { LexicalIndex } from '../lexical/lexical-index.ts';
import type { ImportRequest, LibraryImport } from '../recommend/import-library.ts';
import type { PickDetails } from '../recommend/picks.ts';
import type { Recommender } from '../recommend/recommender.ts';
import type { Search } from '../search.ts';
import type { SimilarAnswer, SimilarToPaper } from '../similar.ts';
import type { PaperStore } from '../store/paper-store.ts';
import type { PeopleStore } from '../store/people-store.ts';
import type { Following } from '../sync/following.ts';
import type { TermStatisticsReader } from '../term-statistics.ts';
import type { JsonOf } from './routes.ts';

/** What the HTTP interface is built on. `src/services.ts` makes it. */
export interface ApiServices extends Recommender {
  store: PaperStore;
  people: PeopleStore<PickDetails>;
  index: VectorIndex;
  lexical: LexicalIndex;
  /** How rare terms are in the library. */
  statistics: TermStatisticsReader;
  embedder: Embedder;
  ingest: Ingest;
  search: Search;
  /** The answer of `search.similar` as JSON, by whichever thread has it sooner. */
  similarJson(request: SimilarToPaper): Promise<JsonOf<SimilarAnswer>>;
  /** The sources that the library follows. */
  following: Pick<Following, 'sources'>;
  importLibrary(request: ImportRequest): Promise<LibraryImport>;
  /** What start-up still waits for; empty when everything answers. */
  waitingFor(): string[];
  /** True from the moment that a stop was asked for. */
  isStopping(): boolean;
  /** Aborted when a stop has waited long enough: what is still coming in must end, and say how far it got. */
  stopSignal: AbortSignal;
}
