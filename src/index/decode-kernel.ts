import { type Code, doWhile, f32x4, get, i16x8, i32, i32x4, set, v128, wasmModule } from '../wasm-module.ts';

/** Where, from the base of a thread's part of the memory on, the step of a row lies, as a float; its codes follow. */
export const STEP_AT = 0;
export const CODES_AT = 16;
/** Numbers of one turn of the loop. */
const TURN = 8;

export interface DecodeKernel {
  /** Writes (codes times `residualSteps`, and the residuals from `row` on, an address) times the step to `decodedAt`. */
  decode(row: number): void;
}

/** Where the floats of a decoded row lie, from the base of a thread's part on. */
export const decodedAt = (stride: number): number => CODES_AT + stride;

/** The numbers of a row from codes and residuals of 8 bits: whole numbers of 16 bits, made floats at the end. */
export function decodeKernelModule(
  stride: number,
  base: number,
  residualSteps: number,
): Uint8Array<ArrayBuffer> {
  const [row, codes, out, steps] = [0, 1, 2, 3];
  const floats = (half: Code) =>
    f32x4.mul(f32x4.convertI32x4S(half), v128.load32Splat(i32.const(base + STEP_AT)));
  const body: Code = [
    set(codes, i32.const(base + CODES_AT)),
    set(out, i32.const(base + decodedAt(stride))),
    doWhile(
      [
        set(
          steps,
          i16x8.add(
            i16x8.mul(v128.load8x8S(get(codes)), i16x8.splat(i32.const(residualSteps))),
            v128.load8x8S(get(row)),
          ),
        ),
        v128.store(get(out), floats(i32x4.extendLowI16x8S(get(steps)))),
        v128.store(get(out), floats(i32x4.extendHighI16x8S(get(steps))), 16),
        set(codes, i32.add(get(codes), i32.const(TURN))),
        set(row, i32.add(get(row), i32.const(TURN))),
        set(out, i32.add(get(out), i32.const(4 * TURN))),
      ],
      i32.ltU(get(codes), i32.const(base + CODES_AT + stride)),
    ),
  ];
  return wasmModule([{ name: 'decode', params: 1, integers: 2, vectors: 1, body }], { shared: true });
}
