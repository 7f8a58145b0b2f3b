import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import { makeCheckedFile, makeFile, randomName } from './checked-file.ts';
import { readGraphFile } from './graph-bytes.ts';
import { type GraphLinks, withoutStrays } from './graph-links.ts';
import { type HnswGraph, readHnswGraph } from './hnsw.ts';
import type { FileFacts, GraphIdentity } from './sidecar.ts';

/** The two files of one graph. */
export interface GraphFiles {
  graph: FileFacts;
  links: FileFacts;
}

/**
 * Saves a graph and its links. Throws `index_failed` when the folder cannot be written or a file did not arrive whole;
 * then nothing is left in the folder but for a finished graph.
 */
export async function saveGraph(
  folder: string,
  identity: Pick<GraphIdentity, 'dimensions' | 'M'>,
  { size, write }: Pick<HnswGraph, 'size' | 'write'>,
): Promise<{ files: GraphFiles; links: GraphLinks }> {
  const file = `graph-${randomName()}.bin`;
  const { facts, links: all } = await makeFile(folder, file, async (path) => {
    await write(path);
    const read = await readGraphFile(path);
    const { nodes, dimensions, M } = read.facts;
    if (nodes === size && dimensions === identity.dimensions && M === identity.M) return read;
    throw new AppError(
      'index_failed',
      `Expected ${size} nodes of ${identity.dimensions} dimensions with M ${identity.M}, wrote ${nodes} of ${dimensions} with M ${M}.`,
    );
  });
  const { bytes, checksum } = facts;
  const links = withoutStrays(all);
  return { files: { graph: { file, bytes, checksum }, links: await saveLinks(folder, links) }, links };
}

const saveLinks = (folder: string, links: GraphLinks): Promise<FileFacts> =>
  makeCheckedFile(folder, `links-${randomName()}.bin`, [new Uint8Array(links.shared)]);

/** The files of a graph, of which the links were written again if they are gone: only they are needed to search. */
export async function withLinks(folder: string, files: GraphFiles, links: GraphLinks): Promise<GraphFiles> {
  const isThere = await stat(join(folder, files.links.file)).then(
    ({ size }) => size === files.links.bytes,
    () => false,
  );
  return isThere ? files : { ...files, links: await saveLinks(folder, links) };
}

/** hnswlib's graph of a file, verified before it is loaded. Throws `index_failed`, or the file system's error. */
export async function loadGraph(
  folder: string,
  { dimensions, M }: Pick<GraphIdentity, 'dimensions' | 'M'>,
  wanted: FileFacts,
): Promise<HnswGraph> {
  const path = join(folder, wanted.file);
  const { facts } = await readGraphFile(path, wanted.checksum);
  if (facts.dimensions !== dimensions || facts.M !== M) {
    throw new AppError('index_failed', `${wanted.file} is not the graph that was saved.`);
  }
  return readHnswGraph(path, dimensions);
}
