/** What a search may ask for, and how far it goes; documented in the API reference. */
export const SEARCH_LIMITS = {
  /** Characters of a query, and of a pasted text. */
  query: 1_000,
  text: 20_000,
  /** Papers named as positive, and as negative. */
  examples: 100,
  /** Hits a page. */
  page: 100,
  /** How deep an answer can be paged through. */
  depth: 300,
} as const;

export interface Page {
  limit: number;
  cursor?: string | null;
}
