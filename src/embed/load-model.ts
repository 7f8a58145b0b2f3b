import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { createEmbedText, type EmbedText } from './embed-text.ts';
import type { EmbeddingModel } from './embedder.ts';
import { createHubCache } from './hub-cache.ts';
import type { WorkerSettings } from './messages.ts';
import { modelFiles, onnxPath, prepareMiniLm } from './minilm-package.ts';
import { usePrivateAddon } from './native-addon.ts';
import { type NativeGate, throughGate } from './native-gate.ts';
import { assertOneThreadPerSession, type SessionLog, useOneThreadPerSession } from './sessions.ts';

type Library = typeof import('@xenova/transformers');

/** What the library is asked for: `name`, in the folder `parent`, or without one on the hub. */
interface Place {
  name: string;
  parent: string | undefined;
  /** The path of the ONNX file, once the library has asked for it. */
  onnxFile: () => string;
}

/**
 * Loads tokenizer and model with @xenova/transformers in this thread. To be called once in a worker thread: it
 * configures the library globally, and inference blocks the thread.
 *
 * @param gate is held during every call of native code.
 * @throws AppError `model_missing` or `model_damaged`, naming the file or address; `config_invalid` when the model
 * has other dimensions than described or takes fewer tokens; `model_failed` when it cannot be run at all.
 */
export async function loadModel(settings: WorkerSettings, gate: NativeGate): Promise<EmbedText> {
  const { model, cacheFolder } = settings;
  const folder = await folderOf(settings);
  usePrivateAddon(path.join(cacheFolder, 'tmp'));
  const library = await throughGate(gate, () => import('@xenova/transformers'));
  const place = folder === undefined ? useHub(library, settings) : useFolder(library, folder, settings);
  const sessions = await useOneThreadPerSession(place.onnxFile, gate);
  const [tokenizer, network] = await loadFiles(library, model, place, sessions);
  assertOneThreadPerSession(sessions);
  checkMaxTokens(model, network.config);
  const embed = createEmbedText(library, model, tokenizer, (inputs) =>
    throughGate(gate, () => network(inputs)),
  );
  // One run now finds a wrong number of dimensions at the start, not in the middle of an ingest.
  await embed('', 'query');
  return embed;
}

/** The folder that holds the model's files; undefined for the hub. */
async function folderOf({
  model,
  source,
  cacheFolder,
  packageFolder,
}: WorkerSettings): Promise<string | undefined> {
  const { quantization } = model;
  if (source.kind === 'hub') return undefined;
  if (source.kind === 'package') return prepareMiniLm({ cacheFolder, quantization, packageFolder });
  for (const name of modelFiles(quantization)) {
    const file = path.join(source.folder, name);
    await access(file, constants.R_OK).catch((cause: unknown) => {
      throw new AppError(
        'model_missing',
        `Cannot read the model file ${file}: ${messageOf(cause)}. Expected a folder in the hub's layout: ` +
          `${modelFiles(quantization).join(', ')} (${quantization}).`,
        { cause },
      );
    });
  }
  return source.folder;
}

function useFolder({ env }: Library, folder: string, { model }: WorkerSettings): Place {
  const onnxFile = path.join(folder, onnxPath(model.quantization));
  env.useFSCache = false;
  env.allowRemoteModels = false;
  env.localModelPath = path.dirname(folder);
  // The session is opened by path. Without this the library would read the file as well, for nothing: 23 to 90 MB.
  env.useCustomCache = true;
  env.customCache = {
    match: async (name: string) => (path.normalize(name) === onnxFile ? new Response() : undefined),
    put: async () => undefined,
  };
  return { name: path.basename(folder), parent: path.dirname(folder), onnxFile: () => onnxFile };
}

function useHub({ env }: Library, { model, source, cacheFolder, hubHost }: WorkerSettings): Place {
  // The library's own cache writes downloads in place, so that an interrupted one stays as a damaged file.
  const cache = createHubCache(path.join(cacheFolder, 'hub'));
  env.useFSCache = false;
  env.useCustomCache = true;
  env.customCache = cache;
  env.allowLocalModels = false;
  if (hubHost !== undefined) env.remoteHost = hubHost;
  return {
    name: source.kind === 'hub' ? source.id : model.id,
    parent: undefined,
    onnxFile: () => cache.fileEndingIn(onnxPath(model.quantization)),
  };
}
async function loadFiles(
  library: Library,
  model: EmbeddingModel,
  { name, parent, onnxFile }: Place,
  sessions: SessionLog,
) {
  try {
    return await Promise.all([
      library.AutoTokenizer.from_pretrained(name),
      library.AutoModel.from_pretrained(name, { quantized: model.quantization === 'int8' }),
    ]);
  } catch (cause) {
    if (sessions.failure !== undefined) {
      throw new AppError(
        'model_damaged',
        `onnxruntime cannot load ${onnxFile()}: ${messageOf(sessions.failure)}. The file is damaged, or made for a ` +
          'newer onnxruntime than 1.14: delete or replace it.',
        { cause },
      );
    }
    // Such as a download that cannot be kept.
    if (cause instanceof AppError) throw cause;
    if (parent !== undefined) {
      // Every file is there and readable.
      throw new AppError(
        'model_damaged',
        `The files of the model in ${path.join(parent, name)} are damaged: ${messageOf(cause)}`,
        { cause },
      );
    }
    throw new AppError(
      'model_missing',
      `Cannot get the model ${name} from the hub: ${messageOf(cause)} Check the id and the connection, or put the ` +
        `files (${modelFiles(model.quantization).join(', ')}) into a folder and name that.`,
      { cause },
    );
  }
}

function checkMaxTokens(model: EmbeddingModel, config: { max_position_embeddings?: unknown }): void {
  const limit = config.max_position_embeddings;
  if (typeof limit === 'number' && model.maxTokens > limit) {
    throw new AppError(
      'config_invalid',
      `The model ${model.id} reads at most ${limit} tokens, but ${model.maxTokens} are configured.`,
    );
  }
}
