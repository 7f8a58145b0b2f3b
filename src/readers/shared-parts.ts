import type { LocalVectorIndex } from '../index/local.ts';
import type { TermStatisticsReader } from '../term-statistics.ts';
import type { SharedParts } from './messages.ts';

/** What readers look into now: the same object for as long as nothing of it was replaced. */
export function createSharedParts({
  index,
  statistics,
}: {
  index: Pick<LocalVectorIndex, 'open' | 'shared'>;
  statistics: TermStatisticsReader;
}): () => Promise<SharedParts> {
  let latest: SharedParts | null = null;
  return async () => {
    const { parts } = await statistics.current();
    await index.open();
    const shared = index.shared();
    const known = latest;
    const isSame = known?.index.generation === shared.generation && known.statistics === parts;
    latest = known && isSame ? known : { index: shared, statistics: parts };
    return latest;
  };
}
