import { openSyncing } from '../fixtures/syncing.ts';

/** Follows two sources once, in a process of its own that may be killed. Says when it is done. */
const [folder = '', arxiv = '', dailyPapers = '', from = '', now = ''] = process.argv.slice(2);

const library = openSyncing({ folder, arxiv, dailyPapers, from, now: () => new Date(now), limits: {} });
const isDone = await library.run();
await library.close();
console.log(isDone ? 'done' : 'not done');
