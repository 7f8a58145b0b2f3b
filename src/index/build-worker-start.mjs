// The first file of the thread, in plain JavaScript: Node 20 does not pass the main thread's TypeScript loader on to
// its workers, and `--import tsx` has no effect there.
import { require } from 'tsx/cjs/api';

require('./build-worker.ts', import.meta.url);
