import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { item } from '../contracts/paper-store.ts';
import { record } from '../fixtures/papers.ts';
import { facts, filter, openTwice, truth } from './random-filters.ts';

describe('the keys of a filter', () => {
  it('are those of the papers that pass, through changes by this and by another connection', async () => {
    const id = fc.integer({ min: 0, max: 12 }).map((number) => `paper-${number}`);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ by: fc.nat(1), put: fc.record({ id, facts }) }) },
      { weight: 1, arbitrary: fc.record({ by: fc.nat(1), remove: id }) },
    );
    const filters = fc.array(filter, { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), filters, async (steps, asked) => {
        const stores = openTwice();
        for (const wanted of steps) {
          const store = stores[wanted.by as 0 | 1];
          if ('remove' in wanted) await store.removePapers([wanted.remove]);
          else
            await store.commitBatch([item(record({ id: wanted.put.id, ...wanted.put.facts }))], {
              replace: true,
            });
          for (const one of asked) {
            const keys = await truth(stores[0], one);
            for (const either of stores) {
              expect(await either.matchingKeys(one)).toEqual(keys);
              expect(await either.matchingKeys({ ...one, excludedKeys: [1] })).toEqual(keys);
            }
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('are fresh after upvotes alone have changed, in either connection', async () => {
    const [one, other] = openTwice();
    await one.commitBatch([item(record({ id: 'a', upvotes: 3 })), item(record({ id: 'b', upvotes: 8 }))]);
    const [a, b] = [(await one.paperById('a'))?.key, (await one.paperById('b'))?.key];
    const popular = () => Promise.all([one, other].map((store) => store.matchingKeys({ minUpvotes: 5 })));
    expect(await popular()).toEqual([[b], [b]]);
    const revision = await one.latestRevision();
    await one.commitBatch([item(record({ id: 'a', upvotes: 6 }))]);
    expect(await popular()).toEqual([
      [a, b],
      [a, b],
    ]);
    await other.commitBatch([item(record({ id: 'b', upvotes: 1 }))]);
    expect(await popular()).toEqual([[a], [a]]);
    // Nothing that the index follows has changed.
    expect(await one.latestRevision()).toBe(revision);
  });

  it('are resolved once while nothing changes', async () => {
    const [one] = openTwice();
    await one.commitBatch([item(record({ id: 'a', upvotes: 3 })), item(record({ id: 'b' }))]);
    const first = await one.matchingKeys({ minUpvotes: 1, sources: ['test'] });
    expect(await one.matchingKeys({ sources: ['test'], minUpvotes: 1 })).toBe(first);
    await one.removePapers(['b']);
    expect(await one.matchingKeys({ minUpvotes: 1, sources: ['test'] })).not.toBe(first);
  });
});
