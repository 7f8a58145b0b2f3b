import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf, sentenceOf } from '../errors.ts';
import { flushFolder } from '../flush-folder.ts';
import { type History, lostTime, type Moment } from '../history.ts';
import { type GraphFacts, inspectGraphFile } from './graph-bytes.ts';
import {
  FILE_FORMAT,
  type GraphIdentity,
  mismatch,
  type PairName,
  pairBase,
  parsePairName,
  type RejectReason,
  type Sidecar,
  sidecarSchema,
} from './sidecar.ts';

/*
 * Saved graphs: pairs `hnsw-<revision>-<random>.bin` and `.json` in one folder, which any number of processes may
 * share without a lock. Names are never reused and files never change after their final name is theirs, so that a
 * reader sees a whole pair or none, wherever a writer was killed. Each saver removes what its own pair supersedes.
 */

/** A saved graph that was not used. */
export interface Rejection {
  base: string | null;
  reason: RejectReason;
  detail: string;
}

export interface FoundGraph<T> {
  base: string;
  sidecar: Sidecar;
  graph: T;
}

/** Leftovers of savers that were killed are removed when they are older than this: no save takes so long. */
const LEFTOVER_MS = 60 * 60 * 1_000;
const SIDECAR_LIMIT_BYTES = 64 * 1_024;
/** Another process may replace the pair that is being opened: then the folder is read again. */
const ATTEMPTS = 3;

/**
 * Saves a graph: `write` gets the path to write to. Returns the name of the pair. Throws `index_failed` when the
 * folder cannot be written or the file did not arrive whole; then nothing new is left in the folder.
 */
export async function saveGraphFile(
  folder: string,
  identity: GraphIdentity,
  state: Moment & { count: number; nodes: number },
  write: (path: string) => Promise<void>,
): Promise<string> {
  const base = pairBase(state.revision, randomBytes(8).toString('hex'));
  const path = (ending: string) => join(folder, base + ending);
  try {
    await mkdir(folder, { recursive: true });
    // hnswlib reports success where no file can be made: this one must exist beforehand.
    await writeFile(path('.bin.tmp'), '');
    await write(path('.bin.tmp'));
    await flush(path('.bin.tmp'));
    const { bytes, checksum } = expectWhole(await inspectGraphFile(path('.bin.tmp')), identity, state.nodes);
    await rename(path('.bin.tmp'), path('.bin'));
    const { revision, epoch, count } = state;
    const deleted = state.nodes - count;
    const sidecar: Sidecar = {
      format: FILE_FORMAT,
      ...identity,
      revision,
      epoch,
      count,
      deleted,
      bytes,
      checksum,
    };
    await writeFile(path('.json.tmp'), `${JSON.stringify(sidecarSchema.parse(sidecar), null, 2)}\n`);
    await flush(path('.json.tmp'));
    await rename(path('.json.tmp'), path('.json'));
    await flushFolder(folder);
    return base;
  } catch (error) {
    for (const ending of ['.json.tmp', '.json', '.bin.tmp', '.bin']) {
      await rm(path(ending), { force: true }).catch(() => {});
    }
    throw new AppError(
      'index_failed',
      `The index file could not be saved: ${sentenceOf(error)} Check that the index folder can be written and the disk has room.`,
      { cause: error },
    );
  }
}

function expectWhole(facts: GraphFacts, identity: GraphIdentity, nodes: number): GraphFacts {
  if (facts.nodes === nodes && facts.dimensions === identity.dimensions && facts.M === identity.M)
    return facts;
  throw new AppError(
    'index_failed',
    `Expected ${nodes} nodes of ${identity.dimensions} dimensions with M ${identity.M}, wrote ${facts.nodes} of ${facts.dimensions} with M ${facts.M}.`,
  );
}

