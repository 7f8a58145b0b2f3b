import type { Embedder } from '../../src/embed/embedder.ts';
import { checkRecord } from '../../src/sources/source.ts';
import type { Signal } from '../../src/store/people-store.ts';
import type { Embedding } from '../../src/vector.ts';
import { type EvaluatedLibrary, fillLibrary } from './library.ts';
import { coverageAt, diversityOf, ndcgAt, noveltyOf, recallAt, shareAt } from './metrics.ts';
import { matrixOf } from './recommend-baselines.ts';
import type { PeopleCollection, Person, Surroundings } from './recommend-collection.ts';
import { isMeasured, type Method, paperwise, plainMethods, type Recommend } from './recommend-methods.ts';
import type { ResultRow } from './results.ts';

/** Papers asked for, and those of them that a person looks at. */
const DEPTH = 50;
const SEEN = 20;

interface RunOptions {
  methods: readonly Method[];
  passageEmbedder: Embedder;
  /** Told what takes long. */
  onProgress?: (text: string) => void;
}

/** One list for one person. */
interface Listed {
  person: Person;
  ranking: string[];
  milliseconds: number;
}

/** Fills a library with the collection, and asks recommendations for its people of the real code and of plain methods. */
export async function runRecommend(
  collection: PeopleCollection,
  { methods, passageEmbedder, onProgress = () => {} }: RunOptions,
): Promise<{ rows: ResultRow[]; notes: string[] }> {
  const items = collection.papers.map((paper) => checkRecord(paper, paper.id, { strict: true }));
  const library = await timed(`${collection.name}: library`, onProgress, () =>
    fillLibrary(items, passageEmbedder),
  );
  try {
    const vectors = await embeddingsOf(collection, library);
    const plain = plainMethods(collection, matrixOf([...vectors.values()]));
    const rows: ResultRow[] = [];
    const notes = [...collection.notes];
    for (const surroundings of collection.surroundings) {
      const measured = methods.filter((method) => isMeasured(method, surroundings, collection.surroundings));
      if (measured.includes('paperwise') && surroundings === 'with other people') {
        await timed(`${collection.name}: feedback of all`, onProgress, async () => {
          for (const one of collection.everyone) await giveFeedback(library, one);
        });
      }
      const found: ResultRow[] = [];
      for (const method of measured) {
        const listed = await timed(`${collection.name}, ${surroundings}: ${method}`, onProgress, () =>
          method === 'paperwise'
            ? listsOfPaperwise(collection, library, surroundings)
            : lists(collection.people, plain(method)),
        );
        found.push(...rowsOf(collection, { method, surroundings, listed, vectors }));
        notes.push(...shortNote(listed, `${method}, ${surroundings}`));
      }
      rows.push(...byTask(found));
    }
    return { rows, notes };
  } finally {
    await library.close();
  }
}

