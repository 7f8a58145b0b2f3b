import type { PreTrainedTokenizer, Tensor } from '@xenova/transformers';
import { AppError } from '../errors.ts';
import { MOST_TOKEN_ROWS, packTokenBits } from '../token-bits.ts';
import { type Embedding, normalized } from '../vector.ts';
import { createContentTokens } from './content-tokens.ts';
import type { EmbeddingModel, QueryEmbedding } from './embedder.ts';
import type { TextKind } from './messages.ts';
import { createTokenIds } from './token-ids.ts';

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
  const tokenIds = createTokenIds(tokenizer);
  const contentTokens = createContentTokens(tokenizer);
  const openings = {
    query: tokenIds.startOf(model.queryPrefix),
    passages: tokenIds.startOf(model.passagePrefix),
  };
  return async (text, kind) => {
    const ids = tokenIds(text, model.maxTokens);
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
    for (let row = dimensions; row < states.length; row += dimensions) {
      for (let i = 0; i < dimensions; i++) sum[i] = (sum[i] as number) + (states[row + i] as number);
    }
  }
  // Normalising makes the division by the number of tokens superfluous.
  return normalized(sum);
}
