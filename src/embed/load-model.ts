import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { AppError, messageOf } from '../errors.ts';
import { createEmbedText, type EmbedText } from './embed-text.ts';
import type { EmbeddingModel } from './embedder.ts';
import { createHubCache } from './hub-cache.ts';
import type { WorkerSettings } from './messages.ts';
import { modelFiles, onnxPath, prepareMiniLm } from './minilm-package.ts';
import { usePrivateAddon } from './native-addon.ts';

type Library = typeof import('@xenova/transformers');

/** What the library is asked for: a folder under `parent`, or without it a hub id. */
interface Place {
  name: string;
  parent: string | undefined;
}

/** The part of onnxruntime-node's session class that is replaced. */
interface SessionClass {
  create(model: unknown, options?: { executionProviders?: string[] }): Promise<unknown>;
}

/**
 * Loads tokenizer and model with @xenova/transformers in this thread. To be called once in a worker thread: it
 * configures the library globally, and inference blocks the thread.
 *
 * @throws AppError `model_missing` or `model_damaged`, naming the file or address; `config_invalid` when the model
 * has other dimensions than described or takes fewer tokens; `model_failed` when it cannot be run at all.
 */
export async function loadModel(settings: WorkerSettings): Promise<EmbedText> {
  const { model } = settings;
  const place = await locate(settings);
  usePrivateAddon(path.join(settings.cacheFolder, 'tmp'));
  const library = await import('@xenova/transformers');
  const session = configureSessions();
  configureLoading(library, settings, place);
  const [tokenizer, network] = await loadFiles(library, model, place, session);
  checkMaxTokens(model, network.config);
  const embed = createEmbedText(library, model, tokenizer, network);
  // One run now finds a wrong number of dimensions at the start, not in the middle of an ingest.
  await embed('');
  return embed;
}

async function locate({ model, source, cacheFolder, packageFolder }: WorkerSettings): Promise<Place> {
  const { quantization } = model;
  if (source.kind === 'hub') return { name: source.id, parent: undefined };
  if (source.kind === 'package') {
    return placeOf(await prepareMiniLm({ cacheFolder, quantization, packageFolder }));
  }
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
  return placeOf(source.folder);
}

function placeOf(folder: string): Place {
  return { name: path.basename(folder), parent: path.dirname(folder) };
}

/**
 * Gives every session that the library makes one thread. Its own default, a thread per core in each of several
 * workers, is slower, and the library passes no such options on.
 */
function configureSessions(): { failure: unknown } {
  const state: { failure: unknown } = { failure: undefined };
  // The very instance of onnxruntime-node that the library uses.
  const requireAsLibrary = createRequire(createRequire(import.meta.url).resolve('@xenova/transformers'));
  const { InferenceSession }: { InferenceSession: SessionClass } = requireAsLibrary('onnxruntime-node');
  const create = InferenceSession.create.bind(InferenceSession);
  InferenceSession.create = async (model) => {
    // The library tries again with WebAssembly, many times slower; the first failure is the one to report.
    if (state.failure !== undefined) throw state.failure;
    const options = {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      logSeverityLevel: 3,
    };
    try {
      return await create(model, options);
    } catch (error) {
      state.failure = error;
      throw error;
    }
  };
  return state;
}

function configureLoading({ env }: Library, settings: WorkerSettings, { parent }: Place): void {
  // The library's own cache writes downloads in place, so that an interrupted one stays as a damaged file.
  env.useFSCache = false;
  env.allowLocalModels = parent !== undefined;
  env.allowRemoteModels = parent === undefined;
  if (parent !== undefined) {
    env.localModelPath = parent;
    return;
  }
  env.useCustomCache = true;
  env.customCache = createHubCache(path.join(settings.cacheFolder, 'hub'));
  if (settings.hubHost !== undefined) env.remoteHost = settings.hubHost;
}

async function loadFiles(
  library: Library,
  model: EmbeddingModel,
  { name, parent }: Place,
  session: { failure: unknown },
) {
  try {
    return await Promise.all([
      library.AutoTokenizer.from_pretrained(name),
      library.AutoModel.from_pretrained(name, { quantized: model.quantization === 'int8' }),
    ]);
  } catch (cause) {
    if (session.failure !== undefined) {
      throw new AppError(
        'model_damaged',
        `onnxruntime cannot load ${path.posix.join(parent ?? '', name, onnxPath(model.quantization))}: ` +
          `${messageOf(session.failure)}. The file is damaged, or made for a newer onnxruntime than 1.14.`,
        { cause },
      );
    }
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
