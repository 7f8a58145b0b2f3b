import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Embedder } from '../../src/embed/embedder.ts';
import { DEFAULT_MODEL, describeModel } from '../../src/embed/models.ts';
import { createTransformersEmbedder } from '../../src/embed/transformers.ts';
import { createCachedEmbedder, openEmbeddingCache } from './cached-embedder.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where embeddings, prepared models and results are kept; git ignores it. */
export const CACHE = join(ROOT, '.cache', 'evaluate');

/** The data beside the repository. */
export const SHARED_DATA = join(ROOT, '..', 'shared', 'data');

/** Papers embedded between two signs of life. */
const REPORTED_EVERY = 1_000;

/** Options that all evaluations have. */
export interface RunOptions {
  model: string;
  out: string;
  against?: string;
}

/** Options of evaluations that embed queries. */
export interface CommonOptions extends RunOptions {
  cachedQueries: boolean;
  quantization: 'int8' | 'fp32';
}

export function addRunOptions(command: Command, outFile: string): Command {
  return command
    .option('--model <name>', 'known name, hub id or folder', DEFAULT_MODEL)
    .option('--out <file>', 'where all values go, as JSON', join(CACHE, outFile))
    .option('--against <file>', 'JSON of an earlier run: print what changed');
}

export function addCommonOptions(command: Command, outFile: string): Command {
  return addRunOptions(command, outFile)
    .addOption(
      new Option('--quantization <kind>', 'of the model: int8, or fp32 to see what int8 loses')
        .choices(['int8', 'fp32'])
        .default('int8'),
    )
    .option(
      '--cached-queries',
      'take query embeddings from the cache too: quicker, but ms leave them out',
      false,
    );
}

export function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a whole number above 0');
}

/** Names separated by commas, each one of `known`; in the order of `known`. */
export function namesAmong<T extends string>(known: readonly T[]): (text: string) => T[] {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    const strange = names.filter((name) => !known.some((one) => one === name));
    if (strange.length > 0) {
      throw new InvalidArgumentError(`expected some of ${known.join(', ')}, got ${strange.join(', ')}`);
    }
    return known.filter((name) => names.includes(name));
  };
}

/** Embedders for papers (cached) and queries of one model. `close` closes the first and the cache. */
export async function openEmbedders({
  model,
  quantization = 'int8',
  cachedQueries,
}: Pick<CommonOptions, 'model' | 'cachedQueries'> & Partial<Pick<CommonOptions, 'quantization'>>) {
  const cache = openEmbeddingCache(join(CACHE, 'embeddings.sqlite'));
  const open = (workers: number): Promise<Embedder> =>
    createTransformersEmbedder({
      ...describeModel({ name: model, quantization }),
      cacheFolder: join(CACHE, 'models'),
      workers,
    });
  let embedded = 0;
  const passageEmbedder = createCachedEmbedder(await open(availableParallelism()), cache, (count) => {
    const before = embedded;
    embedded += count;
    if (Math.floor(embedded / REPORTED_EVERY) > Math.floor(before / REPORTED_EVERY)) {
      console.error(`${embedded} papers embedded that were not in the cache`);
    }
  });
  return {
    passageEmbedder,
    openQueryEmbedder: async () => {
      const embedder = await open(1);
      return cachedQueries ? createCachedEmbedder(embedder, cache) : embedder;
    },
    async close() {
      await passageEmbedder.close();
      cache.close();
    },
  };
}
