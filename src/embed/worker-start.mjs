// The first file of a worker thread, in plain JavaScript: Node 20 does not pass the main thread's TypeScript loader
// on to its workers, and `--import tsx` has no effect there. Translating `worker.ts` and its own imports through
// `require` starts 100 ms sooner than a second set of loader hooks, which would also see every package file.
import { require } from 'tsx/cjs/api';

require('./worker.ts', import.meta.url);
