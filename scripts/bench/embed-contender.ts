import { readFileSync } from 'node:fs';
import { CONTENDERS, isContender } from './embed-contenders.ts';
import type { EmbedTexts } from './embed-texts.ts';

/**
 * A process of its own for `bench embed`: one contender embeds the texts of a file, after some others that make it
 * ready. Writes one line of JSON: `rate`, texts a second, and the `vectors`.
 */
const [name = '', file = ''] = process.argv.slice(2);
if (!isContender(name))
  throw new Error(`Expected one of ${Object.keys(CONTENDERS).join(', ')}, got: ${name}`);
const { first, measured } = JSON.parse(readFileSync(file, 'utf8')) as EmbedTexts;
const embed = await CONTENDERS[name]();
await embed(first);
console.log(JSON.stringify(await embed(measured)));
process.exit();
