import { readFileSync } from 'node:fs';
import { CONTENDERS, isContender } from './embed-contenders.ts';
import type { EmbedTexts } from './embed-texts.ts';

/** Vectors that are compared with those of others. */
const COMPARED = 16;

/**
 * A process of its own for `bench embed`: one contender embeds the texts of a file, after some others that make it
 * ready. Writes one line of JSON: what it cost, and some `vectors`.
 */
const [name = '', file = ''] = process.argv.slice(2);
if (!isContender(name))
  throw new Error(`Expected one of ${Object.keys(CONTENDERS).join(', ')}, got: ${name}`);
const { first, measured } = JSON.parse(readFileSync(file, 'utf8')) as EmbedTexts;
const embed = await CONTENDERS[name]();
await embed(first);
const outcome = await embed(measured);
const vectors = outcome.vectors.slice(0, COMPARED);
// Ends what still has threads, once all is written.
process.stdout.write(JSON.stringify({ ...outcome, vectors }), () => process.exit());
