/** What is asked for. Only GET: sources are read. */
export interface HttpRequest {
  url: string;
  /** Media types, as in the header `Accept`. */
  accept: string;
  /** The highest number of bytes of the body, unpacked; the client's own limit when it is not given. */
  maxBytes?: number;
  /** As an earlier answer gave them: when nothing has changed since, the answer is 304, without a body. */
  etag?: string | undefined;
  lastModified?: string | undefined;
  /** Further headers, such as a key; they go to the host of the address only. */
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** The body as text, by the character set that the answer names, UTF-8 by default; '' for 304. */
  body: string;
  contentType: string;
  etag?: string;
  lastModified?: string;
  /** Where it came from, behind redirects. */
  url: string;
}

/**
 * Reads addresses of the hosts that it was made for, politely: in turn with other processes, with a pause between
 * requests, trying again after what passes (cut connections, 408, 425, 429, 5xx), when `Retry-After` says or later each
 * time.
 */
export interface HttpClient {
  /**
   * Resolves for every final status below 500 that trying again would not change, 304 and 4xx too. Throws
   * `source_failed`: what passes did not pass, the answer is too long, takes too long or is cut, the host is not one of
   * those that may be asked, or is at an address that it must not have.
   */
  get(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Turns of requests to a provider, which processes on the same library share. */
export interface ProviderTurns {
  /**
   * Waits until no other request to the provider is under way, and `intervalMs` have passed since the last one ended: so
   * they pass between the arrivals of two, however long each is on its way. Resolves to what ends the turn; a turn whose
   * process died ends by itself. Throws the signal's reason.
   */
  take(provider: string, options: { intervalMs: number; signal?: AbortSignal }): Promise<() => Promise<void>>;
}
