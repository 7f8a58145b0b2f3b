import { z } from 'zod';
import type { HttpClient } from '../http/http-client.ts';
import { authorsOfLine } from './arxiv-authors.ts';
import { ARXIV_SOURCE, arxivItem } from './arxiv-record.ts';
import type { Feed, FeedCursor } from './feed.ts';
import { dayOfMailDate } from './mail-date.ts';
import { baseUrl, dayIn } from './record-fields.ts';
import type { SourceItem } from './source.ts';
import { expectOk, MAX_XML_ANSWER_BYTES, xmlAnswer } from './xml-answer.ts';
import { childrenNamed, textIn, textWithin, type XmlElement } from './xml-element.ts';

/** A longer mark of an answer's version is not worth keeping. */
const MAX_MARK_LENGTH = 200;

const ANNOUNCE_TYPES = ['new', 'cross', 'replace', 'replace-cross'] as const;

export const arxivRssOptions = z.strictObject({
  /** Of the Atom feeds, or of the RSS ones, `https://rss.arxiv.org/rss`. */
  url: baseUrl('https://rss.arxiv.org/atom'),
  /** Categories or whole archives: `cs.LG`, `math`. */
  categories: z
    .array(z.string().regex(/^[a-z-]+(?:\.[A-Za-z-]+)?$/, 'expected a category of arXiv, such as cs.LG'))
    .min(1)
    .max(100),
  /** New papers, those newly listed here too, and new versions of both. */
  types: z
    .array(z.enum(ANNOUNCE_TYPES))
    .min(1)
    .default([...ANNOUNCE_TYPES]),
});
export type ArxivRssOptions = z.output<typeof arxivRssOptions>;

const cursorSchema = z.object({
  address: z.string(),
  types: z.array(z.string()),
  etag: z.string().max(MAX_MARK_LENGTH).optional(),
  lastModified: z.string().max(MAX_MARK_LENGTH).optional(),
});

/**
 * arXiv's announcements (`https://rss.arxiv.org/atom/cs.LG+cs.CL`, or `/rss/`): what was announced today, from midnight
 * in New York on. It is empty at weekends and on holidays, and days that were missed are gone: the API and OAI-PMH have
 * them. Terms as for all of arXiv: one request in three seconds, over one connection; the metadata is CC0.
 *
 * New papers get the day of their announcement as their date, which is up to some days after their submission; the
 * other entries have no date of the first version, and say nothing of it. There are no comments, so that only an
 * abstract can say that a paper was withdrawn.
 *
 * The cursor has the marks (`ETag`, `Last-Modified`) of the feed that was read last.
 */
export function arxivRssFeed(
  { url, categories, types }: ArxivRssOptions,
  { http }: { http: HttpClient },
): Feed {
  const address = `${url}/${categories.join('+')}`;
  return {
    source: ARXIV_SOURCE,
    async *pages(cursor, { signal }) {
      const answer = await http.get({
        url: address,
        accept: 'application/atom+xml, application/rss+xml, application/xml, text/xml',
        maxBytes: MAX_XML_ANSWER_BYTES,
        signal,
        ...marksIn(cursor, address, types),
      });
      if (answer.status === 304) return;
      const roots = ['feed', 'rss'];
      const repeated = /<rss[\s>]/.test(answer.body.slice(0, 2_000)) ? 'item' : 'entry';
      const root = await xmlAnswer(answer, { roots, repeated, what: address });
      expectOk(answer, address);
      const items = announcementsIn(root).flatMap((announcement, index) =>
        isWanted(announcement, types) ? [itemOf(announcement, `entry ${index + 1}`)] : [],
      );
      const { etag, lastModified } = answer;
      yield { items, cursor: { address, types, ...marksOf({ etag, lastModified }) } };
    },
  };
}

type Marks = { etag?: string | undefined; lastModified?: string | undefined };

/** The marks of the last answer, as far as it was of these settings. */
function marksIn(cursor: FeedCursor | null, address: string, types: readonly string[]): Marks {
  const parsed = cursorSchema.safeParse(cursor);
  if (!parsed.success || parsed.data.address !== address) return {};
  return parsed.data.types.join() === types.join() ? marksOf(parsed.data) : {};
}

const marksOf = ({ etag = '', lastModified = '' }: Marks): Marks => ({
  ...(etag !== '' && etag.length <= MAX_MARK_LENGTH && { etag }),
  ...(lastModified !== '' && lastModified.length <= MAX_MARK_LENGTH && { lastModified }),
});

/** One entry of either format. */
interface Announcement {
  element: XmlElement;
  id: string;
  type: string;
  /** Without what stands before it in the feed. */
  abstract: string;
  day: string | undefined;
  categories: string[];
}

const BEGINNING = /^arXiv:(\S+)\s+Announce Type:\s+(\S+)\s+Abstract:\s*/i;

function announcementsIn(root: XmlElement): Announcement[] {
  const isAtom = root.name === 'feed';
  const channel = isAtom ? root : childrenNamed(root, 'channel')[0];
  const elements = channel === undefined ? [] : childrenNamed(channel, isAtom ? 'entry' : 'item');
  return elements.map((element) => {
    const text = textIn(element, isAtom ? 'summary' : 'description');
    const [beginning = '', idInText = '', typeInText = ''] = BEGINNING.exec(text) ?? [];
    const id = textIn(element, isAtom ? 'id' : 'guid').replace(/^oai:arxiv\.org:/i, '');
    const categories = childrenNamed(element, 'category').map((category) =>
      isAtom ? (category.attributes.term ?? '') : textWithin(category),
    );
    return {
      element,
      id: id || idInText,
      type: textIn(element, 'arxiv:announce_type') || typeInText,
      abstract: text.slice(beginning.length),
      day: isAtom
        ? dayIn(textIn(element, 'published'))
        : (dayOfMailDate(textIn(element, 'pubDate')) ?? undefined),
      categories,
    };
  });
}

/** Entries of a type that is not known are kept: what they say of a paper is true all the same. */
const isWanted = ({ type }: Announcement, types: readonly string[]) =>
  types.includes(type) || !(ANNOUNCE_TYPES as readonly string[]).includes(type);

function itemOf({ element, id, type, abstract, day, categories }: Announcement, at: string): SourceItem {
  return arxivItem(
    {
      id,
      title: textIn(element, 'title'),
      abstract,
      authors: authorsOfLine(textIn(element, 'dc:creator')),
      date: type === 'new' ? day : undefined,
      categories,
      doi: textIn(element, 'arxiv:DOI'),
      journalRef: textIn(element, 'arxiv:journal_reference'),
    },
    at,
  );
}
