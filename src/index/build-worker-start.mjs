// The first file of the thread, in plain JavaScript: Node 20 does not pass the main thread's TypeScript loader on to its
// threads.
import { runEntry } from '../run-entry.mjs';

await runEntry(new URL('./build-worker.ts', import.meta.url).href);