async function flush(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The newest saved graph that fits and is undamaged, read by `read` (which is only given files found whole), and
 * why newer ones were passed over. Without any, the rejections say so. The library's past is asked for after the
 * folder was read, so that a graph which another process saves now is not taken for one of a newer library.
 */
export async function findGraphFile<T>(
  folder: string,
  identity: GraphIdentity,
  history: History,
  read: (path: string) => Promise<T>,
): Promise<{ found: FoundGraph<T> | null; rejections: Rejection[] }> {
  let rejections: Rejection[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    rejections = [];
    const pairs = await savedPairs(folder);
    for (const { base } of pairs) {
      const opened = await openGraphFile(folder, base, identity, history, read);
      if ('graph' in opened) return { found: opened, rejections };
      rejections.push(opened);
    }
    if (!rejections.some(({ reason }) => reason === 'missing')) break;
  }
  if (rejections.length === 0) {
    rejections.push({ base: null, reason: 'missing', detail: 'no saved graph was found' });
  }
  return { found: null, rejections };
}

/**
 * One saved graph, verified in every respect before `read` is given its path; or why it was not used. Without a
 * history, its moment is not asked about.
 */
export async function openGraphFile<T>(
  folder: string,
  base: string,
  wanted: GraphIdentity,
  history: History | null,
  read: (path: string) => Promise<T>,
): Promise<FoundGraph<T> | Rejection> {
  const rejected = (reason: RejectReason, detail: string): Rejection => ({ base, reason, detail });
  const path = join(folder, `${base}.bin`);
  try {
    const sidecar = await readSidecar(folder, base);
    if (typeof sidecar === 'string') return rejected('unreadable sidecar', sidecar);
    const misfit = mismatch(sidecar, wanted);
    if (misfit) return rejected(misfit.reason, misfit.detail);
    if (history && !(await history.hadMoment(sidecar))) {
      return rejected('stale', await lostTime(history, sidecar));
    }
    const { size } = await stat(path);
    if (size !== sidecar.bytes) {
      return rejected('damaged', `it has ${size} bytes, expected ${sidecar.bytes}`);
    }
    const facts = await inspectGraphFile(path);
    if (facts.checksum !== sidecar.checksum) {
      return rejected('damaged', `its checksum is ${facts.checksum}, expected ${sidecar.checksum}`);
    }
    expectWhole(facts, wanted, sidecar.count + sidecar.deleted);
    return { base, sidecar, graph: await read(path) };
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isGone
      ? rejected('missing', 'a file of the pair is missing')
      : rejected('damaged', messageOf(error));
  }
}

/** The sidecar of a pair, or what is wrong with it. Throws the file system's error when there is none. */
async function readSidecar(folder: string, base: string): Promise<Sidecar | string> {
  const path = join(folder, `${base}.json`);
  const { size } = await stat(path);
  if (size > SIDECAR_LIMIT_BYTES) return `it has ${size} bytes, expected at most ${SIDECAR_LIMIT_BYTES}`;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
  const parsed = sidecarSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  return parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}

/** Pairs that have a sidecar, highest revision first. An absent folder has none. */
async function savedPairs(folder: string): Promise<PairName[]> {
  return (await names(folder))
    .map(parsePairName)
    .filter((name) => name?.kind === 'json')
    .filter((name) => name !== null)
    .sort((a, b) => b.revision - a.revision || (a.base < b.base ? -1 : 1));
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new AppError('index_failed', `The index folder cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/**
 * Removes what the pair `kept` supersedes: pairs of this library and model at lower revisions or at revisions that
 * the library never reached, pairs of other libraries and models, pairs in `obsolete`, and old leftovers. A pair of
 * a higher revision stays: another process has saved it. `latestRevision` is asked after the folder was read, so
 * that every pair read was at most at it when it was saved.
 */
export async function tidyFolder(
  folder: string,
  kept: { base: string; revision: number; identity: GraphIdentity },
  obsolete: readonly string[],
  latestRevision: () => Promise<number>,
): Promise<void> {
  const listed = await names(folder);
  const latest = await latestRevision();
  const unlink = (name: string) => rm(join(folder, name), { force: true });
  const complete = new Set<string>();
  for (const { base, revision } of await savedPairs(folder)) {
    if (!listed.includes(`${base}.json`) || !listed.includes(`${base}.bin`)) continue;
    complete.add(base);
    if (base === kept.base) continue;
    const sidecar = await readSidecar(folder, base).catch(() => 'gone');
    const isForeign = typeof sidecar !== 'string' && mismatch(sidecar, kept.identity) !== null;
    if (revision < kept.revision || revision > latest || isForeign || obsolete.includes(base)) {
      // The sidecar first: whatever is left when this is interrupted is a leftover, not half a pair.
      await unlink(`${base}.json`);
      await unlink(`${base}.bin`);
    }
  }
  for (const name of listed) {
    const pair = parsePairName(name);
    const isLeftover = pair ? !complete.has(pair.base) : /^hnsw-.*\.tmp$/.test(name);
    if (!isLeftover) continue;
    const info = await stat(join(folder, name)).catch(() => null);
    if (info && Date.now() - info.mtimeMs > LEFTOVER_MS) await unlink(name);
  }
}
