import { createGraphBuilder, DATA_TYPES, FUSED_DOMAIN, type GraphBuilder } from './onnx-graph.ts';
import { LOOKUP_WEIGHT, quantizeColumns, quantizeRows, SAFE_WEIGHT } from './quantize.ts';
import type { WeightTensor } from './safetensors.ts';

/**
 * Raised whenever the graph gives other vectors, or another file, for the same weights: it is part of the prepared
 * folder's name and of the fingerprint.
 */
export const GRAPH_VERSION = 1;

/** The sizes of a BERT encoder, named as in its `config.json`. */
export interface BertConfig {
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  intermediate_size: number;
  layer_norm_eps: number;
}

interface Context {
  graph: GraphBuilder;
  weights: (name: string) => WeightTensor;
  config: BertConfig;
  quantization: 'int8' | 'fp32';
}

/**
 * The ONNX file of a BERT encoder (https://arxiv.org/abs/1810.04805, post-layer-norm, exact GELU), written with
 * onnxruntime's fused operators (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md).
 * Inputs `input_ids`, `attention_mask` and `token_type_ids`: int64 [batch, sequence]. Output `last_hidden_state`:
 * float32 [batch, sequence, hidden]. In int8, the layers' matrices are 7-bit with a scale per column, and inputs
 * are quantised as they come; the table of words is 8-bit with a scale per row; the rest stays float.
 *
 * A change here that alters vectors or files must raise `GRAPH_VERSION`.
 *
 * @param weights tensor by its name in the checkpoint; linear layers are stored [out, in].
 */
export function bertModel(
  weights: (name: string) => WeightTensor,
  config: BertConfig,
  quantization: 'int8' | 'fp32',
): Promise<Uint8Array> {
  const graph = createGraphBuilder('bert');
  const context: Context = { graph, weights, config, quantization };
  const mask = graph.node('Cast', ['attention_mask'], { attributes: { to: DATA_TYPES.int32 } });
  let hidden = embeddings(context);
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    hidden = encoderLayer(context, `encoder.layer.${layer}`, hidden, mask);
  }
  const perToken = ['batch', 'sequence'];
  return graph.encode(
    ['input_ids', 'attention_mask', 'token_type_ids'].map((name) => ({
      name,
      type: 'int64',
      shape: perToken,
    })),
    {
      name: 'last_hidden_state',
      type: 'float',
      shape: [...perToken, config.hidden_size],
      from: hidden,
    },
  );
}

/** Word + position + segment vectors, then layer normalisation: [batch, sequence, hidden]. */
function embeddings(context: Context): string {
  const { graph, weights, config } = context;
  const constant = (name: string) => floats(context, name);
  const segments = graph.node('Gather', [
    constant('embeddings.token_type_embeddings.weight'),
    'token_type_ids',
  ]);
  // Positions are 0, 1, 2, ...: the table's first `sequence` rows, the same for every text of the batch.
  const index = (name: string, value: number) => graph.constant(name, BigInt64Array.of(BigInt(value)), [1]);
  const shape = graph.node('Shape', ['input_ids']);
  const length = graph.node('Slice', [shape, index('one', 1), index('two', 2), index('axis', 0)]);
  const positions = graph.node('Slice', [
    constant('embeddings.position_embeddings.weight'),
    index('zero', 0),
    length,
    'axis',
  ]);
  const wordAndPosition = graph.node('Add', [wordVectors(context, weights), positions]);
  return graph.node(
    'SkipLayerNormalization',
    [
      wordAndPosition,
      segments,
      constant('embeddings.LayerNorm.weight'),
      constant('embeddings.LayerNorm.bias'),
    ],
    { domain: FUSED_DOMAIN, attributes: { epsilon: { float: config.layer_norm_eps } } },
  );
}

function wordVectors(context: Context, weights: Context['weights']): string {
  const { graph, config, quantization } = context;
  const name = 'embeddings.word_embeddings.weight';
  if (quantization === 'fp32') return graph.node('Gather', [floats(context, name), 'input_ids']);
  const { shape, values } = weights(name);
  const table = quantizeRows(values, config.hidden_size, LOOKUP_WEIGHT);
  const rows = graph.node('Gather', [graph.constant(name, table.values, shape), 'input_ids']);
  const scales = graph.node('Gather', [
    graph.constant(`${name}.scale`, table.scales, [table.scales.length, 1]),
    'input_ids',
  ]);
  return graph.node('Mul', [graph.node('Cast', [rows], { attributes: { to: DATA_TYPES.float } }), scales]);
}

