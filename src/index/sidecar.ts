import { z } from 'zod';
import type { IndexAudit } from './vector-index.ts';

/** What saved files must belong to so that they can be used. */
export interface GraphIdentity {
  libraryId: string;
  /** Fingerprint of the model that made the vectors. */
  fingerprint: string;
  dimensions: number;
  M: number;
}

/** Raised when the meaning of a saved file changes, so that older ones are built anew. */
export const FILE_FORMAT = 2;

const natural = z.int().min(0);
const DATA_NAME = /^(?:vectors|graph|links)-[0-9a-f]{16}\.bin$/;

const fileFacts = z.strictObject({
  /** Its name, without folder. */
  file: z.string().regex(DATA_NAME),
  bytes: natural,
  checksum: z.string().regex(/^[0-9a-f]{8}$/),
});

/** One file of a saved index: its name, and what its bytes must be. */
export type FileFacts = z.output<typeof fileFacts>;

const auditSchema = z.strictObject({
  target: z.number().min(0).max(1),
  recall: z.number().min(0).max(1),
  ef: z.int().min(1),
  sampled: natural,
}) satisfies z.ZodType<IndexAudit>;

/**
 * A saved index: the vectors by row, hnswlib's graph of the rows, which is only read to be extended, and its links,
 * which searches walk. It is written last, after the files that it names: they are never changed.
 */
export const sidecarSchema = z.strictObject({
  format: z.literal(FILE_FORMAT),
  libraryId: z.string(),
  fingerprint: z.string(),
  dimensions: z.int().min(1),
  M: z.int().min(1),
  /** Every change up to this store revision is in the vectors; later ones may be. */
  revision: natural,
  /** The latest epoch when that revision was read. */
  epoch: z.string(),
  /** Papers then, and rows with those of papers that are gone. */
  count: natural,
  rows: natural,
  /** Nodes that searches can get to, and papers that are none however often the graph is made. */
  nodes: natural,
  strays: natural,
  vectors: fileFacts,
  graph: fileFacts,
  links: fileFacts,
  audit: auditSchema,
});

export type Sidecar = z.output<typeof sidecarSchema>;

/** Why a saved index was not used. */
export type RejectReason =
  | 'missing'
  | 'stale'
  | 'foreign library'
  | 'other model'
  | 'wrong dimensions'
  | 'other parameters'
  | 'damaged'
  | 'unreadable sidecar';

const SIDECAR_NAME = /^index-(\d{1,16})-[0-9a-f]{16}\.json$/;
/** All that savers of this version and of earlier ones leave in the folder. */
const OWN_NAME = /^(?:(?:vectors|graph|links|index)-|hnsw-\d)[^/]*\.(?:bin|json|tmp)$/;

export const sidecarName = (revision: number, random: string): string => `index-${revision}-${random}.json`;

/** The revision of a sidecar by its name, or null for any other name, temporary ones included. */
export function revisionOf(name: string): number | null {
  const match = SIDECAR_NAME.exec(name);
  return match ? Number(match[1]) : null;
}

export const isOwnName = (name: string): boolean => OWN_NAME.test(name);

/** Why an index with this sidecar cannot serve a library that had its moment, or null when it can. */
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
