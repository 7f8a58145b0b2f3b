import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JoinEntry, type Joined, joinOnDisk } from '../../src/sources/disk-join.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

async function* stream(entries: readonly JoinEntry[]) {
  yield* entries;
}

async function joined(entries: readonly JoinEntry[], options: { folder: string; maxBytes: number }) {
  const pairs: Joined[] = [];
  for await (const pair of joinOnDisk(stream(entries), options)) pairs.push(pair);
  return pairs;
}

const inOrder = (pairs: Joined[]) => pairs.map(({ left, right }) => `${left} ${right}`).sort();

/** Scratch files that this process still has open; they have no names. Null where the system does not tell. */
function openScratchFiles(folder: string): number | null {
  if (process.platform !== 'linux') return null;
  const targets = readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(join('/proc/self/fd', fd))];
    } catch {
      return [];
    }
  });
  return targets.filter((target) => target.startsWith(folder)).length;
}

describe('a join on disk', () => {
  it('finds what a map in memory finds, whatever the order, also when parts are divided again and again', async () => {
    const folder = temporaryFolder();
    const key = fc.integer({ min: 0, max: 60 }).map(String);
    const entry: fc.Arbitrary<JoinEntry> = fc.record({
      side: fc.constantFrom('left', 'right'),
      key: fc.oneof(key, fc.constant('')),
      text: fc.string().map((text) => JSON.stringify(text)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 80 }),
        fc.constantFrom(0, 40, 1e6),
        async (entries, maxBytes) => {
          const rights = new Map<string, string>();
          for (const each of entries) if (each.side === 'right') rights.set(each.key, each.text);
          const expected = entries.flatMap(({ side, key: of, text }) =>
            side === 'left' ? [{ left: text, right: rights.get(of) ?? null }] : [],
          );
          expect(inOrder(await joined(entries, { folder, maxBytes }))).toEqual(inOrder(expected));
        },
      ),
      { numRuns: 25 },
    );
    expect(readdirSync(folder)).toEqual([]);
    expect(openScratchFiles(folder) ?? 0).toBe(0);
  });

  it('divides a large side among small parts', async () => {
    const entries = Array.from({ length: 20_000 }, (_, index): JoinEntry[] => [
      { side: 'left', key: String(index), text: `left ${index}` },
      { side: 'right', key: String(19_999 - index), text: `right ${19_999 - index} ${'x'.repeat(200)}` },
    ]).flat();
    const pairs = await joined(entries, { folder: temporaryFolder(), maxBytes: 20_000 });
    expect(pairs).toHaveLength(20_000);
    const isWrong = ({ left, right }: Joined) => !right?.startsWith(`${left.replace('left', 'right')} `);
    expect(pairs.filter(isWrong)).toEqual([]);
  });

  it('leaves nothing when its reader stops, or what it reads fails', async () => {
    const folder = temporaryFolder();
    const entries = Array.from(
      { length: 50 },
      (_, index): JoinEntry => ({ side: 'left', key: `${index}`, text: 'x' }),
    );
    for await (const _ of joinOnDisk(stream(entries), { folder, maxBytes: 0 })) {
      expect(readdirSync(folder)).toEqual([]);
      break;
    }
    async function* failing() {
      yield* entries;
      throw new Error('cut');
    }
    const read = async () => {
      for await (const _ of joinOnDisk(failing(), { folder, maxBytes: 0 }));
    };
    await expect(read()).rejects.toThrow('cut');
    expect(openScratchFiles(folder) ?? 0).toBe(0);
    await expect(joined(entries, { folder: join(folder, 'nowhere'), maxBytes: 0 })).rejects.toThrow('ENOENT');
  });
});
