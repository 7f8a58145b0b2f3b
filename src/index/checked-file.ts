import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { AppError, sentenceOf } from '../errors.ts';
import { checksumText } from './graph-bytes.ts';
import type { FileFacts } from './sidecar.ts';

/** The event loop is free between two pieces. */
const PIECE_BYTES = 4 << 20;

export const randomName = (): string => randomBytes(8).toString('hex');

/**
 * Makes a file of a new name, whole or not at all: `write` fills a temporary one, which is flushed and renamed. What
 * `write` resolves to is passed on. Throws `index_failed`, and leaves nothing in the folder.
 */
export async function makeFile<T>(
  folder: string,
  name: string,
  write: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(folder, name);
  const temporary = `${path}.tmp`;
  try {
    await mkdir(folder, { recursive: true });
    // hnswlib reports success where no file can be made: this one must exist beforehand.
    await (await open(temporary, 'w')).close();
    const result = await write(temporary);
    const file = await open(temporary, 'r+');
    await file.sync().finally(() => file.close());
    await rename(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw new AppError(
      'index_failed',
      `The index file could not be saved: ${sentenceOf(error)} Check that the index folder can be written and the disk has room.`,
      { cause: error },
    );
  }
}

/** Writes the parts one after the other to a new file. They may be memory that other threads write to meanwhile. */
export function makeCheckedFile(
  folder: string,
  name: string,
  parts: readonly Uint8Array[],
): Promise<FileFacts> {
  return makeFile(folder, name, async (path) => {
    const file = await open(path, 'w');
    try {
      let checksum = 0;
      let bytes = 0;
      for (const part of parts) {
        for (let at = 0; at < part.length; at += PIECE_BYTES) {
          // A copy, so that the checksum is that of the bytes written.
          const piece = Uint8Array.from(part.subarray(at, at + PIECE_BYTES));
          checksum = crc32(piece, checksum);
          await file.writeFile(piece);
          bytes += piece.length;
        }
      }
      return { file: name, bytes, checksum: checksumText(checksum) };
    } finally {
      await file.close();
    }
  });
}

/**
 * Reads a file into the parts, one after the other. Throws `index_failed` when they do not fill exactly, or its bytes
 * are not those of its checksum; the file system's own error when there is none.
 */
export async function readCheckedFile(
  folder: string,
  { file: name, bytes, checksum }: FileFacts,
  parts: readonly Uint8Array[],
): Promise<void> {
  const file = await open(join(folder, name), 'r');
  try {
    const { size } = await file.stat();
    const room = parts.reduce((sum, part) => sum + part.length, 0);
    if (size !== bytes || size !== room) {
      throw new AppError(
        'index_failed',
        `${name} has ${size} bytes, expected ${bytes === size ? room : bytes}.`,
      );
    }
    let found = 0;
    for (const part of parts) {
      for (let at = 0; at < part.length; ) {
        const { bytesRead } = await file.read(part, at, Math.min(PIECE_BYTES, part.length - at));
        if (bytesRead === 0) throw new AppError('index_failed', `${name} ended early.`);
        found = crc32(part.subarray(at, at + bytesRead), found);
        at += bytesRead;
      }
    }
    if (checksumText(found) !== checksum) {
      throw new AppError(
        'index_failed',
        `The checksum of ${name} is ${checksumText(found)}, expected ${checksum}.`,
      );
    }
  } finally {
    await file.close();
  }
}
