import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { AppError } from '../errors.ts';
import { createLinks, type GraphLinks } from './graph-links.ts';

/** What the bytes of hnswlib's file say about it. */
export interface GraphFacts {
  bytes: number;
  /** CRC-32 of the whole file, 8 hex digits: it guards against accidents, not against forgery. */
  checksum: string;
  nodes: number;
  dimensions: number;
  M: number;
}

/** hnswlib's header: thirteen fields of 8 bytes, but for two of 4. */
const HEADER_BYTES = 96;
const CHUNK_BYTES = 1 << 20;
const LABEL_BYTES = 8;
const FLOAT_BYTES = 4;
/** Of the word before a node's links, the count: hnswlib keeps a mark in the rest. */
const COUNT_BITS = 0xff_ff;

/** A CRC-32 as it is written down. */
export const checksumText = (crc: number): string => crc.toString(16).padStart(8, '0');

/**
 * Reads hnswlib's file of a graph once, in pieces: its links, from row to row, and what it says about itself. Checks
 * that its parts fill it exactly: hnswlib reports success for a file that a full disk has cut, and aborts the process
 * when it loads one. Throws `index_failed` for a file that is not whole, not of the checksum that is expected, or
 * whose links lead nowhere, and the file system's own error for one that cannot be read.
 */
export async function readGraphFile(
  path: string,
  expectedChecksum?: string,
): Promise<{ facts: GraphFacts; links: GraphLinks }> {
  const file = await open(path, 'r');
  try {
    const bytes = (await file.stat()).size;
    const header = Buffer.alloc(HEADER_BYTES);
    if ((await file.read(header, 0, HEADER_BYTES, 0)).bytesRead < HEADER_BYTES)
      throw cut(bytes, HEADER_BYTES);
    const layout = readHeader(header);
    const listsAt = HEADER_BYTES + layout.nodes * layout.bytesPerNode;
    if (!(listsAt <= bytes)) throw cut(bytes, listsAt);

    let checksum = crc32(header);
    const baseStride = 2 * layout.M + 1;
    const base = new Uint32Array(layout.nodes * baseStride);
    const rowOfNode = new Uint32Array(layout.nodes);
    const batch = Math.max(1, Math.floor(CHUNK_BYTES / layout.bytesPerNode));
    const chunk = Buffer.alloc(batch * layout.bytesPerNode);
    for (let node = 0; node < layout.nodes; node += batch) {
      const count = Math.min(batch, layout.nodes - node);
      const part = chunk.subarray(0, count * layout.bytesPerNode);
      await fill(file, part, HEADER_BYTES + node * layout.bytesPerNode);
      checksum = crc32(part, checksum);
      takeNodes(part, node, layout, base, rowOfNode);
    }
    const lists = Buffer.alloc(bytes - listsAt);
    await fill(file, lists, listsAt);
    checksum = crc32(lists, checksum);
    const { nodes, dimensions, M } = layout;
    const facts = { bytes, checksum: checksumText(checksum), nodes, dimensions, M };
    if (expectedChecksum !== undefined && expectedChecksum !== facts.checksum) {
      throw new AppError('index_failed', `Its checksum is ${facts.checksum}, expected ${expectedChecksum}.`);
    }
    return { facts, links: linksOf(layout, base, rowOfNode, lists) };
  } finally {
    await file.close();
  }
}

/** Reads until a buffer is full. */
async function fill(file: FileHandle, into: Buffer, from: number): Promise<void> {
  for (let at = 0; at < into.length; ) {
    const { bytesRead } = await file.read(into, at, into.length - at, from + at);
    if (bytesRead === 0) throw cut(from + at, from + into.length);
    at += bytesRead;
  }
}

