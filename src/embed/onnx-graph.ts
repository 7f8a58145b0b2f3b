import type { onnx } from 'onnx-proto';

/** ONNX's own operators, as onnxruntime 1.14 knows them. */
const ONNX_OPSET = 14;
/** File-format version 7 goes with opset 14. */
const IR_VERSION = 7;
/** onnxruntime's fused transformer operators, its "contrib" operators. */
export const FUSED_DOMAIN = 'com.microsoft';

type TensorType = 'float' | 'int8' | 'int64';

/** `TensorProto.DataType` of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
export const DATA_TYPES = { float: 1, int8: 3, int32: 6, int64: 7 } as const;
/** `AttributeProto.AttributeType` of the same. */
const ATTRIBUTE_TYPES = { float: 1, int: 2 } as const;

/** A whole number becomes an int attribute, a `{ float }` a float attribute: JavaScript cannot tell 1 from 1.0. */
type Attribute = number | { float: number };

interface NodeOptions {
  domain?: string;
  attributes?: Record<string, Attribute>;
  /** How many outputs the operator names; only the first is used. Default 1. */
  outputs?: number;
}

/** Collects the nodes and constants of one ONNX graph. Values are named by strings; '' is an absent input. */
export interface GraphBuilder {
  /** Adds a constant and returns its name. A shape of `[]` is a scalar. */
  constant(name: string, values: Float32Array | Int8Array | BigInt64Array, shape: readonly number[]): string;
  /** Adds a node and returns the names of its outputs. */
  nodes(operator: string, inputs: readonly string[], options?: NodeOptions): string[];
  /** Adds a node and returns the name of its first output. */
  node(operator: string, inputs: readonly string[], options?: NodeOptions): string;
  /** The finished model file. `null` dimensions are free. */
  encode(inputs: readonly GraphValue[], output: GraphValue & { from: string }): Promise<Uint8Array>;
}

export interface GraphValue {
  name: string;
  type: TensorType;
  /** Number: fixed. String: a free dimension of that name. */
  shape: readonly (number | string)[];
}

/** An empty graph named `name`, to be written in the ONNX format (https://onnx.ai/onnx/repo-docs/IR.html). */
export function createGraphBuilder(name: string): GraphBuilder {
  const nodes: onnx.INodeProto[] = [];
  const initializer: onnx.ITensorProto[] = [];

  const addNodes: GraphBuilder['nodes'] = (operator, inputs, options = {}) => {
    const base = `${operator}_${nodes.length}`;
    const output = Array.from({ length: options.outputs ?? 1 }, (_, i) => `${base}:${i}`);
    nodes.push({
      name: base,
      opType: operator,
      domain: options.domain ?? '',
      input: [...inputs],
      output,
      attribute: Object.entries(options.attributes ?? {}).map(attributeProto),
    });
    return output;
  };

  return {
    constant(constantName, values, shape) {
      initializer.push({
        name: constantName,
        dims: [...shape],
        dataType: DATA_TYPES[typeOf(values)],
        rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      });
      return constantName;
    },
    nodes: addNodes,
    node: (operator, inputs, options) => addNodes(operator, inputs, options)[0] as string,
    async encode(inputs, output) {
      // Loaded only here: a start with a prepared model does without the protobuf library.
      const { default: proto } = await import('onnx-proto');
      nodes.push({ name: output.name, opType: 'Identity', input: [output.from], output: [output.name] });
      const model = proto.onnx.ModelProto.create({
        irVersion: IR_VERSION,
        producerName: 'paperwise',
        opsetImport: [
          { domain: '', version: ONNX_OPSET },
          { domain: FUSED_DOMAIN, version: 1 },
        ],
        graph: {
          name,
          node: nodes,
          initializer,
          input: inputs.map(valueInfo),
          output: [valueInfo(output)],
        },
      });
      return proto.onnx.ModelProto.encode(model).finish();
    },
  };
}

function typeOf(values: Float32Array | Int8Array | BigInt64Array): TensorType {
  if (values instanceof Float32Array) return 'float';
  return values instanceof Int8Array ? 'int8' : 'int64';
}

function attributeProto([name, value]: [string, Attribute]): onnx.IAttributeProto {
  return typeof value === 'number'
    ? { name, type: ATTRIBUTE_TYPES.int, i: value }
    : { name, type: ATTRIBUTE_TYPES.float, f: value.float };
}

function valueInfo({ name, type, shape }: GraphValue): onnx.IValueInfoProto {
  const dim = shape.map((n) => (typeof n === 'number' ? { dimValue: n } : { dimParam: n }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[type], shape: { dim } } } };
}
