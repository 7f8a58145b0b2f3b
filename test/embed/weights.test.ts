import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantizeColumns, quantizeRows } from '../../src/embed/quantize.ts';
import { floatOfHalf, readSafetensors } from '../../src/embed/safetensors.ts';

/** A safetensors file of the given tensors, with its values as they are. */
function safetensors(header: object, values: Uint8Array): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, values]);
}

const damaged = (message: RegExp) =>
  expect.objectContaining({ code: 'model_damaged', message: expect.stringMatching(message) });

describe('readSafetensors', () => {
  const floats = new Uint8Array(Float32Array.of(1.5, -2).buffer);
  const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x7bff).buffer);
  const header = {
    __metadata__: { format: 'pt' },
    floats: { dtype: 'F32', shape: [2, 1], data_offsets: [0, 8] },
    halves: { dtype: 'F16', shape: [3], data_offsets: [8, 14] },
    whole: { dtype: 'I64', shape: [1], data_offsets: [0, 8] },
    short: { dtype: 'F32', shape: [3], data_offsets: [0, 8] },
  };
  const tensor = readSafetensors(safetensors(header, Buffer.concat([floats, halves])), 'w.safetensors');

  it('reads float32 and float16 tensors, aligned or not', () => {
    expect(tensor('floats')).toEqual({ shape: [2, 1], values: Float32Array.of(1.5, -2) });
    expect(tensor('halves')).toEqual({ shape: [3], values: Float32Array.of(1, -2, 65_504) });
  });

  it('refuses absent, other and incomplete tensors, naming the file', () => {
    expect(() => tensor('absent')).toThrow(damaged(/w\.safetensors has no tensor "absent"/));
    expect(() => tensor('whole')).toThrow(damaged(/I64/));
    expect(() => tensor('short')).toThrow(damaged(/8 bytes of "short"; expected 12/));
  });

  it('refuses a file without a readable header', () => {
    const longHeader = Buffer.from([255, 0, 0, 0, 0, 0, 0, 0, 1]);
    const noJson = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1]);
    for (const bytes of [Buffer.of(1), longHeader, noJson]) {
      expect(() => readSafetensors(bytes, 'w.safetensors')).toThrow(damaged(/header/));
    }
  });
});

it('knows the half-precision numbers', () => {
  const known: [number, number][] = [
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0xfbff, -65_504],
    [0x7c00, Number.POSITIVE_INFINITY],
  ];
  for (const [bits, value] of known) expect(floatOfHalf(bits)).toBe(value);
  expect(floatOfHalf(0x7e00)).toBeNaN();
});

it('quantises to within half a step of each column or row, and never beyond the limit', () => {
  const columns = 4;
  const matrices = fc
    .array(
      fc.tuple(...Array.from({ length: columns }, () => fc.float({ min: -100, max: 100, noNaN: true }))),
      {
        minLength: 1,
        maxLength: 20,
      },
    )
    .map((rows) => Float32Array.from(rows.flat()));
  fc.assert(
    fc.property(matrices, fc.constantFrom(64, 127), (matrix, limit) => {
      const byColumn = quantizeColumns(matrix, columns, limit);
      const byRow = quantizeRows(matrix, columns, limit);
      for (const [i, value] of matrix.entries()) {
        for (const [{ values, scales }, at] of [
          [byColumn, i % columns],
          [byRow, Math.floor(i / columns)],
        ] as const) {
          const [whole = 0, scale = 0] = [values[i], scales[at]];
          expect(Math.abs(whole)).toBeLessThanOrEqual(limit);
          expect(Math.abs(whole * scale - value)).toBeLessThanOrEqual(scale * 0.501 + 1e-30);
        }
      }
    }),
  );
});
