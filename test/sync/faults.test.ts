import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerBy } from '../fixtures/answer-by.ts';
import { type ArxivPaper, arxivPaper } from '../fixtures/arxiv-papers.ts';
import { createArxivServer } from '../fixtures/arxiv-server.ts';
import { createDailyPapersServer, listedItem } from '../fixtures/daily-papers-server.ts';
import { type ServerFault, startFaultyServer } from '../fixtures/faulty-server.ts';
import { INTERVAL_MS, openSyncing } from '../fixtures/syncing.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const FIRST_DAY = '2025-03-03';
const dayAfter = (days: number) =>
  new Date(Date.parse(FIRST_DAY) + days * 86_400_000).toISOString().slice(0, 10);
/** What is as soon as it can be here, and minutes in the product. */
const LIMITS = {
  ...{ attempts: 3, backOffMs: 1, backOffMostMs: 4, retryAfterMs: 50 },
  ...{ headersMs: 400, idleMs: 200, exchangeMs: 300 },
};

const fault: fc.Arbitrary<ServerFault> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<ServerFault>('ok') },
  {
    weight: 10,
    arbitrary: fc.constantFrom<ServerFault>(
      ...(['reset', 'cut', 'truncated gzip', 'malformed'] as const),
      ...[{ status: 500 }, { status: 503, retryAfter: 0 }, { status: 429, retryAfter: 9_000 }],
      { redirect: 'http://10.0.0.1/' },
    ),
  },
  { weight: 1, arbitrary: fc.constant<ServerFault>('drip') },
);

/** What happens on one day: to arXiv, to the listing, on the way between, and to us. */
const day = fc.record({
  submitted: fc.integer({ min: 0, max: 5 }),
  /** Which of the earlier papers, by a number that is taken as it comes out. */
  revised: fc.array(fc.nat(50), { maxLength: 2 }),
  gone: fc.array(fc.record({ of: fc.nat(50), how: fc.constantFrom('deleted', 'withdrawn') }), {
    maxLength: 1,
  }),
  listed: fc.array(fc.record({ of: fc.nat(50), upvotes: fc.nat(99) }), { maxLength: 3 }),
  tokensExpire: fc.boolean(),
  arxivFaults: fc.array(fault, { maxLength: 6 }),
  dailyFaults: fc.array(fault, { maxLength: 6 }),
  /** After so many requests we stop in the middle; null: not today. */
  stopAfter: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat(4) }),
});
type Day = typeof day extends fc.Arbitrary<infer T> ? T : never;

/** arXiv and the listing in memory, behind servers that fail as they are told. */
async function startPlaces() {
  const papers: ArxivPaper[] = [];
  const arxiv = createArxivServer(papers, { now: `${FIRST_DAY}T12:00:00Z`, recordsPerList: 3 });
  const daily = createDailyPapersServer(FIRST_DAY);
  const faults: { arxiv: ServerFault[]; daily: ServerFault[] } = { arxiv: [], daily: [] };
  const servers = {
    arxiv: await startFaultyServer(answerBy(arxiv.handle), faults.arxiv),
    daily: await startFaultyServer(answerBy(daily.handle), faults.daily),
  };
  /** The faults of what comes next. */
  const schedule = (place: 'arxiv' | 'daily', next: readonly ServerFault[]) => {
    const { length } = servers[place].requests;
    faults[place].length = length;
    faults[place].fill('ok').push(...next);
  };
  return { papers, arxiv, daily, servers, schedule };
}
type Places = Awaited<ReturnType<typeof startPlaces>>;

