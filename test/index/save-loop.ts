import { saveGraph } from '../../src/index/graph-files.ts';
import { createGraphWalk } from '../../src/index/graph-walk.ts';
import { createHnswGraph, GRAPH_PARAMS } from '../../src/index/hnsw.ts';
import { createLocalState } from '../../src/index/local-state.ts';
import { clusteredVectors } from '../fixtures/clustered-vectors.ts';
import { SAVE_LOOP, savedIndexIn } from './save-loop-settings.ts';

// Saves a growing index again and again until it is killed. `node --import tsx save-loop.ts FOLDER`.
const { dimensions, firstRevision, papers } = SAVE_LOOP;
const folder = process.argv[2] as string;
const state = createLocalState(dimensions);
const { exact } = state;
exact.keepRows();
const graph = createHnswGraph(dimensions, GRAPH_PARAMS);
const draw = clusteredVectors(dimensions);
const vector = new Float32Array(dimensions);
const add = (key: number) => {
  exact.upsert(key, draw());
  const row = exact.rowOf(key) as number;
  exact.reader.decode(row, vector);
  graph.add(row, vector);
};
for (let key = 1; key <= papers; key++) add(key);
for (let revision = firstRevision; ; revision++) {
  add(papers + revision);
  state.applied = revision;
  process.stdout.write(`${revision}\n`);
  const { files, links } = await saveGraph(folder, { dimensions, M: GRAPH_PARAMS.M }, graph);
  const audit = { target: 0.995, recall: 1, ef: 64, sampled: 0 };
  const walk = createGraphWalk(links, exact.reader);
  await savedIndexIn(folder, revision).save(state, { files, links, walk, ef: 64, strays: 0, audit });
}