interface Layout {
  nodes: number;
  bytesPerNode: number;
  dimensions: number;
  M: number;
  topLayer: number;
  entryNode: number;
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
  // Minus one in an empty graph.
  const topLayer = Math.max(0, header.readInt32LE(48));
  return {
    nodes,
    bytesPerNode,
    dimensions: vectorBytes / FLOAT_BYTES,
    M,
    topLayer,
    entryNode: nodes === 0 ? 0 : header.readUInt32LE(52),
  };
}

/** Of each node: the links of its lowest layer, its vector, and its label, which is its row. */
function takeNodes(
  part: Buffer,
  first: number,
  { bytesPerNode, M, nodes }: Layout,
  base: Uint32Array,
  rowOfNode: Uint32Array,
): void {
  const stride = 2 * M + 1;
  for (let at = 0, node = first; at < part.length; at += bytesPerNode, node++) {
    const count = part.readUInt32LE(at) & COUNT_BITS;
    if (count > 2 * M) throw damagedLinks(node);
    base[node * stride] = count;
    for (let link = 1; link <= count; link++) {
      const to = part.readUInt32LE(at + 4 * link);
      if (to >= nodes) throw damagedLinks(node);
      base[node * stride + link] = to;
    }
    rowOfNode[node] = Number(part.readBigUInt64LE(at + bytesPerNode - LABEL_BYTES));
  }
}

/** After the nodes comes, for each, the length of its links on higher layers, and those links. */
function linksOf(layout: Layout, base: Uint32Array, rowOfNode: Uint32Array, lists: Buffer): GraphLinks {
  const { nodes, M, topLayer, entryNode } = layout;
  const layerBytes = FLOAT_BYTES + M * FLOAT_BYTES;
  const lengths = new Uint32Array(nodes);
  let at = 0;
  let upperBytes = 0;
  for (let node = 0; node < nodes; node++) {
    if (at + 4 > lists.length) throw cut(at, at + 4);
    const length = lists.readUInt32LE(at);
    if (length % layerBytes !== 0) throw damagedLinks(node);
    lengths[node] = length;
    upperBytes += length;
    at += 4 + length;
  }
  if (at !== lists.length) throw cut(lists.length, at);
  if (nodes > 0 && (entryNode >= nodes || (lengths[entryNode] as number) < topLayer * layerBytes)) {
    throw damagedLinks(entryNode);
  }
  const rows = rowOfNode.reduce((most, row) => Math.max(most, row + 1), 0);
  const entry = rowOfNode[entryNode] ?? 0;
  const links = createLinks({ rows, nodes, M, topLayer, entry, upperWords: upperBytes / FLOAT_BYTES });
  const { words } = links;
  const stride = 2 * M + 1;
  let upper = 0;
  at = 0;
  for (let node = 0; node < nodes; node++) {
    const row = rowOfNode[node] as number;
    const to = links.baseAt + row * stride;
    const count = base[node * stride] as number;
    words[to] = count;
    for (let link = 1; link <= count; link++) {
      words[to + link] = rowOfNode[base[node * stride + link] as number] as number;
    }
    at += 4;
    const length = lengths[node] as number;
    if (length > 0) words[links.upperPlaceAt + row] = upper;
    for (let layer = 0; layer < length / layerBytes; layer++, at += layerBytes, upper += M + 1) {
      const here = lists.readUInt32LE(at) & COUNT_BITS;
      if (here > M) throw damagedLinks(node);
      words[links.upperAt + upper] = here;
      for (let link = 1; link <= here; link++) {
        const target = lists.readUInt32LE(at + 4 * link);
        // A link to a node that is not on this layer would be followed into the links of another.
        if (target >= nodes || (lengths[target] as number) < (layer + 1) * layerBytes)
          throw damagedLinks(node);
        words[links.upperAt + upper + link] = rowOfNode[target] as number;
      }
    }
  }
  return links;
}

function damagedLinks(node: number): AppError {
  return new AppError('index_failed', `The links of node ${node} are damaged.`);
}

function cut(found: number, expected: number): AppError {
  return new AppError('index_failed', `The file is not whole: expected ${expected} bytes, found ${found}.`);
}
