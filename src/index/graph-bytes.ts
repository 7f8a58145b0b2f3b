import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { AppError } from '../errors.ts';

/** What the bytes of a graph file say about it. */
export interface GraphFacts {
  bytes: number;
  /** CRC-32 of the whole file, 8 hex digits: it guards against accidents, not against forgery. */
  checksum: string;
  /** Nodes, those of removed papers included. */
  nodes: number;
  dimensions: number;
  M: number;
}

/** hnswlib's header: thirteen fields of 8 bytes, but for two of 4. */
const HEADER_BYTES = 96;
const CHUNK_BYTES = 1 << 20;
const LABEL_BYTES = 8;
const FLOAT_BYTES = 4;

/**
 * Reads a graph file once, in pieces, and checks that its parts fill it exactly: hnswlib reports success for a
 * file that a full disk has cut, and aborts the process when it loads one. Throws `index_failed` for a file that
 * is not whole, and the file system's own error for one that cannot be read.
 */
export async function inspectGraphFile(path: string): Promise<GraphFacts> {
  const file = await open(path, 'r');
  try {
    const bytes = (await file.stat()).size;
    const header = Buffer.alloc(HEADER_BYTES);
    if ((await file.read(header, 0, HEADER_BYTES, 0)).bytesRead < HEADER_BYTES)
      throw cut(bytes, HEADER_BYTES);
    const layout = readHeader(header);
    const listsAt = HEADER_BYTES + layout.nodes * layout.bytesPerNode;
    if (!(listsAt <= bytes)) throw cut(bytes, listsAt);

    const lists = Buffer.alloc(bytes - listsAt);
    const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, bytes));
    let checksum = 0;
    let at = 0;
    while (at < bytes) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at);
      if (bytesRead === 0) throw cut(at, bytes);
      const part = chunk.subarray(0, bytesRead);
      checksum = crc32(part, checksum);
      const end = at + bytesRead;
      if (end > listsAt) part.copy(lists, Math.max(0, at - listsAt), Math.max(0, listsAt - at));
      at = end;
    }
    checkLists(lists, layout);
    const { nodes, dimensions, M } = layout;
    return { bytes, checksum: checksum.toString(16).padStart(8, '0'), nodes, dimensions, M };
  } finally {
    await file.close();
  }
}

interface Layout {
  nodes: number;
  bytesPerNode: number;
  dimensions: number;
  M: number;
}

function readHeader(header: Buffer): Layout {
  const long = (at: number) => Number(header.readBigUInt64LE(at));
  const nodes = long(16);
  const bytesPerNode = long(24);
  const vectorBytes = long(32) - long(40);
  const M = long(72);
  const links = FLOAT_BYTES + 2 * M * FLOAT_BYTES;
  if (vectorBytes < FLOAT_BYTES || bytesPerNode !== links + vectorBytes + LABEL_BYTES || M < 1) {
    throw new AppError('index_failed', 'The file does not begin like a graph.');
  }
  return { nodes, bytesPerNode, dimensions: vectorBytes / FLOAT_BYTES, M };
}

/** After the nodes comes, for each, the length of its links on higher layers, and those links. */
function checkLists(lists: Buffer, { nodes, M }: Layout): void {
  const layerBytes = FLOAT_BYTES + M * FLOAT_BYTES;
  let at = 0;
  for (let node = 0; node < nodes; node++) {
    if (at + 4 > lists.length) throw cut(at, at + 4);
    const length = lists.readUInt32LE(at);
    if (length % layerBytes !== 0)
      throw new AppError('index_failed', `The links of node ${node} are damaged.`);
    at += 4 + length;
  }
  if (at !== lists.length) throw cut(lists.length, at);
}

function cut(found: number, expected: number): AppError {
  return new AppError('index_failed', `The file is not whole: expected ${expected} bytes, found ${found}.`);
}
