/**
 * Writes small WebAssembly modules at start-up: no build step, no binary in the repository, and kernels that read
 * as the instructions they are. Only what the kernels need is here; https://webassembly.github.io/spec/core/binary/
 * has the rest.
 */

// What Node has of https://webassembly.github.io/spec/js-api/ and its types lack.
declare global {
  namespace WebAssembly {
    /** `Buffer` is `SharedArrayBuffer` of a memory that is made `shared`, which demands a maximum. */
    class Memory<Buffer extends ArrayBufferLike = ArrayBuffer> {
      constructor(size: { initial: number; maximum?: number; shared?: boolean });
      readonly buffer: Buffer;
      /** Adds pages; the buffer from before is detached, or, of a shared memory, stays as long as it was. */
      grow(pages: number): number;
    }
    class Module {
      constructor(bytes: Uint8Array);
    }
    /** `Exports` are what the module is known to have: nobody checks them. */
    class Instance<Exports> {
      constructor(module: Module, imports: { env: { memory: Memory<ArrayBufferLike> } });
      readonly exports: Exports;
    }
  }
}

export const WASM_PAGE_BYTES = 65_536;

/** A piece of a function's body: bytes, in any nesting. */
export type Code = number | readonly Code[];

/** A function that takes and returns 32-bit integers only, and is exported under its name. */
export interface WasmFunction {
  name: string;
  /** How many parameters; they are the locals from 0. None is returned. */
  params: number;
  /** Locals after the parameters: first these many integers, then these many vectors of 128 bits. */
  integers: number;
  vectors: number;
  body: Code;
}

const VOID = 0x40;
const I32 = 0x7f;
const V128 = 0x7b;

/** The most that a memory can hold: 4 GiB. */
export const WASM_MOST_PAGES = 65_536;

/**
 * The bytes of a module that imports the memory `env.memory`; a `shared` one must be of `WASM_MOST_PAGES` at most.
 * `new WebAssembly.Module` throws for a wrong body.
 */
export function wasmModule(
  functions: readonly WasmFunction[],
  { shared = false }: { shared?: boolean } = {},
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ params }) => [0x60, list(Array<Code>(params).fill(I32)), list([])]);
  const bodies = functions.map(({ integers, vectors, body }) => {
    const locals = list([
      [unsigned(integers), I32],
      [unsigned(vectors), V128],
    ]);
    return sized([locals, body, 0x0b]);
  });
  const [importMemory, exportFunction] = [0x02, 0x00];
  const limits: Code = shared ? [0x03, unsigned(0), unsigned(WASM_MOST_PAGES)] : [0x00, unsigned(0)];
  return Uint8Array.from(
    flat([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, list(types)),
      section(2, list([[name('env'), name('memory'), importMemory, limits]])),
      section(3, list(functions.map((_, at) => unsigned(at)))),
      section(7, list(functions.map((made, at) => [name(made.name), exportFunction, unsigned(at)]))),
      section(10, list(bodies)),
    ]),
  );
}

const section = (id: number, content: Code): Code => [id, sized(content)];
const list = (items: readonly Code[]): Code => [unsigned(items.length), items];
const name = (text: string): Code => sized([...Buffer.from(text)]);

function sized(content: Code): Code {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
}

function flat(code: Code): number[] {
  return typeof code === 'number' ? [code] : code.flatMap(flat);
}

/** LEB128 of an integer from 0 to 2^32 - 1. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, unsigned(value >>> 7)];
}

/** LEB128 of a signed 32-bit integer. */
function signed(value: number): Code {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, signed(value >> 7)];
}

export const get = (local: number): Code => [0x20, unsigned(local)];
export const set = (local: number, value: Code): Code => [value, 0x21, unsigned(local)];

/** Runs a body at least once, and again while `condition` is not 0. */
export const doWhile = (body: Code, condition: Code): Code => [
  [0x03, VOID],
  [body, condition, 0x0d, unsigned(0)],
  0x0b,
];

const plain = (opcode: number) => (a: Code, b: Code) => [a, b, opcode];
const simd = (opcode: number): Code => [0xfd, unsigned(opcode)];
const unary = (opcode: number) => (a: Code) => [a, simd(opcode)];
const binary = (opcode: number) => (a: Code, b: Code) => [a, b, simd(opcode)];
/** An alignment of 2^0: a promise to the engine, never a demand. */
const at = (offset: number): Code => [0, unsigned(offset)];

/** Instructions by their names in the specification. Addresses are in bytes; `offset` is added to them. */
export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  load: (address: Code, offset = 0): Code => [address, 0x28, at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x36, at(offset)],
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  ltU: plain(0x49),
};
export const f32 = {
  store: (address: Code, value: Code, offset = 0): Code => [address, value, 0x38, at(offset)],
  add: plain(0x92),
};
export const v128 = {
  load: (address: Code, offset = 0): Code => [address, simd(0x00), at(offset)],
  /** Eight signed bytes, each widened to 16 bits. */
  load8x8S: (address: Code, offset = 0): Code => [address, simd(0x01), at(offset)],
  load32Splat: (address: Code, offset = 0): Code => [address, simd(0x09), at(offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, simd(0x0b), at(offset)],
  zero: [simd(0x0c), Array<Code>(16).fill(0)] as Code,
  xor: binary(0x51),
};
export const f32x4 = {
  lane: (vector: Code, lane: number): Code => [vector, simd(0x1f), lane],
  add: binary(0xe4),
  sub: binary(0xe5),
  mul: binary(0xe6),
  convertI32x4S: unary(0xfa),
};
export const i8x16 = {
  popcnt: unary(0x62),
  add: binary(0x6e),
};
export const i16x8 = {
  splat: unary(0x10),
  mul: binary(0x95),
  /** Adds neighbours, as unsigned integers. */
  extaddPairwiseI8x16U: unary(0x7d),
  add: binary(0x8e),
};
export const i32x4 = {
  extendLowI16x8S: unary(0xa7),
  extendHighI16x8S: unary(0xa8),
  splat: unary(0x11),
  lane: (vector: Code, lane: number): Code => [vector, simd(0x1b), lane],
  add: binary(0xae),
  /** Products of signed 16-bit numbers, neighbours added. */
  dotI16x8S: binary(0xba),
  /** Adds neighbours, as unsigned integers. */
  extaddPairwiseI16x8U: unary(0x7f),
  minS: binary(0xb6),
};
