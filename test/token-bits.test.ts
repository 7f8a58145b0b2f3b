import { describe, expect, it } from 'vitest';
import { packTokenBits, tokenRowBytes } from '../src/token-bits.ts';

describe('token bits', () => {
  it('have rows of whole 128-bit vectors', () => {
    expect([1, 128, 129, 384, 768].map(tokenRowBytes)).toEqual([16, 16, 32, 48, 96]);
  });

  it.each([384, 256, 100, 13, 1])('say which entries are above 0, in %i dimensions', (dimensions) => {
    const tokens = 7;
    const values = Float32Array.from({ length: tokens * dimensions }, (_, at) => Math.sin(at * 1.7));
    const rows = [5, 0, 6];
    const packed = packTokenBits(values, dimensions, rows);
    const rowBytes = tokenRowBytes(dimensions);
    expect(packed).toHaveLength(rows.length * rowBytes);
    for (const [at, row] of rows.entries()) {
      const bits = Array.from(
        { length: rowBytes * 8 },
        (_, i) => ((packed[at * rowBytes + (i >> 3)] ?? 0) >> (i & 7)) & 1,
      );
      const expected = bits.map((_, i) =>
        i < dimensions && (values[row * dimensions + i] ?? 0) > 0 ? 1 : 0,
      );
      expect(bits).toEqual(expected);
    }
  });

  it('are 0 for both zeros, and right for the smallest and largest numbers', () => {
    const values = [0, -0, 1e-45, -1e-45, 3e38, -3e38, Infinity, -Infinity];
    expect(packTokenBits(Float32Array.from(values), 8, [0])[0]).toBe(0b01010100);
  });

  it('are those of a matrix that is a part of a larger buffer', () => {
    const values = new Float32Array(Float32Array.of(9, 9, -1, 1).buffer, 8, 2);
    expect(packTokenBits(values, 2, [0])[0]).toBe(0b10);
  });

  it('are empty without rows', () => {
    expect(packTokenBits(new Float32Array(384), 384, [])).toEqual(new Uint8Array());
  });
});
