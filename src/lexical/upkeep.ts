import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError, messageOf } from '../errors.ts';
import { epochAfter, lostTime, type Moment } from '../history.ts';
import { createOnce, createSharedRuns } from '../shared-runs.ts';
import type { LexicalConstants } from './constants.ts';
import { createInverted, type Inverted } from './inverted.ts';
import { loadLexicalFile, saveLexicalFile } from './lexical-file.ts';
import type { LexicalText, TextSource } from './lexical-index.ts';
import { type AnalysedQuery, createAnalysis } from './query.ts';
import { createRanking, type Ranking } from './rank.ts';
import { createSpelling, type Spelling } from './spelling.ts';

/** Changes read from the source at a time, some 10 to 20 ms of work; requests are answered between two slices. */
const SLICE = 50;
/** And a turn of the event loop is given after so many characters: some papers are as long as fifty others. */
const SLICE_CHARACTERS = 100_000;

/** Reading more changes than this takes so long that whoever asks may not want to wait. */
const MOST_WAITED_FOR = 500;

/** It is built anew when more slots than this, and than this part of all, are of papers removed or replaced. */
const MOST_DEAD = 500;
const MOST_DEAD_SHARE = 0.25;

const READING = 'The words of the library are being read; try again in a moment.';

export interface UpkeepOptions {
  /** Where the index is saved; several processes may share it. It is made when it is first needed. */
  folder: string;
  source: TextSource;
  constants: LexicalConstants;
  /** What becomes of a search while the library is read for the first time, or has changed much since: it may take a minute. */
  whileReading: 'wait' | 'refuse';
  log: (level: 'info' | 'warn' | 'error', text: string) => void;
}

/** An index and what works on it; replaced as a whole when it is built anew. */
export interface Memory {
  inverted: Inverted;
  analyse: (query: string) => AnalysedQuery;
  ranking: Ranking;
  spelling: Spelling;
  /** The last store revision that is applied, and the latest epoch then. */
  moment: Moment;
  /** Changes that were applied to it. */
  changes: number;
}

function createMemory(
  constants: LexicalConstants,
  inverted: Inverted = createInverted(),
  moment: Moment = { revision: 0, epoch: '' },
): Memory {
  const spelling = createSpelling(inverted);
  return {
    inverted,
    analyse: createAnalysis(inverted, spelling, constants),
    ranking: createRanking(inverted, constants),
    spelling,
    moment,
    changes: 0,
  };
}

const lengthOf = ({ title, abstract, authors }: LexicalText) =>
  authors.reduce((sum, author) => sum + author.length, title.length + abstract.length);

/** Keeps an index, and its saved file, following the source. After `close`, methods throw `unavailable`. */
export interface Upkeep {
  /** What answers now: to be asked for after each pause. */
  readonly memory: Memory;
  readonly rebuildReason: string | null;
  /** Changes applied since the file was loaded or saved. */
  readonly unsaved: number;
  /** Loads or builds the index, unless that was done. */
  open(): Promise<void>;
  /** As `open`, but rejects with `unavailable` when that takes long and is not to be waited for. */
  ready(): Promise<void>;
  /** Applies what the source committed before this call. */
  refresh(): Promise<void>;
  /** Writes the file, unless it is current or the index was never opened. Throws `index_failed`. */
  save(): Promise<void>;
  whenSettled(): Promise<void>;
  close(): Promise<void>;
}

