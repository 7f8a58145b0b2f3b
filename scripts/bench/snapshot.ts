import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dataPaths, readConfig } from '../../src/config.ts';
import { openServices } from '../../src/services.ts';
import { arxivSnapshotSource } from '../../src/sources/arxiv-snapshot.ts';
import { createRandom } from '../../src/statistics.ts';
import { authorsBy, wordedText } from './generated-library.ts';
import { printMachine } from './report.ts';

const SEED = 20_261_128;
const CLUSTERS = 2_000;
const WORDS_OF_AN_ABSTRACT = 160;
const TOLD = 10;
const MB = 1e6;

/** Signs of TeX, of HTML and of line breaks, as abstracts of the snapshot have them. */
const BLEMISHES = [
  '\n  ',
  ' $\\mathcal{O}(n^2)$ ',
  ' Schr\\"odinger\'s ',
  ' \\emph{and} ',
  ' &amp; ',
  ' 10~\\% -- ',
  ' $\\alpha \\leq 0.5$ ',
];

/**
 * Reads a file of the snapshot's format with so many generated records into a new library: parsed, cleaned, recognised,
 * stored, and not embedded. Prints the rate and the memory as it goes: neither may depend on how much was read before.
 */
export async function measureSnapshot({ papers }: { papers: number }): Promise<void> {
  printMachine();
  const folder = mkdtempSync(join(tmpdir(), 'paperwise-bench-'));
  try {
    const file = join(folder, 'arxiv-metadata.json');
    await pipeline(Readable.from(lines(papers)), createWriteStream(file));
    console.log(`${papers} generated records, ${(statSync(file).size / MB).toFixed(0)} MB of JSON Lines.`);
    await takeIn(file, folder, papers);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function takeIn(file: string, folder: string, papers: number): Promise<void> {
  const config = readConfig({ PAPERWISE_DATA: join(folder, 'data'), PAPERWISE_SAMPLE: 'off' });
  const services = await openServices(config, { mode: 'command', log: () => {} });
  const every = Math.ceil(papers / TOLD);
  const began = performance.now();
  let [read, since] = [0, began];
  try {
    const counts = await services.ingest.ingest(arxivSnapshotSource(file, { categories: [] }), {
      defaultSource: 'arxiv',
      embed: 'later',
      batchSize: 500,
      onResult: () => {
        if (++read % every !== 0) return;
        const now = performance.now();
        const rate = Math.round((every / (now - since)) * 1_000);
        const { rss, heapUsed } = process.memoryUsage();
        console.log(
          `${read} records: ${rate} a second, resident ${(rss / 2 ** 20).toFixed(0)} MiB, ` +
            `of it JavaScript ${(heapUsed / 2 ** 20).toFixed(0)}`,
        );
        since = now;
      },
    });
    const seconds = (performance.now() - began) / 1_000;
    const { papers: held } = await services.store.counts();
    const bytes = statSync(dataPaths(config.dataFolder).database).size;
    console.log(
      `${JSON.stringify(counts)}: ${held} papers in ${seconds.toFixed(0)} s, ${Math.round(papers / seconds)} records a ` +
        `second, ${(bytes / held / 1e3).toFixed(1)} kB a paper; highest resident ` +
        `${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB.`,
    );
  } finally {
    await services.close();
  }
}

function* lines(papers: number): Generator<string> {
  const random = createRandom(SEED);
  for (let number = 0; number < papers; number++) yield `${JSON.stringify(recordOf(number, random))}\n`;
}

/** A record in the snapshot's fields. Every hundredth is a later version of an earlier one. */
function recordOf(number: number, random: () => number) {
  const isAgain = number > 0 && number % 100 === 0;
  const of = isAgain ? number - 100 + 1 : number;
  const cluster = Math.floor(random() * CLUSTERS);
  const { title, abstract } = wordedText(cluster, random, WORDS_OF_AN_ABSTRACT);
  const words = abstract.split(' ');
  for (let at = 12; at < words.length; at += 25) {
    words[at] += BLEMISHES[Math.floor(random() * BLEMISHES.length)] ?? '';
  }
  const month = `${String(10 + (Math.floor(of / 120_000) % 16)).padStart(2, '0')}`;
  const id = `${month}${String(1 + (Math.floor(of / 10_000) % 12)).padStart(2, '0')}.${String(of % 10_000).padStart(5, '0')}`;
  const versions = Array.from({ length: isAgain ? 2 : 1 }, (_, at) => ({
    version: `v${at + 1}`,
    created: 'Mon, 2 Apr 2012 19:18:42 GMT',
  }));
  const authors = authorsBy(random);
  return {
    id,
    submitter: authors[0] ?? null,
    authors: authors.join(', '),
    title: title.replace(' ', '\n  '),
    comments: '12 pages',
    'journal-ref': null,
    doi: number % 3 === 0 ? `10.1000/generated.${of}` : null,
    'report-no': null,
    categories: `cs.${'ABCDEFGHIJ'.charAt(cluster % 10)}I cs.LG`,
    license: null,
    abstract: `  ${words.join(' ')}\n`,
    versions,
    update_date: '2012-04-03',
    authors_parsed: authors.map((name) => {
      const [given = '', family = ''] = name.split(' ');
      return [family, given, ''];
    }),
  };
}
