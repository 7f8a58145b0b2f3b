import { AppError } from '../errors.ts';

/** One tensor of a safetensors file: its shape, outermost dimension first, and its values as float32. */
export interface WeightTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface TensorEntry {
  dtype: string;
  shape: number[];
  /** First byte and the byte after the last, counted from the end of the header. */
  data_offsets: [number, number];
}

const HEADER_LENGTH_BYTES = 8;

/**
 * Reads tensors by name from a safetensors file (an 8-byte little-endian header length, a JSON header, raw values:
 * https://huggingface.co/docs/safetensors). Values are converted to float32 when they are asked for, so that only
 * one tensor is held twice.
 *
 * @returns a function from a tensor's name to the tensor; it throws `model_damaged` for an absent or unusable one.
 */
export function readSafetensors(file: Uint8Array, fileName: string): (name: string) => WeightTensor {
  const { entries, dataStart } = readHeader(file, fileName);
  return (name) => {
    const entry = entries[name];
    if (!entry) throw damaged(fileName, `has no tensor "${name}"`);
    const [start, end] = entry.data_offsets;
    const bytes = file.subarray(dataStart + start, dataStart + end);
    const count = entry.shape.reduce((product, n) => product * n, 1);
    if (entry.dtype !== 'F16' && entry.dtype !== 'F32') {
      throw damaged(fileName, `holds "${name}" as ${entry.dtype}; expected F16 or F32`);
    }
    const width = entry.dtype === 'F16' ? 2 : 4;
    if (bytes.byteLength !== count * width) {
      throw damaged(fileName, `holds ${bytes.byteLength} bytes of "${name}"; expected ${count * width}`);
    }
    return { shape: entry.shape, values: width === 2 ? floatsOfHalves(bytes) : floatsOfBytes(bytes) };
  };
}

function readHeader(
  file: Uint8Array,
  fileName: string,
): { entries: Record<string, TensorEntry | undefined>; dataStart: number } {
  if (file.byteLength < HEADER_LENGTH_BYTES) throw damaged(fileName, 'is shorter than its header');
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const dataStart = HEADER_LENGTH_BYTES + Number(view.getBigUint64(0, true));
  if (dataStart > file.byteLength) throw damaged(fileName, 'is shorter than its header');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      file.subarray(HEADER_LENGTH_BYTES, dataStart),
    );
    return { entries: JSON.parse(text), dataStart };
  } catch (cause) {
    throw damaged(fileName, 'has an unreadable header', cause);
  }
}

function damaged(fileName: string, what: string, cause?: unknown): AppError {
  return new AppError('model_damaged', `The weights file ${fileName} ${what}.`, { cause });
}

function floatsOfBytes(bytes: Uint8Array): Float32Array {
  // Copied, because a Float32Array must begin at a multiple of 4 bytes.
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** All 65,536 half-precision numbers as float32; made at the first use. */
let halfTable: Float32Array | undefined;

function floatsOfHalves(bytes: Uint8Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 0x10000 }, (_, bits) => floatOfHalf(bits));
  const halves = new Uint16Array(new Uint8Array(bytes).buffer);
  const floats = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) floats[i] = halfTable[halves[i] as number] as number;
  return floats;
}

/** IEEE 754 binary16: 1 sign bit, 5 bits of exponent (bias 15), 10 bits of fraction. */
export function floatOfHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