async function timed<T>(
  what: string,
  onProgress: (text: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const begin = performance.now();
  const result = await work();
  onProgress(`${what}: ${((performance.now() - begin) / 1_000).toFixed(1)} s`);
  return result;
}

/** The embedding of every paper, in the order of the papers. */
async function embeddingsOf(
  { papers }: PeopleCollection,
  { store, index }: EvaluatedLibrary,
): Promise<Map<string, Embedding>> {
  const keys = new Map<string, number>();
  for (const { id } of papers) {
    const stored = await store.paperById(id);
    if (stored) keys.set(id, stored.key);
  }
  const embeddings = await index.embeddings([...keys.values()]);
  return new Map(
    papers.map(({ id }) => {
      const embedding = embeddings.get(keys.get(id) ?? -1);
      if (!embedding) throw new Error(`The paper ${id} is not in the library.`);
      return [id, embedding];
    }),
  );
}

async function giveFeedback(
  { people }: EvaluatedLibrary,
  { name, likes, dislikes }: Pick<Person, 'name' | 'likes' | 'dislikes'>,
): Promise<void> {
  const give = async (judgements: Person['likes'], signal: Signal) => {
    for (const { id, at } of judgements) await people.setFeedback(name, id, signal, at);
  };
  await give(likes, 'like');
  await give(dislikes, 'dislike');
}

/** Without other people, the people store holds what the person asked for has judged, and nothing else. */
async function listsOfPaperwise(
  collection: PeopleCollection,
  library: EvaluatedLibrary,
  surroundings: Surroundings,
): Promise<Listed[]> {
  const { people } = collection;
  const recommend = paperwise(collection, library);
  if (surroundings === 'with other people') return lists(people, recommend);
  const listed: Listed[] = [];
  for (const person of people) {
    await giveFeedback(library, person);
    listed.push(...(await lists([person], recommend)));
    await library.people.eraseUser(person.name);
  }
  return listed;
}

async function lists(people: readonly Person[], recommend: Recommend): Promise<Listed[]> {
  const listed: Listed[] = [];
  for (const person of people) {
    const begin = performance.now();
    const ranking = await recommend(person, DEPTH);
    listed.push({ person, ranking, milliseconds: performance.now() - begin });
  }
  return listed;
}

/** A row for each group of people. */
function rowsOf(
  collection: PeopleCollection,
  {
    method,
    surroundings,
    listed,
    vectors,
  }: {
    method: Method;
    surroundings: Surroundings;
    listed: readonly Listed[];
    vectors: ReadonlyMap<string, Embedding>;
  },
): ResultRow[] {
  const groups = grouped(listed, ({ person }) => person.group);
  return [...groups].map(([group, lists]) => ({
    collection: collection.name,
    task: group ?? surroundings,
    mode: method,
    queries: lists.map(({ person }) => person.name),
    metrics: metricsOf(lists, vectors),
    milliseconds: lists.map(({ milliseconds }) => milliseconds),
  }));
}

/** Values for each person, NaN where a metric has nothing to say; metrics that have none on anybody are left out. */
function metricsOf(
  lists: readonly Listed[],
  vectors: ReadonlyMap<string, Embedding>,
): Record<string, number[]> {
  const vectorsOf = (ids: readonly string[]) => ids.flatMap((id) => vectors.get(id) ?? []);
  const each = (measure: (list: Listed) => number) => lists.map(measure);
  const byGrades = (metric: typeof ndcgAt, depth: number) =>
    each(({ ranking, person }) => metric(ranking, new Map([...person.relevant].map((id) => [id, 1])), depth));
  const metrics = {
    [`nDCG@${SEEN}`]: byGrades(ndcgAt, SEEN),
    [`recall@${SEEN}`]: byGrades(recallAt, SEEN),
    [`recall@${DEPTH}`]: byGrades(recallAt, DEPTH),
    'interests covered': each(({ ranking, person: { interests } }) =>
      interests ? coverageAt(ranking, interests, SEEN) : Number.NaN,
    ),
    'of disliked kind': each(({ ranking, person: { irrelevant } }) =>
      irrelevant ? shareAt(ranking, irrelevant, SEEN) : Number.NaN,
    ),
    diversity: each(({ ranking }) => diversityOf(vectorsOf(ranking.slice(0, SEEN)))),
    novelty: each(({ ranking, person }) =>
      noveltyOf(vectorsOf(ranking.slice(0, SEEN)), vectorsOf(person.likes.map(({ id }) => id))),
    ),
  };
  return Object.fromEntries(
    Object.entries(metrics).filter(([, values]) => !values.every((value) => Number.isNaN(value))),
  );
}

/** Lists may be short because nothing more is near enough: that lowers what they can find. */
function shortNote(listed: readonly Listed[], what: string): string[] {
  const short = listed.filter(({ ranking }) => ranking.length < DEPTH).length;
  const seen = listed.filter(({ ranking }) => ranking.length < SEEN).length;
  if (short === 0) return [];
  return [
    `${what}: lists of fewer than ${DEPTH} papers: ${short} of ${listed.length} (fewer than ${SEEN}: ${seen})`,
  ];
}

/** Rows of one group beside each other. */
const byTask = (rows: readonly ResultRow[]) => [...grouped(rows, ({ task }) => task).values()].flat();

/** Groups in the order in which they are first met. */
function grouped<T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> {
  const groups = new Map<Key, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