function live({ papers, arxiv, daily, schedule }: Places, number: number, happened: Day): void {
  const today = dayAfter(number);
  arxiv.options.now = `${today}T12:00:00Z`;
  daily.today = today;
  for (let at = 0; at < happened.submitted; at++) {
    papers.push(arxivPaper(`2503.${String(papers.length).padStart(5, '0')}`, today));
  }
  const earlier = (of: number) => papers[of % Math.max(1, papers.length)];
  for (const of of happened.revised) {
    const paper = earlier(of);
    if (!paper || paper.gone) continue;
    paper.versions.push(`${today}T13:00:00Z`);
    paper.abstract = `Version ${paper.versions.length} of ${paper.id} says more.`;
    paper.changed = today;
  }
  for (const { of, how } of happened.gone) {
    const paper = earlier(of);
    if (paper && !paper.gone) Object.assign(paper, { gone: how, changed: today });
  }
  const listing = daily.days.get(today) ?? [];
  daily.days.set(today, listing);
  for (const { of, upvotes } of happened.listed) {
    const paper = earlier(of);
    const isListed = paper && [...daily.days.values()].flat().some((item) => item.paper.id === paper.id);
    // Some without any upvotes yet.
    if (paper && !isListed)
      listing.push(listedItem(paper.id, upvotes === 0 ? { upvotes: undefined } : { upvotes }));
  }
  if (happened.tokensExpire) arxiv.expireTokens();
  schedule('arxiv', happened.arxivFaults);
  schedule('daily', happened.dailyFaults);
}

/** Each paper that must be there in the end: its version by its text, and its upvotes. */
function expectedOf({
  papers,
  daily,
}: Places): Map<string, { abstract: string; upvotes: number | undefined }> {
  const listed = new Map([...daily.days.values()].flat().map(({ paper }) => [paper.id, paper]));
  const there = papers.filter(
    ({ id, gone }) => gone !== 'withdrawn' && (gone !== 'deleted' || listed.has(id)),
  );
  return new Map(
    there.map(({ id, gone, abstract }) => {
      const item = listed.get(id);
      const text = gone === 'deleted' ? String(item?.summary) : abstract.replace(/\s+/g, ' ').trim();
      return [id, { abstract: text, upvotes: item?.upvotes }];
    }),
  );
}

describe('sources that fail in any way', () => {
  it('end with exactly the papers that are there, and are never asked faster than allowed', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(day, { minLength: 1, maxLength: 3 }), async (days) => {
        const places = await startPlaces();
        const { arxiv, daily } = places.servers;
        let today = 0;
        const library = openSyncing({
          ...{ folder: temporaryFolder(), arxiv: arxiv.origin, dailyPapers: daily.origin },
          ...{ from: FIRST_DAY, limits: LIMITS },
          now: () => new Date(`${dayAfter(today)}T12:00:00Z`),
        });
        try {
          for (const [number, happened] of days.entries()) {
            today = number;
            live(places, number, happened);
            await library.run(stopAfter(happened.stopAfter, places));
          }
          // Faults come to an end: then one run more brings everything.
          let runs = 0;
          while (!(await library.run())) expect(++runs).toBeLessThan(10);
          const { papers } = await library.store.list({ sort: 'newest', limit: 100 });
          const held = papers.map(
            ({ paper: { id, abstract, upvotes } }) => [id, { abstract, upvotes }] as const,
          );
          expect(held.length).toBe(new Map(held).size);
          expect(new Map(held)).toEqual(expectedOf(places));
          // A request that we give up may still be on its way while the next one is made.
          const isStopped = days.some(({ stopAfter }) => stopAfter !== null);
          for (const server of isStopped ? [] : [arxiv, daily]) {
            expect(server.mostAtOnce()).toBeLessThanOrEqual(1);
            expect(server.closestMs()).toBeGreaterThanOrEqual(INTERVAL_MS - CLOCK_MS);
          }
        } finally {
          await library.close();
          await arxiv.close();
          await daily.close();
        }
      }),
      { numRuns: 15 },
    );
  });
});

/** The clocks of two sides are read in whole milliseconds. */
const CLOCK_MS = 1.5;

function stopAfter(requests: number | null, { servers }: Places): AbortSignal {
  const stop = new AbortController();
  if (requests === null) return stop.signal;
  const most = servers.arxiv.requests.length + servers.daily.requests.length + requests;
  const timer = setInterval(() => {
    if (servers.arxiv.requests.length + servers.daily.requests.length < most) return;
    stop.abort(new Error('stopped'));
    clearInterval(timer);
  }, 1);
  timer.unref();
  return stop.signal;
}
