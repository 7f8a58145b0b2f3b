import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/** How we name ourselves to those whom we ask; `contact` is whom they may write to. */
export const userAgentOf = (contact: string | null): string =>
  `Paperwise/${version}${contact === null ? '' : ` (+${contact})`}`;
