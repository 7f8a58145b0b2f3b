/**
 * A moment of a library's past: everything up to a revision, read while `epoch` was the epoch that began last ('' when
 * none had). Each process that writes papers begins an epoch first, so that a library restored from a backup, which
 * gives the same revisions to other papers, is told from the one that was lost: it lacks the epoch, or another one
 * began below the revision.
 */
export interface Moment {
  revision: number;
  epoch: string;
}

/** What an index that follows a library asks of its past. */
export interface History {
  /** Identity of the library, so that a saved index of another one is recognised. */
  libraryId(): Promise<string>;
  latestRevision(): Promise<number>;
  latestMoment(): Promise<Moment>;
  /** Whether the library went through a moment: false when it was restored to an older state since. */
  hadMoment(moment: Moment): Promise<boolean>;
}

/** Why what was saved or read at this moment is of no use to a library that never had it. */
export async function lostTime(history: History, { revision }: Moment): Promise<string> {
  const latest = await history.latestRevision();
  const replaced = 'it was replaced by an older one';
  return latest < revision
    ? `it holds revision ${revision}, but the library is only at ${latest}: ${replaced}`
    : `it holds revision ${revision} of another past of the library: ${replaced}, and went on from there`;
}

/**
 * The latest epoch, for a reader who has read on from `start`, the latest moment then. An epoch that began meanwhile
 * began behind it, unless the library was restored to an older state while it was read: then the epoch of the start,
 * so that the next look at the past tells.
 */
export async function epochAfter(history: History, start: Moment): Promise<string> {
  const { epoch } = await history.latestMoment();
  return (await history.hadMoment(start)) ? epoch : start.epoch;
}
