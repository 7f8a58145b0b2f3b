import { z } from 'zod';
import { AppError, sentenceOf } from '../errors.ts';
import type { HttpAnswer, HttpClient } from '../http/http-client.ts';
import { BIBLIOGRAPHY_LIMITS } from './bibliography.ts';
import { shortened } from './source.ts';

/** Items that are asked for at once: the most that Zotero's service answers. */
const ITEMS_A_PAGE = 100;

/** A page of items, with the text of their abstracts and notes. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024;

export const ZOTERO_SERVICE = 'https://api.zotero.org';

/** Where Zotero answers on the machine that it runs on, by the port of its settings. */
export const localZotero = (port: number) => `http://127.0.0.1:${port}/api`;

export interface ZoteroLibrary {
  /** `ZOTERO_SERVICE`, or `localZotero(…)`. */
  base: string;
  /** The number of the user; 0 is whoever uses the Zotero of this machine. */
  user: number;
  /** For the service, where the library is not public. */
  key?: string | undefined;
  /** Only this collection, by its key. */
  collection?: string | undefined;
  signal?: AbortSignal;
}

/** What is left of an item is what a bibliography reads; the rest, such as relations and tags, may be long. */
const item = z.looseObject({ key: z.string(), data: z.looseObject({}) });
const UNREAD = ['tags', 'collections', 'relations', 'dateAdded', 'dateModified', 'accessDate', 'rights'];

/**
 * The items of a person's library as text for `readBibliography` (`zotero-json`): top items only, not their attachments
 * and notes. Asks for `/users/{user}/items/top` page by page, the oldest first, so that what is added meanwhile comes
 * last; an item that comes twice is taken once. Throws `source_failed` when Zotero is not there or does not allow it, and
 * `payload_too_large` for a library that is larger than a bibliography may be.
 */
export async function zoteroItems(http: Pick<HttpClient, 'get'>, library: ZoteroLibrary): Promise<string> {
  const items = new Map<string, string>();
  let bytes = 0;
  for (let start = 0; ; start += ITEMS_A_PAGE) {
    const before = items.size;
    const page = await pageOf(http, library, start);
    for (const { key, data } of page) {
      if (items.has(key)) continue;
      for (const field of UNREAD) delete data[field];
      const text = JSON.stringify({ key, data });
      bytes += Buffer.byteLength(text) + 1;
      items.set(key, text);
    }
    if (items.size > BIBLIOGRAPHY_LIMITS.entries || bytes > BIBLIOGRAPHY_LIMITS.bytes - 2) {
      const { entries, bytes: most } = BIBLIOGRAPHY_LIMITS;
      throw new AppError(
        'payload_too_large',
        `The library is too large: expected at most ${entries} items and ${most} bytes. Import a collection at a time.`,
      );
    }
    // A full page without anything new: it would come again and again.
    if (page.length < ITEMS_A_PAGE || items.size === before) return `[${[...items.values()].join(',')}]`;
  }
}

async function pageOf(
  http: Pick<HttpClient, 'get'>,
  { base, user, key, collection, signal }: ZoteroLibrary,
  start: number,
): Promise<z.output<typeof item>[]> {
  const within = collection === undefined ? '' : `/collections/${encodeURIComponent(collection)}`;
  const query = new URLSearchParams({
    format: 'json',
    sort: 'dateAdded',
    direction: 'asc',
    limit: String(ITEMS_A_PAGE),
    start: String(start),
  });
  const request = {
    url: `${base}/users/${user}${within}/items/top?${query}`,
    accept: 'application/json',
    maxBytes: MAX_PAGE_BYTES,
    headers: { 'zotero-api-version': '3', ...(key !== undefined && { 'zotero-api-key': key }) },
    ...(signal && { signal }),
  };
  const answer = await http.get(request).catch((error: unknown) => {
    const isOurs = error instanceof AppError && error.code === 'source_failed';
    if (!isOurs || base === ZOTERO_SERVICE) throw error;
    throw new AppError('source_failed', `${sentenceOf(error)} ${HOW_TO_ALLOW}`, { cause: error });
  });
  if (answer.status !== 200) throw refused(answer, base === ZOTERO_SERVICE, collection);
  try {
    return z.array(item).parse(JSON.parse(answer.body));
  } catch (error) {
    const got = shortened(answer.body.trim());
    throw new AppError('source_failed', `Expected items of Zotero from ${base}, got ${got}`, {
      cause: error,
    });
  }
}

function refused({ status, body }: HttpAnswer, isService: boolean, collection: string | undefined): AppError {
  const fail = (why: string) => new AppError('source_failed', why);
  if (status === 403 && isService) {
    return fail('Zotero does not give this library (403): it is not public, and the key is none of it.');
  }
  if (status === 403) return fail(`Zotero does not allow it (403). ${HOW_TO_ALLOW}`);
  if (status === 404 && collection !== undefined) {
    return fail(
      `Zotero has no collection "${collection}" (404): expected the key that its address ends with.`,
    );
  }
  return fail(`Zotero answered ${status}: ${shortened(body.trim())}`);
}

/** What a person does so that the Zotero of this machine answers. */
const HOW_TO_ALLOW =
  'Zotero must be running, with "Allow other applications on this computer to communicate with Zotero" on (Settings, Advanced).';
