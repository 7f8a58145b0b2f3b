import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { AppError, messageOf, sentenceOf } from '../errors.ts';
import { flushFolder } from '../flush-folder.ts';
import { type History, lostTime, type Moment } from '../history.ts';
import { termsFingerprint } from '../word-fingerprints.ts';
import { aligned, arraysOf, dataOf, describedArrays } from './file-arrays.ts';
import type { InvertedData } from './inverted.ts';

/*
 * The saved index, one file: its header's length, the header in JSON, the arrays that it names one after the other,
 * each from a multiple of 8 on, and the CRC-32 of all that, which guards against accidents, not against forgery. It is
 * written beside and renamed, so that a reader sees a whole file or none, and of several savers the last one wins.
 */

const FILE = 'lexical.bin';
const LEFTOVER = /^lexical-[0-9a-f]{16}\.tmp$/;
/** Leftovers of savers that were killed are removed when they are older than this: no save takes so long. */
const LEFTOVER_MS = 60 * 60 * 1_000;
/** Raised when the meaning of the file changes, so that older ones are built anew. */
const FORMAT = 2;

const LENGTH_BYTES = 8;
const CHECKSUM_BYTES = 4;
const HEADER_LIMIT_BYTES = 64 * 1_024;
const natural = z.int().min(0);
const headerSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** How texts were read: terms of another program's words would not be found. */
  words: z.string(),
  libraryId: z.string(),
  /** Every change up to this store revision is in the index, and none later; and the latest epoch then. */
  revision: natural,
  epoch: z.string(),
  arrays: describedArrays,
});
type Header = z.output<typeof headerSchema>;

/** Saves an index that does not change meanwhile. Throws `index_failed`; then nothing new is left in the folder. */
export async function saveLexicalFile(
  folder: string,
  { libraryId, moment }: { libraryId: string; moment: Moment },
  data: InvertedData,
): Promise<void> {
  const temporary = join(folder, `lexical-${randomBytes(8).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder);
    const arrays = arraysOf(data);
    const described = arrays.map(({ type, length }) => ({ type, length }));
    const header: Header = {
      format: FORMAT,
      words: termsFingerprint(),
      libraryId,
      ...moment,
      arrays: described,
    };
    const text = Buffer.from(JSON.stringify(header));
    const start = Buffer.alloc(aligned(LENGTH_BYTES + text.length));
    start.writeUInt32LE(text.length);
    text.copy(start, LENGTH_BYTES);
    const file = await open(temporary, 'wx');
    try {
      let checksum = 0;
      const write = async (bytes: Uint8Array) => {
        checksum = crc32(bytes, checksum);
        await file.appendFile(bytes);
      };
      await write(start);
      for (const { parts, bytes } of arrays) {
        for (const part of parts) await write(part);
        await write(new Uint8Array(aligned(bytes) - bytes));
      }
      const end = Buffer.alloc(CHECKSUM_BYTES);
      end.writeUInt32LE(checksum);
      await file.appendFile(end);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, join(folder, FILE));
    await flushFolder(folder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new AppError(
      'index_failed',
      `The lexical index could not be saved: ${sentenceOf(error)} Check that its folder can be written and the disk has room.`,
      { cause: error },
    );
  }
}

/** The saved index, or why it cannot be used by the library of this past. Never throws. */
export async function loadLexicalFile(
  folder: string,
  history: History,
): Promise<{ data: InvertedData; moment: Moment } | { reason: string }> {
  try {
    const bytes = await readWhole(join(folder, FILE));
    const content = bytes.subarray(0, -CHECKSUM_BYTES);
    const view = new DataView(bytes.buffer);
    if (bytes.length < LENGTH_BYTES + CHECKSUM_BYTES) return { reason: 'damaged: it is too short' };
    const headerBytes = view.getUint32(0, true);
    if (headerBytes > Math.min(HEADER_LIMIT_BYTES, content.length - LENGTH_BYTES)) {
      return { reason: 'damaged: it does not begin with a header' };
    }
    if (crc32(content) !== view.getUint32(content.length, true)) {
      return { reason: 'damaged: its checksum is another one' };
    }
    const text = new TextDecoder().decode(content.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes));
    const parsed = headerSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return { reason: 'other format: it is of another version of Paperwise' };
    const header = parsed.data;
    const misfit = await misfitOf(header, history);
    if (misfit) return { reason: misfit };
    return {
      data: dataOf(header.arrays, content, aligned(LENGTH_BYTES + headerBytes)),
      moment: { revision: header.revision, epoch: header.epoch },
    };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { reason: isMissing ? 'missing: no lexical index was saved' : `damaged: ${messageOf(error)}` };
  }
}

async function misfitOf({ words, libraryId, ...moment }: Header, history: History): Promise<string | null> {
  if (libraryId !== (await history.libraryId())) return `foreign library: it belongs to ${libraryId}`;
  if (words !== termsFingerprint()) return 'other words: texts are read in another way now';
  return (await history.hadMoment(moment)) ? null : `stale: ${await lostTime(history, moment)}`;
}

/** A file in a buffer of its own, so that its arrays lie at multiples of their size. */
async function readWhole(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array((await file.stat()).size);
    let at = 0;
    while (at < bytes.length) {
      const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
      if (bytesRead === 0) throw new Error(`expected ${bytes.length} bytes, could read ${at}`);
      at += bytesRead;
    }
    return bytes;
  } finally {
    await file.close();
  }
}

async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!LEFTOVER.test(name)) continue;
    const info = await stat(join(folder, name)).catch(() => null);
    if (info && Date.now() - info.mtimeMs > LEFTOVER_MS) await rm(join(folder, name), { force: true });
  }
}
