import path from 'node:path';
import { AppError } from '../errors.ts';
import type { EmbeddingModel } from './embedder.ts';

/** Where a model's files come from: the installed package, a folder in the hub's layout, or the hub. */
export type ModelSource =
  | { kind: 'package' }
  | { kind: 'folder'; folder: string }
  | { kind: 'hub'; id: string };

/** What a user may say about the model. Everything but unknown models' dimensions has a default. */
export interface ModelOptions {
  /** A known name (`bge-small-en-v1.5`), a hub id (`owner/name`), or a folder (`/models/x`, `./x`). */
  name?: string | undefined;
  /** The id to report and to fingerprint, when it should differ from what `name` implies. */
  id?: string | undefined;
  dimensions?: number | undefined;
  pooling?: 'mean' | 'cls' | undefined;
  queryPrefix?: string | undefined;
  passagePrefix?: string | undefined;
  maxTokens?: number | undefined;
  quantization?: 'int8' | 'fp32' | undefined;
}

export interface DescribedModel {
  model: EmbeddingModel;
  source: ModelSource;
}

interface KnownModel extends Omit<EmbeddingModel, 'quantization'> {
  /** The hub's repository with ONNX files, when it is not `id`. */
  hubId?: string;
}

export const DEFAULT_MODEL = 'all-MiniLM-L6-v2';

/** BGE's and Arctic's instruction for short queries, from their model cards. Passages take none. */
const SEARCH_INSTRUCTION = 'Represent this sentence for searching relevant passages: ';

/** For a model about which nothing is known: BERT's position table ends here. */
const USUAL_MAX_TOKENS = 512;

const bertSized = { dimensions: 384, maxTokens: USUAL_MAX_TOKENS, queryPrefix: '', passagePrefix: '' };

/** Pooling, prefixes and lengths as on each model's card. */
export const KNOWN_MODELS: Readonly<Record<string, KnownModel>> = {
  'all-MiniLM-L6-v2': {
    ...bertSized,
    id: 'sentence-transformers/all-MiniLM-L6-v2',
    pooling: 'mean',
    maxTokens: 256,
    hubId: 'Xenova/all-MiniLM-L6-v2',
  },
  'bge-small-en-v1.5': {
    ...bertSized,
    id: 'Xenova/bge-small-en-v1.5',
    pooling: 'cls',
    queryPrefix: SEARCH_INSTRUCTION,
  },
  'gte-small': { ...bertSized, id: 'Xenova/gte-small', pooling: 'mean' },
  'e5-small-v2': {
    ...bertSized,
    id: 'Xenova/e5-small-v2',
    pooling: 'mean',
    queryPrefix: 'query: ',
    passagePrefix: 'passage: ',
  },
  'snowflake-arctic-embed-xs': {
    ...bertSized,
    id: 'Snowflake/snowflake-arctic-embed-xs',
    pooling: 'cls',
    queryPrefix: SEARCH_INSTRUCTION,
  },
  'snowflake-arctic-embed-s': {
    ...bertSized,
    id: 'Snowflake/snowflake-arctic-embed-s',
    pooling: 'cls',
    queryPrefix: SEARCH_INSTRUCTION,
  },
  // It reads up to 8,192 tokens, but few abstracts have more than 512, and time grows faster than length. The hub's
  // ONNX files may be newer than onnxruntime 1.14 reads, and split: then it needs a folder with one file of opset 18
  // or older.
  'granite-embedding-small-english-r2': {
    ...bertSized,
    id: 'onnx-community/granite-embedding-small-english-r2-ONNX',
    pooling: 'cls',
  },
};

/**
 * The full description of a model, and where it comes from: what is known about `options.name`, overridden by the
 * other options. A folder named like a known model is taken for that model.
 *
 * @throws AppError `config_invalid` for a name that is none of the three kinds, and for an unknown model without
 * `dimensions`.
 */
export function describeModel(options: ModelOptions = {}): DescribedModel {
  const name = options.name ?? DEFAULT_MODEL;
  const { known, source, id } = resolveName(name);
  const dimensions = options.dimensions ?? known?.dimensions;
  if (dimensions === undefined) {
    throw new AppError(
      'config_invalid',
      `The model "${name}" is not a known one, so its number of dimensions must be set (and, where they differ ` +
        `from mean pooling, ${USUAL_MAX_TOKENS} tokens and no prefixes, its pooling, maximum tokens and prefixes). ` +
        `Known models: ${Object.keys(KNOWN_MODELS).join(', ')}.`,
    );
  }
  const model: EmbeddingModel = {
    id: options.id ?? id,
    dimensions,
    pooling: options.pooling ?? known?.pooling ?? 'mean',
    maxTokens: options.maxTokens ?? known?.maxTokens ?? USUAL_MAX_TOKENS,
    queryPrefix: options.queryPrefix ?? known?.queryPrefix ?? '',
    passagePrefix: options.passagePrefix ?? known?.passagePrefix ?? '',
    quantization: options.quantization ?? 'int8',
  };
  return { model, source };
}

function resolveName(name: string): { known: KnownModel | undefined; source: ModelSource; id: string } {
  if (path.isAbsolute(name) || /^\.\.?([\\/]|$)/.test(name)) {
    const folder = path.resolve(name);
    const base = path.basename(folder);
    return { known: KNOWN_MODELS[base], source: { kind: 'folder', folder }, id: base };
  }
  const models = Object.entries(KNOWN_MODELS);
  const [knownName, known] = models.find(([key, { id }]) => key === name || id === name) ?? [];
  if (knownName === DEFAULT_MODEL && known) return { known, source: { kind: 'package' }, id: known.id };
  if (known) return { known, source: { kind: 'hub', id: known.hubId ?? known.id }, id: known.id };
  // The default model's ONNX files on the hub, by their own id.
  const onHub = models.find(([, { hubId }]) => hubId === name)?.[1];
  if (/^[\w.-]+\/[\w.-]+$/.test(name)) return { known: onHub, source: { kind: 'hub', id: name }, id: name };
  throw new AppError(
    'config_invalid',
    `Expected a model's name (${Object.keys(KNOWN_MODELS).join(', ')}), a hub id such as owner/name, or a folder ` +
      `that begins with / or ./; got "${name}".`,
  );
}
