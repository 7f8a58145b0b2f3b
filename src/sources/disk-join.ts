import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { linesOf } from './lines.ts';

/** A text, without line feeds, of the left or the right side, under a key without tabs. */
export interface JoinEntry {
  side: 'left' | 'right';
  key: string;
  text: string;
}

export interface Joined {
  left: string;
  /** The last text of the right side with the same key; null when there is none. */
  right: string | null;
}

/** Files that entries are divided among, per side and level: 5 of the 32 bits of a key's hash. */
const PARTS = 32;
const MAX_LEVEL = 5;
/** Bytes of a file that are written at once. */
const WRITE_BYTES = 64 * 1024;

interface JoinOptions {
  /** Where scratch files are: as large as all entries together, a little more while parts are divided again. */
  folder: string;
  /** Bytes of right texts that are held in memory. */
  maxBytes: number;
}

/**
 * Every left text with the right one of its key, whatever the order and the size of either side, in no order: a hash
 * join. Entries are divided by their keys among scratch files until the right side of each fits into memory. Scratch
 * files have no names, so that nothing is left of them, however the process ends. Throws what the disk throws.
 */
export async function* joinOnDisk(
  entries: AsyncIterable<JoinEntry>,
  options: JoinOptions,
  level = 0,
): AsyncGenerator<Joined> {
  const opened: Scratch[] = [];
  const openOne = async () => {
    const scratch = await openScratch(options.folder);
    opened.push(scratch);
    return scratch;
  };
  try {
    const parts: Record<JoinEntry['side'], Scratch>[] = [];
    for (let number = 0; number < PARTS; number++) {
      parts.push({ left: await openOne(), right: await openOne() });
    }
    for await (const { side, key, text } of entries) {
      await parts[(hashOf(key) >>> (5 * level)) % PARTS]?.[side].add(key, text);
    }
    for (const { left, right } of parts) {
      const fits = right.bytes() <= options.maxBytes || level === MAX_LEVEL;
      yield* fits ? joinInMemory(left, right) : joinOnDisk(entriesOf(left, right), options, level + 1);
      await left.close();
      await right.close();
    }
  } finally {
    for (const scratch of opened) await scratch.close();
  }
}

async function* joinInMemory(left: Scratch, right: Scratch): AsyncGenerator<Joined> {
  const rights = new Map<string, string>();
  for await (const { key, text } of right.read()) rights.set(key, text);
  for await (const { key, text } of left.read()) yield { left: text, right: rights.get(key) ?? null };
}

async function* entriesOf(left: Scratch, right: Scratch): AsyncGenerator<JoinEntry> {
  for await (const entry of left.read()) yield { side: 'left', ...entry };
  for await (const entry of right.read()) yield { side: 'right', ...entry };
}

/** FNV-1a, 32 bits, mixed once more so that keys that count up are spread by any five bits. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

type Scratch = Awaited<ReturnType<typeof openScratch>>;

/** A file of keys and texts, a pair a line, that is gone when it is closed or the process ends. */
async function openScratch(folder: string) {
  const path = join(folder, `paperwise-${randomUUID()}.scratch`);
  const file = await open(path, 'wx+', 0o600);
  // The open file lives on without its name.
  await unlink(path);
  let waiting: string[] = [];
  let waitingLength = 0;
  let bytes = 0;
  let isOpen = true;
  const write = async () => {
    const buffer = Buffer.from(waiting.join(''));
    waiting = [];
    waitingLength = 0;
    await file.appendFile(buffer);
    bytes += buffer.length;
  };
  return {
    add: async (key: string, text: string) => {
      const line = `${key}\t${text}\n`;
      waiting.push(line);
      waitingLength += line.length;
      if (waitingLength >= WRITE_BYTES) await write();
    },
    /** About as many as it holds: what waits to be written is not counted. */
    bytes: () => bytes,
    async *read(): AsyncGenerator<{ key: string; text: string }> {
      await write();
      for await (const line of linesOf(file.createReadStream({ start: 0, autoClose: false }))) {
        if (line === null) throw new Error('a line of a scratch file is too long');
        const text = line.toString('utf8');
        const tab = text.indexOf('\t');
        yield { key: text.slice(0, tab), text: text.slice(tab + 1) };
      }
    },
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
    },
  };
}
