import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AutoTokenizer, env } from '@xenova/transformers';
import { prepareMiniLm } from '../../src/embed/minilm-package.ts';
import { jsonLinesSource } from '../../src/sources/json-lines.ts';
import { SHARED_DATA } from '../evaluate/command-options.ts';
import { MODELS } from './embed-contenders.ts';
import { queryOf } from './real-queries.ts';

const FILE = `${SHARED_DATA}/papers/hf-daily-2024-2026.jsonl.gz`;
/** Tokens of a text, special ones included: nearly as many as the model reads, so that padding costs others little. */
const TOKENS = { least: 232, most: 256 };
/** Texts that are embedded before the clock runs. */
const FIRST = 32;
const QUERIES = 400;

export interface EmbedTexts {
  /** To be embedded first, so that everything is loaded. */
  first: string[];
  measured: string[];
  /** Of `measured`. */
  meanTokens: number;
  /** Different ones, as people type them. */
  queries: string[];
}

/** Abstracts of about as many tokens as the model reads, and queries. Throws when there are fewer than asked for. */
export async function readEmbedTexts(count: number): Promise<EmbedTexts> {
  if (!existsSync(FILE)) {
    throw new Error(
      `Expected papers in ${FILE}: real abstracts are measured, and they are no part of this repository.`,
    );
  }
  const folder = await prepareMiniLm({ cacheFolder: MODELS, quantization: 'int8' });
  env.localModelPath = dirname(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true });
  const texts: { text: string; tokens: number }[] = [];
  const queries = new Set<string>();
  for await (const item of jsonLinesSource(FILE)) {
    if (!('record' in item)) continue;
    const { abstract } = item.record;
    const tokens = tokenizer(abstract, { return_tensor: false, truncation: false }).input_ids.length;
    if (tokens >= TOKENS.least && tokens <= TOKENS.most) texts.push({ text: abstract, tokens });
    if (queries.size < QUERIES) queries.add(queryOf(item.record, 'words'));
    if (texts.length === FIRST + count) break;
  }
  if (texts.length < FIRST + count) {
    throw new Error(
      `${FILE} has ${texts.length} abstracts of ${TOKENS.least} to ${TOKENS.most} tokens, ${FIRST + count} are needed: ` +
        'ask for fewer --texts.',
    );
  }
  const measured = texts.slice(FIRST);
  return {
    first: texts.slice(0, FIRST).map(({ text }) => text),
    measured: measured.map(({ text }) => text),
    meanTokens: measured.reduce((sum, { tokens }) => sum + tokens, 0) / count,
    queries: [...queries],
  };
}
