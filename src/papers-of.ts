import type { Paper, PaperKey } from './paper.ts';
import type { PaperStore } from './store/paper-store.ts';

/** Papers by key; those that were removed are missing. */
export async function papersOf(
  store: Pick<PaperStore, 'papersByKeys'>,
  keys: readonly PaperKey[],
): Promise<Map<PaperKey, Paper>> {
  return new Map((await store.papersByKeys(keys)).map(({ key, paper }) => [key, paper]));
}
