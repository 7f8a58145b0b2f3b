import type { SourceItem } from './source.ts';

/** Where a feed goes on, as the feed itself wrote it down: any JSON. */
export type FeedCursor = { readonly [name: string]: unknown };

/** Some records of a feed, and where to go on once they, and those of the pages before, are in the library. */
export interface FeedPage {
  items: readonly SourceItem[];
  cursor: FeedCursor;
}

export interface FeedOptions {
  /** The instant of this run. */
  now: Date;
  signal: AbortSignal;
}

/** A place where papers appear, read by network. Each kind has a file of its own, which says what its cursor holds. */
export interface Feed {
  /** The source of its papers, such as `arxiv`: several feeds may have the same. */
  readonly source: string;
  /**
   * What appeared since the cursor, page by page, and then ends; `null` begins where the feed's settings say. A cursor
   * that the feed does not understand (of other settings, of an older version) is as none. No page is held when nothing
   * was asked for, and going on from an earlier cursor only tells things again. Throws `source_failed` when the place
   * cannot be read: the pages before hold.
   */
  pages(cursor: FeedCursor | null, options: FeedOptions): AsyncIterable<FeedPage>;
}
