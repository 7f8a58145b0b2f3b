import { expect, it } from 'vitest';
import { createOnce, createSharedRuns } from '../src/shared-runs.ts';

it('gives each caller a run that began after it asked, and shares it', async () => {
  const ends: (() => void)[] = [];
  let begun = 0;
  const runs = createSharedRuns(() => {
    begun++;
    return new Promise((resolve) => ends.push(resolve));
  });
  const first = runs.run();
  const others = [runs.run(), runs.run()];
  expect(begun).toBe(1);
  ends[0]?.();
  await first;
  others.push(runs.run());
  await Promise.resolve();
  expect(begun).toBe(2);
  ends[1]?.();
  await Promise.all(others);
  await runs.settled();
  expect(begun).toBe(2);
});

it('goes on after a run that failed, which fails only those who waited for it', async () => {
  let fails = true;
  const runs = createSharedRuns(async () => {
    if (fails) throw new Error('once');
  });
  const first = runs.run();
  const second = runs.run();
  await expect(first).rejects.toThrow('once');
  await expect(second).rejects.toThrow('once');
  fails = false;
  await runs.run();
  await runs.settled();
});

it('does a work once, and again only after it failed', async () => {
  let begun = 0;
  let fails = true;
  const once = createOnce(async () => {
    begun++;
    if (fails) throw new Error('not yet');
  });
  expect(await once.isDone()).toBe(false);
  const asked = [once.run(), once.run()];
  for (const run of asked) await expect(run).rejects.toThrow('not yet');
  expect([begun, await once.isDone()]).toEqual([1, false]);
  fails = false;
  await Promise.all([once.run(), once.run()]);
  await once.run();
  expect([begun, await once.isDone()]).toEqual([2, true]);
});
