// The first file of a reading thread, in plain JavaScript: Node 20 does not pass the main thread's TypeScript loader on to
// its threads.
import { runEntry } from '../run-entry.mjs';

await runEntry(new URL('./reader.ts', import.meta.url).href);
