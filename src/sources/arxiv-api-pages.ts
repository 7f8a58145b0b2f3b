import { daysBefore } from '../days.ts';
import { AppError } from '../errors.ts';
import type { HttpClient } from '../http/http-client.ts';
import { arxivItem } from './arxiv-record.ts';
import { dayIn } from './record-fields.ts';
import { type SourceItem, shortened } from './source.ts';
import { expectOk, MAX_XML_ANSWER_BYTES, xmlAnswer } from './xml-answer.ts';
import { childrenNamed, textIn, type XmlElement } from './xml-element.ts';
import { readInTurns } from './xml-turns.ts';

/** A page that lacks papers is asked for so often in all. */
const ATTEMPTS = 3;

/** Days of submission from the first to the last, both inclusive, `YYYY-MM-DD`. */
export interface Window {
  from: string;
  to: string;
}

export interface ApiPage {
  items: SourceItem[];
  /** The papers of the window in all, as the API counts them. */
  total: number;
  isLast: boolean;
}

interface Answer {
  total: number;
  entries: readonly XmlElement[];
}

/**
 * Reads the papers of a window page by page, each page whole: the API answers now and then with fewer papers than there
 * are, or none. Iterating throws `source_failed` for the API's own errors, and when a page stays incomplete.
 */
export function arxivApiPages(
  settings: { url: string; query: string; pageSize: number },
  { http, signal }: { http: HttpClient; signal: AbortSignal },
): (window: Window) => AsyncGenerator<ApiPage> {
  const { pageSize } = settings;
  const ask = async (window: Window, start: number): Promise<Answer> => {
    const url = addressOf(settings, window, start);
    const request = { url, accept: 'application/atom+xml', maxBytes: MAX_XML_ANSWER_BYTES, signal };
    const answer = await http.get(request);
    const feed = await xmlAnswer(answer, { roots: ['feed'], repeated: 'entry', what: url });
    const entries = childrenNamed(feed, 'entry');
    const error = entries.find(isError);
    if (error) {
      const said = shortened(textIn(error, 'summary'));
      throw new AppError('source_failed', `arXiv's API answered with an error: ${said} (${url}).`);
    }
    expectOk(answer, url);
    return { total: countOf(feed, url), entries };
  };
  const askForAll = async (window: Window, start: number, known: number): Promise<Answer> => {
    let [expected, got] = [0, 0];
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const answer = await ask(window, start);
      expected = Math.min(pageSize, Math.max(answer.total, known) - start);
      got = answer.entries.length;
      // That there is nothing at all is believed the second time.
      if (got >= expected && (answer.total > 0 || attempt > 1)) return answer;
    }
    throw new AppError(
      'source_failed',
      `Expected ${expected} papers of ${nameOf(window)} behind the first ${start} from arXiv's API, got ${got}, ${ATTEMPTS} times.`,
    );
  };
  return async function* pages(window) {
    let [start, total, isLast] = [0, 0, false];
    while (!isLast) {
      const answer = await askForAll(window, start, total);
      const first = start;
      total = Math.max(total, answer.total);
      start += answer.entries.length;
      isLast = start >= total;
      const items = await readInTurns(answer.entries, (entry, index) =>
        itemOf(entry, `${nameOf(window)}, entry ${first + index + 1}`),
      );
      yield { items, total, isLast };
    }
  };
}

const nameOf = ({ from, to }: Window) => (from === to ? from : `${from} to ${to}`);

function addressOf(
  { url, query, pageSize }: { url: string; query: string; pageSize: number },
  { from, to }: Window,
  start: number,
): string {
  // Both ends are inclusive, and to the minute: the next midnight leaves no second of the last day out.
  const end = daysBefore(to, -1).slice(0, 10);
  const minute = (day: string) => `${day.replaceAll('-', '')}0000`;
  const parameters = new URLSearchParams({
    search_query: `(${query}) AND submittedDate:[${minute(from)} TO ${minute(end)}]`,
    start: String(start),
    max_results: String(pageSize),
    sortBy: 'submittedDate',
    sortOrder: 'ascending',
  });
  return `${url}?${parameters}`;
}

/** The API answers its errors as a feed with one entry, titled "Error". */
const isError = (entry: XmlElement) =>
  textIn(entry, 'id').includes('/api/errors') ||
  (textIn(entry, 'title') === 'Error' && !textIn(entry, 'id').includes('/abs/'));

function countOf(feed: XmlElement, url: string): number {
  const text = textIn(feed, 'opensearch:totalResults');
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AppError(
    'source_failed',
    `Expected a count in opensearch:totalResults of ${url}, got "${shortened(text)}".`,
  );
}

function itemOf(entry: XmlElement, at: string): SourceItem {
  const terms = (name: string) => childrenNamed(entry, name).map(({ attributes }) => attributes.term ?? '');
  return arxivItem(
    {
      id: textIn(entry, 'id').replace(/^.*\/abs\//, ''),
      title: textIn(entry, 'title'),
      abstract: textIn(entry, 'summary'),
      authors: childrenNamed(entry, 'author').map((author) => textIn(author, 'name')),
      date: dayIn(textIn(entry, 'published')),
      categories: [...terms('arxiv:primary_category'), ...terms('category')],
      doi: textIn(entry, 'arxiv:doi'),
      journalRef: textIn(entry, 'arxiv:journal_ref'),
      comment: textIn(entry, 'arxiv:comment'),
    },
    at,
  );
}