export function createUpkeep({ folder, source, constants, whileReading, log }: UpkeepOptions): Upkeep {
  let memory = createMemory(constants);
  /** Rejects once it is known that opening takes long. */
  let refused: Promise<never> = new Promise(() => {});
  let isOpen = false;
  let rebuildReason: string | null = null;
  let libraryId = '';
  /** The revision that the file holds, when it is known to be as good as the memory is. */
  let savedRevision: number | null = null;
  let rebuilding: Promise<void> | null = null;
  let isClosed = false;

  const assertOpen = () => {
    if (isClosed) throw new AppError('unavailable', 'The lexical index is closed.');
  };

  /** One after the other: what is saved must not change meanwhile, and changes are applied in their order. */
  let last: Promise<unknown> = Promise.resolve();
  const exclusively = (work: () => Promise<void>): Promise<void> => {
    const run = last.then(work);
    last = run.catch(() => {});
    return run;
  };

  /** Applies everything up to the latest moment, in slices with turns of the event loop between. */
  const catchUp = async (to: Memory, latest: Moment) => {
    const { inverted, moment } = to;
    while (moment.revision < latest.revision) {
      assertOpen();
      const changes = await source.textChanges(moment.revision, SLICE);
      let characters = 0;
      for (const { revision, key, text } of changes) {
        if (characters > SLICE_CHARACTERS) {
          characters = 0;
          await nextTurn();
          assertOpen();
        }
        if (text) characters += lengthOf(text);
        if (text) inverted.put(key, text);
        else inverted.remove(key);
        moment.revision = revision;
        to.changes++;
      }
      // Revisions need not be dense: a short slice says that everything up to the latest was seen.
      if (changes.length < SLICE) moment.revision = Math.max(moment.revision, latest.revision);
      await nextTurn();
    }
    moment.epoch = await epochAfter(source, latest);
    assertOpen();
  };

  const load = async () => {
    let tellLong = () => {};
    refused = new Promise((_, reject) => {
      tellLong = () => reject(new AppError('unavailable', READING));
    });
    refused.catch(() => {});
    libraryId = await source.libraryId();
    const started = Date.now();
    const latest = await source.latestMoment();
    const loaded = await loadLexicalFile(folder, source);
    const isLoaded = 'data' in loaded;
    const fresh = isLoaded
      ? createMemory(constants, createInverted(loaded.data), { ...loaded.moment })
      : createMemory(constants);
    savedRevision = isLoaded ? loaded.moment.revision : null;
    if (latest.revision - fresh.moment.revision > MOST_WAITED_FOR) tellLong();
    await catchUp(fresh, latest);
    fresh.inverted.rest();
    memory = fresh;
    isOpen = true;
    // An empty library had nothing to save.
    rebuildReason = isLoaded || fresh.inverted.slots === 0 ? null : loaded.reason;
    const done = isLoaded ? 'loaded' : 'built';
    log(
      'info',
      `The lexical index of ${fresh.inverted.alive} papers was ${done} in ${Date.now() - started} ms.`,
    );
    tend();
  };
  const opening = createOnce(load);
  const open = (): Promise<void> => {
    assertOpen();
    return opening.run();
  };
  const ready = (): Promise<void> => {
    const done = open();
    return whileReading === 'wait' || isOpen ? done : Promise.race([done, refused]);
  };

  /** The store was replaced by an older one: everything is read anew while the old index answers. */
  const reload = async (latest: Moment) => {
    const reason = `stale: ${await lostTime(source, memory.moment)}`;
    log('warn', `The words of the library are read anew, as the index is ${reason}.`);
    libraryId = await source.libraryId();
    const fresh = createMemory(constants);
    await catchUp(fresh, latest);
    memory = fresh;
    savedRevision = null;
    rebuildReason = reason;
  };
  const refreshNow = async () => {
    await open();
    // Asked in this order, no change of the past falls between.
    const latest = await source.latestMoment();
    if (await source.hadMoment(memory.moment)) await catchUp(memory, latest);
    else await reload(latest);
    tend();
  };
  const refreshes = createSharedRuns(() => exclusively(refreshNow));

  /** Builds the index anew, in the background, when much of it is dead. */
  const tend = () => {
    const { slots, alive } = memory.inverted;
    const dead = slots - alive;
    if (isClosed || rebuilding || dead <= Math.max(MOST_DEAD, slots * MOST_DEAD_SHARE)) return;
    const reason = `worn: ${Math.round((dead / slots) * 100)} % of the index were texts that changed or went`;
    rebuilding = rebuild(reason)
      .catch((error: unknown) => {
        if (!isClosed) log('error', `The lexical index could not be built anew: ${messageOf(error)}`);
      })
      .finally(() => {
        rebuilding = null;
      });
  };
  const rebuild = async (reason: string) => {
    const worn = memory;
    const fresh = createMemory(constants);
    await catchUp(fresh, await source.latestMoment());
    await exclusively(async () => {
      await catchUp(fresh, await source.latestMoment());
      // After a reload, what was read here is of another library.
      if (memory !== worn) return;
      fresh.inverted.rest();
      memory = fresh;
      savedRevision = null;
      rebuildReason = reason;
    });
  };

  const saveNow = async () => {
    const { inverted, moment, changes } = memory;
    if (savedRevision === moment.revision) return;
    // It is saved when changes pause.
    inverted.rest();
    await saveLexicalFile(folder, { libraryId, moment: { ...moment } }, inverted.data());
    savedRevision = moment.revision;
    memory.changes -= changes;
  };

  return {
    get memory() {
      return memory;
    },
    get rebuildReason() {
      return rebuildReason;
    },
    get unsaved() {
      return memory.changes;
    },
    open,
    ready,
    async refresh() {
      assertOpen();
      await refreshes.run();
    },
    async save() {
      assertOpen();
      if (await opening.isDone()) await exclusively(saveNow);
    },
    async whenSettled() {
      await open();
      while (rebuilding) await rebuilding;
    },
    async close() {
      isClosed = true;
      await opening.isDone();
      await refreshes.settled();
      await last;
      await rebuilding;
    },
  };
}
