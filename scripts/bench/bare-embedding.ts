import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { describeModel } from '../../src/embed/models.ts';
import { createTransformersEmbedder } from '../../src/embed/transformers.ts';
import { embeddedText } from '../../src/paper.ts';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';

/** Texts that are given to the embedder at once: enough for all its threads, whatever their batches are. */
const AT_ONCE = 256;

/**
 * A process of its own for `bench ingest`: embeds the papers of a file with the threads that an ingest would have, and
 * nothing else. Writes one line of JSON: `papers`, and the `seconds` they took once the model was loaded.
 */
const [file = ''] = process.argv.slice(2);
const { workers, model } = readConfig(process.env);
const embedder = await createTransformersEmbedder({
  ...describeModel(model),
  cacheFolder: join(tmpdir(), 'paperwise-bench-models'),
  workers,
});
const texts: string[] = [];
for await (const item of jsonLinesSource(file)) if ('record' in item) texts.push(embeddedText(item.record));
await embedder.ready();
// Every thread has loaded its model then.
await embedder.embedPassages(texts.slice(0, AT_ONCE));
const begin = performance.now();
let next = 0;
const embedRest = async () => {
  while (next < texts.length) {
    const from = next;
    next += AT_ONCE;
    await embedder.embedPassages(texts.slice(from, next));
  }
};
// Two parts under way, so that no thread waits for the next one.
await Promise.all([embedRest(), embedRest()]);
console.log(JSON.stringify({ papers: texts.length, seconds: (performance.now() - begin) / 1_000 }));
await embedder.close();
