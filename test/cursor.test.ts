import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeCursor, shownOf, unshownHits } from '../src/cursor.ts';

const scope = ['a query'];
const page = (keys: readonly number[], cursor: string | null, limit: number, depth = 300) =>
  unshownHits(
    keys.map((key) => ({ key, alternates: [] })),
    shownOf(cursor, scope, depth),
    limit,
    { scope, depth },
  );

describe('a cursor of hits', () => {
  it('holds exactly the papers shown, whatever their keys', () => {
    const key = fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 48 }));
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 2, maxLength: 300 }), fc.nat(), (keys, n) => {
        const limit = 1 + (n % (keys.length - 1));
        const { nextCursor } = page(keys, null, limit);
        expect(shownOf(nextCursor, scope, 300)).toEqual(new Set(keys.slice(0, limit)));
      }),
    );
  });

  it('goes through a list that is dealt anew for each page without repeating a hit', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        (keys, limit) => {
          const seen: number[] = [];
          let cursor: string | null = null;
          do {
            const answer = page(
              [...keys].sort(() => (seen.length % 2 ? 1 : -1)),
              cursor,
              limit,
            );
            seen.push(...answer.page.map((hit) => hit.key));
            cursor = answer.nextCursor;
          } while (cursor);
          expect(seen.sort((a, b) => a - b)).toEqual([...keys].sort((a, b) => a - b));
        },
      ),
    );
  });

  it('ends at the depth', () => {
    const keys = Array.from({ length: 20 }, (_, at) => at + 1);
    const first = page(keys, null, 7, 10);
    const second = page(keys, first.nextCursor, 7, 10);
    expect([second.page.length, second.nextCursor]).toEqual([3, null]);
  });

  it('fits into a request at its longest', () => {
    const keys = Array.from({ length: 300 }, (_, at) => (at + 1) * 100_000_000);
    expect(page(keys, null, 299).nextCursor?.length).toBeLessThan(4_000);
  });

  it.each([5, 'not base64!', 'gA', '_____________w', null, ['AQ']])(
    'is refused when it holds %j',
    (position) => {
      expect(() => shownOf(encodeCursor(position, scope), scope, 300)).toThrow(
        expect.objectContaining({ code: 'invalid_input' }),
      );
    },
  );

  it('is refused when it holds more than can be shown', () => {
    const { nextCursor } = page([1, 2, 3, 4], null, 3);
    expect(() => shownOf(nextCursor, scope, 2)).toThrow(expect.objectContaining({ code: 'invalid_input' }));
  });
});
