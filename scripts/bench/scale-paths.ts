import { createRecommender } from '../../src/recommend/recommender.ts';
import { createTermStatistics } from '../../src/term-statistics.ts';
import { GENERATED_FILTERS } from './generated-library.ts';
import type { LargeLibrary } from './large-library.ts';
import { queryOf, somePapers } from './real-queries.ts';
import { printTimes } from './report.ts';
import { type CallTimes, timedWork } from './timed-calls.ts';

const ROUNDS = 25;
const PAGE = 20;
const LIKES = 30;
const USER = 'bench-scale';
const DAY_MS = 86_400_000;

type Library = Pick<LargeLibrary, 'store' | 'people' | 'index' | 'lexical'>;

/** What requests ask of the store and the words of a library, each alone. The name says what a request does with it. */
export async function timeStorePaths({ store, lexical }: Library): Promise<void> {
  const papers = await somePapers(store, ROUNDS + 1);
  const times: CallTimes = new Map();
  const timed = <T>(name: string, work: () => Promise<T>) => timedWork(times, name, work);
  const [first] = papers;
  for (const { id, title, abstract, authors, date } of papers.slice(1)) {
    const stored = await timed('one paper by id', () => store.paperById(id));
    const keys = await timed('keys sampled, as for the statistics of terms (2,000)', async () =>
      store.sampleKeys({ upTo: await store.newestKey(), limit: 2_000 }),
    );
    await timed('20 papers by key', () => store.papersByKeys(keys.slice(0, PAGE)));
    await timed('300 identities by key', () => store.identities(keys.slice(0, 300)));
    await timed('100 term sets by key', () => store.termSets(keys.slice(0, 100)));
    await timed('newest, first page', () => store.list({ sort: 'newest', limit: PAGE }));
    await timed('newest, a page in the middle', () =>
      store.list({ sort: 'newest', limit: PAGE, after: { value: date ?? '', key: stored?.key ?? 0 } }),
    );
    await timed('trending, first page', () => store.list({ sort: 'trending', limit: PAGE }));
    const day = { from: date ?? '', to: date ?? '' };
    await timed('papers of a day', () => store.list({ sort: 'newest', limit: PAGE, filter: day }));
    await timed('trending of a day', () => store.list({ sort: 'trending', limit: PAGE, filter: day }));
    await timed('counts, as status and metrics ask', () => store.counts());
    await timed('newest day', () => store.newestDay());
    await timed('newest key', () => store.newestKey());
    await timed('papers without an embedding', () => store.papersWithoutEmbedding(0, 64));
    await timed('papers by a DOI, a title or an author', () =>
      store.papersNamed(
        { ids: [id], arxivIds: [], dois: [], title: title.toLowerCase(), authors: [authorQuery(authors[0])] },
        { limit: 100 },
      ),
    );
    await timed('words: the best 300 for four words of a title', () =>
      lexical.search(queryOf({ title, abstract }, 'words'), { limit: 300 }),
    );
    await timed('words: the best 300 for a sentence', () =>
      lexical.search(queryOf({ title, abstract }, 'sentence'), { limit: 300 }),
    );
    await timed('words: scores of 300 papers', () =>
      lexical.score(queryOf({ title, abstract }, 'words'), keys.slice(0, 300)),
    );
    await timed('words: a misspelt word', () => lexical.suggest(`${title.slice(0, 7)}q`));
    await timed('words: how many papers mention a name', () => lexical.mentions(authors[0] ?? title));
  }
  for (const { percent, name, filter } of GENERATED_FILTERS) {
    if (percent !== 50 && percent !== 1) continue;
    const what = `${percent} % by ${name}`;
    for (let round = 0; round < 3; round++) {
      await timed(`first page of ${what}`, () => store.list({ sort: 'newest', limit: PAGE, filter }));
    }
    await timed(`keys of ${what}, first asked`, () => store.matchingKeys(filter));
    await timed(`keys of ${what}, again`, () => store.matchingKeys(filter));
  }
  if (first) await timed('words left after a change', () => lexical.search(first.title, { limit: 300 }));
  for (const [name, values] of times) printTimes(name, values);
}

function authorQuery(author: string | undefined) {
  const [given = '', family = ''] = (author ?? '').toLowerCase().split(' ');
  return { given, family, initials: false };
}

/** Recommendations, picks and statistics of terms, for a person who likes the papers around three. */
export async function timePerson(library: Library): Promise<void> {
  const { store, people, index } = library;
  const times: CallTimes = new Map();
  const timed = <T>(name: string, work: () => Promise<T>) => timedWork(times, name, work);
  const statistics = createTermStatistics(store);
  await timed('statistics of terms, once after a start', () => statistics.current());
  let day = Date.parse((await store.newestDay()) ?? '2026-01-01') + DAY_MS;
  const now = () => new Date(day).toISOString();
  const recommender = createRecommender({ ...library, statistics, now });
  const liked: string[] = [];
  for (const { id } of await somePapers(store, 3)) {
    const stored = await store.paperById(id);
    const embedding = stored && (await index.embeddings([stored.key])).get(stored.key);
    if (!embedding) continue;
    const { neighbours } = await index.nearest(embedding, { limit: LIKES / 3 });
    liked.push(...(await store.papersByKeys(neighbours.map(({ key }) => key))).map(({ paper }) => paper.id));
  }
  try {
    await timed('trending for somebody unknown', () => recommender.recommend({ user: USER, limit: 10 }));
    for (const id of liked) await timed('a like', () => people.setFeedback(USER, id, 'like', now()));
    await timed(`recommendations, ${LIKES} likes, the first`, () =>
      recommender.recommend({ user: USER, limit: 10 }),
    );
    for (let round = 0; round < ROUNDS; round++) {
      await timed('recommendations, again', () => recommender.recommend({ user: USER, limit: 10 }));
      day += DAY_MS;
      await timed('picks of a new day', () => recommender.picks({ user: USER }));
      await timed('picks of that day, again', () => recommender.picks({ user: USER }));
    }
  } finally {
    await people.eraseUser(USER);
  }
  for (const [name, values] of times) printTimes(name, values);
}
