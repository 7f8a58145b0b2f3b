import { z } from 'zod';

/** What a graph file must belong to so that it can be used. */
export interface GraphIdentity {
  libraryId: string;
  /** Fingerprint of the model that made the vectors. */
  fingerprint: string;
  dimensions: number;
  M: number;
}

/** Raised when the meaning of a saved file changes, so that older ones are built anew. */
export const FILE_FORMAT = 1;

const natural = z.int().min(0);

/** The facts beside each graph file. It is written last: a pair without it was never finished. */
export const sidecarSchema = z.strictObject({
  format: z.literal(FILE_FORMAT),
  libraryId: z.string(),
  fingerprint: z.string(),
  dimensions: z.int().min(1),
  /** Every change up to this store revision is in the graph; later ones may be. */
  revision: natural,
  /** The latest epoch when that revision was read. Files from before epochs were kept have none. */
  epoch: z.string().default(''),
  /** Papers in the graph, and nodes whose papers were removed. */
  count: natural,
  deleted: natural,
  M: z.int().min(1),
  bytes: natural,
  checksum: z.string().regex(/^[0-9a-f]{8}$/),
});

export type Sidecar = z.output<typeof sidecarSchema>;

/** Why a saved graph was not used. */
export type RejectReason =
  | 'missing'
  | 'stale'
  | 'foreign library'
  | 'other model'
  | 'wrong dimensions'
  | 'other parameters'
  | 'damaged'
  | 'unreadable sidecar';

const PAIR = /^(hnsw-(\d{1,16})-[0-9a-f]{16})\.(bin|json)$/;

/** The two names of one saved graph, without folder. */
export interface PairName {
  base: string;
  revision: number;
}

/** The base name of a saved graph: both of its files, and their temporary forms, begin with it. */
export function pairBase(revision: number, random: string): string {
  return `hnsw-${revision}-${random}`;
}

/** The pair that a file name belongs to, or null for any other name, temporary ones included. */
export function parsePairName(name: string): (PairName & { kind: 'bin' | 'json' }) | null {
  const match = PAIR.exec(name);
  if (!match) return null;
  const [, base, revision, kind] = match;
  return { base: base as string, revision: Number(revision), kind: kind === 'bin' ? 'bin' : 'json' };
}

/** Why a graph with this sidecar cannot serve a library that had its moment, or null when it can. */
export function mismatch(
  sidecar: Sidecar,
  wanted: GraphIdentity,
): { reason: RejectReason; detail: string } | null {
  const differs = (name: string, was: unknown, expected: unknown) =>
    `${name} is ${JSON.stringify(was)}, expected ${JSON.stringify(expected)}`;
  if (sidecar.libraryId !== wanted.libraryId) {
    return {
      reason: 'foreign library',
      detail: differs('the library', sidecar.libraryId, wanted.libraryId),
    };
  }
  if (sidecar.fingerprint !== wanted.fingerprint) {
    return { reason: 'other model', detail: differs('the model', sidecar.fingerprint, wanted.fingerprint) };
  }
  if (sidecar.dimensions !== wanted.dimensions) {
    return {
      reason: 'wrong dimensions',
      detail: differs('the number of dimensions', sidecar.dimensions, wanted.dimensions),
    };
  }
  if (sidecar.M !== wanted.M) {
    return { reason: 'other parameters', detail: differs('M', sidecar.M, wanted.M) };
  }
  return null;
}
