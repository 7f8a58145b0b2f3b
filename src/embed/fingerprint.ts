import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AppError, messageOf } from '../errors.ts';
import { GRAPH_VERSION } from './minilm.ts';
import { MODEL_PACKAGE, modelFiles } from './minilm-package.ts';
import type { DescribedModel } from './models.ts';

/** Enough of a SHA-256 to tell one version of a model from another. */
const HASH_CHARACTERS = 16;

/**
 * A short, readable text that is equal for two models exactly when their vectors are comparable:
 * `sentence-transformers/all-MiniLM-L6-v2 (package 0.1.0, graph 1) int8 mean 384d 256t`. A folder counts by the
 * content of its files, which are read for it; a hub model by its address alone, as its files may not be here yet.
 *
 * @throws AppError `model_missing` when a file of a folder cannot be read.
 */
export async function fingerprintOf({ model, source }: DescribedModel): Promise<string> {
  const version =
    source.kind === 'package'
      ? `package ${MODEL_PACKAGE.version}, graph ${GRAPH_VERSION}`
      : source.kind === 'hub'
        ? `hub ${source.id}`
        : `files ${await hashOfFiles(source.folder, modelFiles(model.quantization))}`;
  const prefixes = [
    model.queryPrefix && ` query ${JSON.stringify(model.queryPrefix)}`,
    model.passagePrefix && ` passage ${JSON.stringify(model.passagePrefix)}`,
  ].join('');
  const { id, quantization, pooling, dimensions, maxTokens } = model;
  return `${id} (${version}) ${quantization} ${pooling} ${dimensions}d ${maxTokens}t${prefixes}`;
}

async function hashOfFiles(folder: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const name of names) {
    const file = path.join(folder, name);
    try {
      await pipeline(createReadStream(file), hash, { end: false });
    } catch (cause) {
      throw new AppError(
        'model_missing',
        `Cannot read the model file ${file}: ${messageOf(cause)}. Expected a folder in the hub's layout: ` +
          `${names.join(', ')}.`,
        { cause },
      );
    }
  }
  return hash.digest('hex').slice(0, HASH_CHARACTERS);
}
