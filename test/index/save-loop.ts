import { createHnswGraph, GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import { saveGraphFile, tidyFolder } from '../../src/index/index-file.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { SAVE_LOOP } from './save-loop-settings.ts';

// Saves a growing graph again and again until it is killed. `node --import tsx save-loop.ts FOLDER`.
const { identity, firstRevision, nodes } = SAVE_LOOP;
const folder = process.argv[2] as string;
const graph = createHnswGraph(identity.dimensions, GRAPH_PARAMS);
const draw = clusteredVectors(identity.dimensions);
for (let key = 1; key <= nodes; key++) graph.upsert(key, draw());
for (let revision = firstRevision; ; revision++) {
  graph.upsert(nodes + revision, draw());
  process.stdout.write(`${revision}\n`);
  const counts = { revision, epoch: '', count: graph.size, nodes: graph.size };
  const base = await saveGraphFile(folder, identity, counts, graph.write);
  await tidyFolder(folder, { base, revision, identity }, [], async () => revision);
}
