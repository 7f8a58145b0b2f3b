import type { GraphIdentity } from '../../src/index/sidecar.ts';

const identity: GraphIdentity = { libraryId: 'library', fingerprint: 'model', dimensions: 32, M: 16 };

/** What the process that is killed while it saves, and the test that kills it, agree on. */
export const SAVE_LOOP = { identity, firstRevision: 1, nodes: 500 };