/** Self-attention and the feed-forward block, each added to its input and normalised. */
function encoderLayer(context: Context, prefix: string, input: string, mask: string): string {
  const { graph, config } = context;
  const constant = (name: string) => floats(context, `${prefix}.${name}`);
  const addAndNormalize = (value: string, skip: string, block: string) =>
    graph.node(
      'SkipLayerNormalization',
      [
        value,
        skip,
        constant(`${block}.LayerNorm.weight`),
        constant(`${block}.LayerNorm.bias`),
        constant(`${block}.dense.bias`),
      ],
      { domain: FUSED_DOMAIN, attributes: { epsilon: { float: config.layer_norm_eps } } },
    );

  const attended = attention(context, `${prefix}.attention.self`, input, mask);
  const mixed = dense(context, `${prefix}.attention.output.dense.weight`, attended);
  const attentionOutput = addAndNormalize(mixed, input, 'attention.output');
  const widened = dense(context, `${prefix}.intermediate.dense.weight`, attentionOutput);
  const activated = graph.node('BiasGelu', [widened, constant('intermediate.dense.bias')], {
    domain: FUSED_DOMAIN,
  });
  const narrowed = dense(context, `${prefix}.output.dense.weight`, activated);
  return addAndNormalize(narrowed, attentionOutput, 'output');
}

/** Multi-head self-attention. The fused operator wants query, key and value side by side: [hidden, 3 * hidden]. */
function attention(
  { graph, weights, config, quantization }: Context,
  prefix: string,
  input: string,
  mask: string,
) {
  const size = config.hidden_size;
  const joined = new Float32Array(size * 3 * size);
  const bias = new Float32Array(3 * size);
  for (const [part, name] of ['query', 'key', 'value'].entries()) {
    const { values } = weights(`${prefix}.${name}.weight`);
    for (let out = 0; out < size; out++) {
      for (let i = 0; i < size; i++)
        joined[i * 3 * size + part * size + out] = values[out * size + i] as number;
    }
    bias.set(weights(`${prefix}.${name}.bias`).values, part * size);
  }
  const biasName = graph.constant(`${prefix}.bias`, bias, [3 * size]);
  const options = { domain: FUSED_DOMAIN, attributes: { num_heads: config.num_attention_heads } };
  const shape = [size, 3 * size];
  if (quantization === 'fp32') {
    const weight = graph.constant(`${prefix}.weight`, joined, shape);
    return graph.node('Attention', [input, weight, biasName, mask], options);
  }
  const { values, scales } = quantizeColumns(joined, 3 * size, SAFE_WEIGHT);
  const [whole, scale, zero] = graph.nodes('DynamicQuantizeLinear', [input], { outputs: 3 });
  return graph.node(
    'QAttention',
    [
      whole as string,
      graph.constant(`${prefix}.weight`, values, shape),
      biasName,
      scale as string,
      graph.constant(`${prefix}.scale`, scales, [3 * size]),
      mask,
      zero as string,
    ],
    options,
  );
}

/** A linear layer without its bias, which the operator after it adds. */
function dense({ graph, weights, quantization }: Context, name: string, input: string): string {
  const { shape, values } = weights(name);
  const [outSize, inSize] = shape as [number, number];
  const transposed = new Float32Array(values.length);
  for (let out = 0; out < outSize; out++) {
    for (let i = 0; i < inSize; i++) transposed[i * outSize + out] = values[out * inSize + i] as number;
  }
  if (quantization === 'fp32') {
    return graph.node('MatMul', [input, graph.constant(name, transposed, [inSize, outSize])]);
  }
  const matrix = quantizeColumns(transposed, outSize, SAFE_WEIGHT);
  return graph.node(
    'DynamicQuantizeMatMul',
    [
      input,
      graph.constant(name, matrix.values, [inSize, outSize]),
      graph.constant(`${name}.scale`, matrix.scales, [outSize]),
    ],
    { domain: FUSED_DOMAIN },
  );
}

function floats({ graph, weights }: Context, name: string): string {
  const { shape, values } = weights(name);
  return graph.constant(name, values, shape);
}
