import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteStreams, PAGE_BYTES } from '../../src/lexical/byte-streams.ts';
import { createStringTable } from '../../src/lexical/string-table.ts';

/** The numbers in the bytes of a stream. */
function numbersOf(bytes: Uint8Array): number[] {
  const numbers: number[] = [];
  let value = 0;
  let unit = 1;
  for (const byte of bytes) {
    value += (byte & 127) * unit;
    unit *= 128;
    if (byte > 127) continue;
    numbers.push(value);
    value = 0;
    unit = 1;
  }
  return numbers;
}

describe('byte streams', () => {
  it('give back what was appended to each, however their growth was interleaved', () => {
    const appends = fc.array(fc.tuple(fc.nat(4), fc.oneof(fc.nat(200), fc.nat(2 ** 32 - 1))), {
      maxLength: 3_000,
    });
    fc.assert(
      fc.property(appends, (list) => {
        const streams = createByteStreams();
        const own = Array.from({ length: 5 }, () => {
          const first = streams.begin();
          return { first, next: first, numbers: [] as number[] };
        });
        for (const [at, number] of list) {
          const stream = own[at];
          if (!stream) continue;
          stream.next = streams.append(stream.next, number);
          stream.numbers.push(number);
        }
        for (const { first, next, numbers } of own) {
          const into = { bytes: new Uint8Array(1) };
          const length = streams.read(first, next, into, 0);
          expect(numbersOf(into.bytes.subarray(0, length))).toEqual(numbers);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('go on over pages, and after they were taken over', () => {
    let streams = createByteStreams();
    const first = streams.begin();
    let next = first;
    const count = 3 * PAGE_BYTES;
    for (let at = 0; at < count; at++) {
      next = streams.append(next, at % 128);
      if (at === count / 2) streams = createByteStreams(streams.data());
    }
    const into = { bytes: new Uint8Array(16) };
    expect(streams.read(first, next, into, 0)).toBe(count);
    expect(into.bytes.subarray(0, count).every((byte, at) => byte === at % 128)).toBe(true);
  });
});

describe('a table of strings', () => {
  it('numbers different strings in the order of their arrival, and finds them again', () => {
    const texts = fc.array(
      fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.constantFrom('a', 'b', '模型')),
      {
        maxLength: 3_000,
        size: 'max',
      },
    );
    fc.assert(
      fc.property(texts, (list) => {
        const table = createStringTable();
        const truth = [...new Set(list)];
        expect(list.map((text) => table.add(text))).toEqual(list.map((text) => truth.indexOf(text)));
        const taken = createStringTable(table.data());
        for (const known of [table, taken]) {
          expect(known.size).toBe(truth.length);
          expect(truth.map((text) => known.find(text))).toEqual(truth.map((_, at) => at));
          expect(truth.map((_, at) => known.text(at))).toEqual(truth);
          expect(known.find('not in it, as it is longer than any')).toBe(-1);
        }
        expect(taken.add('one more, longer than any')).toBe(truth.length);
      }),
      { numRuns: 30 },
    );
  });
});
