/** Null for what is no address. */
export function parsedAddress(text: string, base?: URL): URL | null {
  return URL.canParse(text, base?.href) ? new URL(text, base) : null;
}

/** An address as messages show it: without what comes after the path, which may hold a key. */
export const shownAddress = (url: URL): string => `${url.origin}${url.pathname}`;

export const isOfTheWeb = (url: URL): boolean => url.protocol === 'http:' || url.protocol === 'https:';
