import { AppError } from '../errors.ts';

/** Words before the links: rows, nodes, links a node (M), the highest layer, the row to enter at, words of `upper`. */
const HEADER_WORDS = 8;
/** In place of a count or a place: the row is no node, or has no links above the lowest layer. */
export const ABSENT = 0xff_ff_ff_ff;

/**
 * The links of a graph whose nodes are rows, in one piece of memory that any thread may read and a file holds as it
 * is. Of each row from 0 on, `base` has how many links it has on the lowest layer, and 2 M places for them;
 * `upperAt` where its links above that begin in `upper`, which has for each layer a count and M places.
 */
export interface GraphLinks {
  readonly shared: SharedArrayBuffer;
  readonly words: Uint32Array;
  /** Rows that there is room for: above them there are no nodes. */
  readonly rows: number;
  /** Nodes that a search can get to. */
  readonly nodes: number;
  readonly M: number;
  readonly topLayer: number;
  /** The row that a search begins at. */
  readonly entry: number;
  /** Where in `words` the parts begin. */
  readonly baseAt: number;
  readonly upperPlaceAt: number;
  readonly upperAt: number;
  /** Whether a row is a node that a search can get to. */
  has(row: number): boolean;
}

export interface LinksHeader {
  rows: number;
  nodes: number;
  M: number;
  topLayer: number;
  entry: number;
  upperWords: number;
}

/** Links of no node yet. */
export function createLinks(header: LinksHeader): GraphLinks {
  const { rows, nodes, M, topLayer, entry, upperWords } = header;
  const { upperAt } = placesOf(rows, M);
  const shared = new SharedArrayBuffer(4 * (upperAt + upperWords));
  const words = new Uint32Array(shared);
  words.set([rows, nodes, M, topLayer, entry, upperWords]);
  words.fill(ABSENT, HEADER_WORDS, upperAt);
  return viewLinks(shared);
}

/** The links in a piece of memory. Throws `index_failed` when it does not have the size that it says. */
export function viewLinks(shared: SharedArrayBuffer): GraphLinks {
  const words = new Uint32Array(shared);
  const [rows = 0, nodes = 0, M = 0, topLayer = 0, entry = 0, upperWords = 0] = words;
  const { baseAt, upperPlaceAt, upperAt } = placesOf(rows, M);
  if (words.length < HEADER_WORDS || words.length !== upperAt + upperWords || nodes > rows) {
    throw new AppError('index_failed', 'The links of the graph are not whole.');
  }
  const stride = 2 * M + 1;
  return {
    shared,
    words,
    rows,
    nodes,
    M,
    topLayer,
    entry,
    baseAt,
    upperPlaceAt,
    upperAt,
    has: (row) => row < rows && words[baseAt + row * stride] !== ABSENT,
  };
}

/**
 * The same links without the nodes that no path leads to from the entry: equal vectors link to each other alone, so
 * that hnswlib leaves some nodes without a link to them. No search would ever find them: who has the rows must score
 * them in another way.
 */
export function withoutStrays(links: GraphLinks): GraphLinks {
  const { words, rows, M, topLayer, entry, baseAt, upperPlaceAt, upperAt } = links;
  const stride = 2 * M + 1;
  const reached = new Uint8Array(rows);
  const frontier: number[] = links.nodes === 0 ? [] : [entry];
  const follow = (place: (row: number) => number) => {
    const found = frontier;
    const seen = new Uint8Array(rows);
    for (const row of found) seen[row] = 1;
    for (let next = 0; next < found.length; next++) {
      const at = place(found[next] as number);
      const end = at + (words[at] as number);
      for (let link = at + 1; link <= end; link++) {
        const row = words[link] as number;
        if (seen[row] === 1) continue;
        seen[row] = 1;
        found.push(row);
      }
    }
    for (const row of found) reached[row] = 1;
  };
  for (let layer = topLayer; layer > 0; layer--) {
    follow((row) => upperAt + (words[upperPlaceAt + row] as number) + (layer - 1) * (M + 1));
  }
  follow((row) => baseAt + row * stride);
  let nodes = 0;
  for (let row = 0; row < rows; row++) {
    if (reached[row] === 1) nodes++;
    else words[baseAt + row * stride] = ABSENT;
  }
  words[1] = nodes;
  return viewLinks(links.shared);
}

function placesOf(rows: number, M: number) {
  const upperPlaceAt = HEADER_WORDS + rows * (2 * M + 1);
  return { baseAt: HEADER_WORDS, upperPlaceAt, upperAt: upperPlaceAt + rows };
}
