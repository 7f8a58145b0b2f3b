import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { flushFolder } from '../flush-folder.ts';
import { type History, lostTime } from '../history.ts';
import { makeFile, randomName } from './checked-file.ts';
import {
  type GraphIdentity,
  isOwnName,
  mismatch,
  type RejectReason,
  revisionOf,
  type Sidecar,
  sidecarName,
  sidecarSchema,
} from './sidecar.ts';

/*
 * Saved indexes: `index-<revision>-<random>.json` and the data files that it names, in one folder, which any number of
 * processes may share without a lock. Names are never reused and files never change after their final name is
 * theirs, so that a reader sees a whole index or none, wherever a writer was killed. Several may share a file. Each
 * saver removes what its own index supersedes.
 */

/** A saved index that was not used. */
export interface Rejection {
  name: string | null;
  reason: RejectReason;
  detail: string;
}

export interface FoundIndex<T> {
  name: string;
  sidecar: Sidecar;
  loaded: T;
}

/** Leftovers of savers that were killed are removed when they are older than this: no build takes so long. */
const LEFTOVER_MS = 24 * 60 * 60 * 1_000;
const SIDECAR_LIMIT_BYTES = 64 * 1_024;
/** Another process may replace the index that is being opened: then the folder is read again. */
const ATTEMPTS = 3;

/** Completes a saved index whose data files are there. Returns its name. Throws `index_failed`. */
export async function saveSidecar(folder: string, sidecar: Sidecar): Promise<string> {
  const name = sidecarName(sidecar.revision, randomName());
  const text = `${JSON.stringify(sidecarSchema.parse(sidecar), null, 2)}\n`;
  await makeFile(folder, name, (path) => writeFile(path, text));
  await flushFolder(folder);
  return name;
}

/**
 * The newest saved index that fits and that `load` can read (it throws for one that is damaged), and why newer ones
 * were passed over. Without any, the rejections say so. The library's past is asked for after the folder was read, so
 * that an index which another process saves now is not taken for one of a newer library.
 */
export async function findIndex<T>(
  folder: string,
  identity: GraphIdentity,
  history: History,
  load: (sidecar: Sidecar) => Promise<T>,
): Promise<{ found: FoundIndex<T> | null; rejections: Rejection[] }> {
  let rejections: Rejection[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    rejections = [];
    for (const { name } of await savedSidecars(folder)) {
      const opened = await openIndex(folder, name, identity, history, load);
      if ('loaded' in opened) return { found: opened, rejections };
      rejections.push(opened);
    }
    if (!rejections.some(({ reason }) => reason === 'missing')) break;
  }
  if (rejections.length === 0) {
    rejections.push({ name: null, reason: 'missing', detail: 'no saved index was found' });
  }
  return { found: null, rejections };
}

async function openIndex<T>(
  folder: string,
  name: string,
  wanted: GraphIdentity,
  history: History,
  load: (sidecar: Sidecar) => Promise<T>,
): Promise<FoundIndex<T> | Rejection> {
  const rejected = (reason: RejectReason, detail: string): Rejection => ({ name, reason, detail });
  try {
    const sidecar = await readSidecar(folder, name);
    if (typeof sidecar === 'string') return rejected('unreadable sidecar', sidecar);
    const misfit = mismatch(sidecar, wanted);
    if (misfit) return rejected(misfit.reason, misfit.detail);
    if (!(await history.hadMoment(sidecar))) return rejected('stale', await lostTime(history, sidecar));
    return { name, sidecar, loaded: await load(sidecar) };
  } catch (error) {
    const isGone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return isGone
      ? rejected('missing', 'one of its files is missing')
      : rejected('damaged', messageOf(error));
  }
}

/** A sidecar, or what is wrong with it. Throws the file system's error when there is none. */
async function readSidecar(folder: string, name: string): Promise<Sidecar | string> {
  const path = join(folder, name);
  const { size } = await stat(path);
  if (size > SIDECAR_LIMIT_BYTES) return `it has ${size} bytes, expected at most ${SIDECAR_LIMIT_BYTES}`;
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    return messageOf(error);
  }
  const parsed = sidecarSchema.safeParse(content);
  return parsed.success ? parsed.data : `it does not have the expected form: ${parsed.error.message}`;
}

/** Newest first; none when the folder has none. */
async function savedSidecars(folder: string): Promise<{ name: string; revision: number }[]> {
  return (await names(folder))
    .flatMap((name) => {
      const revision = revisionOf(name);
      return revision === null ? [] : [{ name, revision }];
    })
    .sort((a, b) => b.revision - a.revision || (a.name < b.name ? -1 : 1));
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

const filesOf = ({ vectors, graph, links }: Sidecar) => [vectors.file, graph.file, links.file];

/**
 * Removes what the index `kept` supersedes: those of this library and model at lower revisions or at revisions that
 * the library never reached, those of other libraries and models, and those in `obsolete`, with the files that no
 * other one names; and old leftovers. One of a higher revision stays: another process has saved it.
 * `latestRevision` is asked after the folder was read, so that each one read was at most at it when it was saved.
 */
export async function tidyFolder(
  folder: string,
  kept: { name: string; revision: number; identity: GraphIdentity },
  obsolete: readonly string[],
  latestRevision: () => Promise<number>,
): Promise<void> {
  const listed = await names(folder);
  const saved = await savedSidecars(folder);
  const latest = await latestRevision();
  const unlink = (name: string) => rm(join(folder, name), { force: true });
  const used = new Set<string>();
  const superseded = new Set<string>();
  for (const { name, revision } of saved) {
    const sidecar = await readSidecar(folder, name).catch(() => 'gone');
    const isForeign = typeof sidecar !== 'string' && mismatch(sidecar, kept.identity) !== null;
    const isLower = revision < kept.revision || revision > latest;
    const isGone = name !== kept.name && (isLower || isForeign || obsolete.includes(name));
    // The sidecar first: whatever is left when this is interrupted is a leftover, not half an index.
    if (isGone) await unlink(name);
    else used.add(name);
    const files = isGone ? superseded : used;
    if (typeof sidecar !== 'string') for (const file of filesOf(sidecar)) files.add(file);
  }
  for (const name of superseded) if (!used.has(name)) await unlink(name);
  for (const name of listed) {
    if (!isOwnName(name) || used.has(name)) continue;
    const info = await stat(join(folder, name)).catch(() => null);
    if (info && Date.now() - info.mtimeMs > LEFTOVER_MS) await unlink(name);
  }
}
