import type { PreTrainedTokenizer, Tensor } from '@xenova/transformers';
import { AppError } from '../errors.ts';
import { MOST_TOKEN_ROWS, packTokenBits } from '../token-bits.ts';
import { type Embedding, normalized } from '../vector.ts';
import { createContentTokens } from './content-tokens.ts';
import type { EmbeddingModel, QueryEmbedding } from './embedder.ts';
import type { TextKind } from './messages.ts';

/** Embeds one text, prefix included. Throws `model_failed`. */
export type EmbedText = (text: string, kind: TextKind) => Promise<QueryEmbedding>;

/** A tensor as the model returns it: values in row-major order. */
interface OutputTensor {
  dims: number[];
  data: unknown;
}

/**
 * Tokenises, runs the model on one text at a time (so nothing is padded), pools and normalises.
 *
 * @throws (the returned function) AppError `config_invalid` when the model's vectors have other dimensions than
 * described; `model_failed` for an output that cannot be used.
 */
export function createEmbedText(
  library: Pick<typeof import('@xenova/transformers'), 'Tensor'>,
  model: EmbeddingModel,
  tokenizer: PreTrainedTokenizer,
  network: (inputs: Record<string, Tensor>) => Promise<Record<string, OutputTensor | undefined>>,
): EmbedText {
  const closing = closingTokens(tokenizer);
  const contentTokens = createContentTokens(tokenizer);
  const opening = (prefix: string) => {
    const ids = tokenIds(tokenizer, prefix);
    return ids.slice(0, ids.length - closing.length);
  };
  const openings = { query: opening(model.queryPrefix), passages: opening(model.passagePrefix) };
  return async (text, kind) => {
    const ids = truncated(tokenIds(tokenizer, text), model.maxTokens, closing);
    const tensor = (values: BigInt64Array) => new library.Tensor('int64', values, [1, ids.length]);
    // The library passes on what the model takes; some models have no token types.
    const outputs = await network({
      input_ids: tensor(BigInt64Array.from(ids, BigInt)),
      attention_mask: tensor(new BigInt64Array(ids.length).fill(1n)),
      token_type_ids: tensor(new BigInt64Array(ids.length)),
    });
    const states = hiddenStates(outputs, model);
    const { rows, words } = contentTokens(ids, sharedStart(ids, openings[kind]));
    return {
      embedding: pooled(states, model),
      tokens: packTokenBits(states, model.dimensions, rows.slice(0, MOST_TOKEN_ROWS)),
      words: words.slice(0, MOST_TOKEN_ROWS),
    };
  };
}

/** All tokens of a text with the special ones around it, of any number. */
function tokenIds(tokenizer: PreTrainedTokenizer, text: string): number[] {
  return tokenizer(text, { return_tensor: false, truncation: false }).input_ids;
}

/** The special tokens that end every text, such as `[SEP]`: what the encodings of two different texts end in. */
function closingTokens(tokenizer: PreTrainedTokenizer): number[] {
  const empty = tokenIds(tokenizer, '');
  const letter = tokenIds(tokenizer, 'a');
  let count = 0;
  while (count < empty.length && empty.at(-1 - count) === letter.at(-1 - count)) count++;
  return empty.slice(empty.length - count);
}

/** The first `maxTokens` tokens, still ending as the model was trained to see: the library would cut `[SEP]` off. */
export function truncated(ids: number[], maxTokens: number, closing: readonly number[]): number[] {
  if (ids.length <= maxTokens) return ids;
  return [...ids.slice(0, maxTokens - closing.length), ...closing];
}

/** How many tokens two texts begin with alike. */
function sharedStart(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((id, i) => id !== b[i]);
  return at < 0 ? a.length : at;
}

/** The last hidden states of all tokens, row-major [tokens, dimensions]. */
function hiddenStates(
  outputs: Record<string, OutputTensor | undefined>,
  model: EmbeddingModel,
): Float32Array {
  const output = outputs.last_hidden_state ?? outputs.token_embeddings;
  const [batch, tokens, dimensions] = output?.dims ?? [];
  if (!(output?.data instanceof Float32Array) || batch !== 1 || !tokens || !dimensions) {
    throw new AppError(
      'model_failed',
      `The model ${model.id} gives ${Object.keys(outputs).join(', ')}; expected last_hidden_state, float32 ` +
        '[1, tokens, dimensions].',
    );
  }
  if (dimensions !== model.dimensions) {
    throw new AppError(
      'config_invalid',
      `The model ${model.id} gives vectors of ${dimensions} dimensions, but ${model.dimensions} are configured.`,
    );
  }
  return output.data;
}

/** One vector from the vectors of all tokens: their mean (all count, none is padding) or the first one's. */
function pooled(states: Float32Array, { dimensions, pooling }: EmbeddingModel): Embedding {
  const sum = states.slice(0, dimensions);
  if (pooling === 'mean') {
    for (let i = dimensions; i < states.length; i++) {
      sum[i % dimensions] = (sum[i % dimensions] as number) + (states[i] as number);
    }
  }
  // Normalising makes the division by the number of tokens superfluous.
  return normalized(sum);
}
