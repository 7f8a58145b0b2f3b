import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadLexicalFile } from '../../src/lexical/lexical-file.ts';
import type { TextSource } from '../../src/lexical/lexical-index.ts';
import { createLocalLexicalIndex } from '../../src/lexical/local.ts';
import { termsFingerprint } from '../../src/word-fingerprints.ts';
import { createMemoryTextSource, type MemoryTextSource } from '../fixtures/memory-text-source.ts';
import { naiveSearch } from '../fixtures/naive-lexical.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const WORDS = 'graph neural network deep model protein galaxy market robot text pre-training survey'.split(
  ' ',
);
const QUERIES = [
  'graph',
  'neural network',
  'protein survey model',
  '"deep model"',
  'pretraining robots',
  'paper17',
];

/** Puts papers of these keys in; another edition has other texts. */
function fill(source: MemoryTextSource, from: number, to: number, edition = 0): void {
  const word = (at: number) => WORDS[(at * 7 + (at >> 3)) % WORDS.length];
  for (let key = from; key <= to; key++) {
    const words = Array.from({ length: 5 + (key % 9) }, (_, at) => word(key * 31 + at * key + edition));
    source.put(key, {
      title: `${word(key)} paper${key}`,
      abstract: words.join(' '),
      authors: [`Author ${word(key + 1)}`],
    });
  }
}

function library(count = 300, options: { libraryId?: string } = {}) {
  const source = createMemoryTextSource(options);
  fill(source, 1, count);
  return source;
}

function start(folder: string, source: TextSource, log: string[] = []) {
  const index = createLocalLexicalIndex({
    folder,
    source,
    log: (level, text) => log.push(`${level} ${text}`),
  });
  onTestFinished(() => index.close());
  return index;
}

async function expectRightAnswers(index: ReturnType<typeof start>, source: MemoryTextSource) {
  const texts = new Map([...source.papers].map(([key, { text }]) => [key, text]));
  for (const query of QUERIES.filter((text) => !text.includes('"'))) {
    const { hits, total } = await index.search(query, { limit: 10 });
    const truth = naiveSearch(query, texts, [...texts.keys()]);
    expect(total).toBe(truth.length);
    hits.forEach(({ score }, at) => {
      expect(score).toBeCloseTo(truth[at]?.score ?? 0, 9);
    });
  }
}

/** A library whose index was saved by a process that has ended. */
async function savedLibrary() {
  const source = library();
  const folder = join(temporaryFolder(), 'nested', 'lexical');
  const index = start(folder, source);
  await index.open();
  expect((await index.status()).rebuildReason).toMatch(/^missing/);
  await index.save();
  await index.close();
  const file = join(folder, 'lexical.bin');
  expect(readdirSync(folder)).toEqual(['lexical.bin']);
  return { source, folder, file };
}

describe('an index that was saved', () => {
  it('is loaded by the next process, which reads no text again', async () => {
    const { source, folder, file } = await savedLibrary();
    const before = readFileSync(file);
    const read: number[] = [];
    const counted = {
      ...source,
      textChanges: (after: number, limit: number) => {
        read.push(after);
        return source.textChanges(after, limit);
      },
    };
    const index = start(folder, counted);
    await expectRightAnswers(index, source);
    expect(await index.status()).toMatchObject({ count: 300, revision: 300, rebuildReason: null });
    expect(read).toEqual([]);
    await index.save();
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('answers as one that was just built, phrases and suggestions too', async () => {
    const { source, folder } = await savedLibrary();
    const loaded = start(folder, source);
    const built = start(temporaryFolder(), source);
    for (const query of QUERIES) {
      expect(await loaded.search(query, { limit: 50 })).toEqual(await built.search(query, { limit: 50 }));
    }
    for (const query of ['neurall netwrok', 'galxy']) {
      expect(await loaded.suggest(query)).toBe(await built.suggest(query));
    }
  });

  it('keeps nothing of the file in memory but what it counts', async () => {
    const { source, folder } = await savedLibrary();
    const loaded = await loadLexicalFile(folder, source);
    if (!('data' in loaded)) throw new Error(loaded.reason);
    const { vocabulary, postings, keys, aliveMask, lengths, digests } = loaded.data;
    const arrays = [
      ...postings.pages,
      ...[postings.documents, postings.lastSlots, postings.streams, keys, aliveMask, lengths, digests],
      ...[vocabulary.terms, vocabulary.forms].flatMap(({ bytes, starts }) => [bytes, starts]),
      ...[vocabulary.formCounts, vocabulary.termsOfForms],
    ];
    for (const array of arrays) expect(array.buffer.byteLength).toBe(array.byteLength);
  });

  it('catches up with what changed since, and is saved with it', async () => {
    const { source, folder } = await savedLibrary();
    fill(source, 290, 330);
    for (let key = 1; key <= 20; key++) source.remove(key);
    source.touch(40);
    const index = start(folder, source);
    await expectRightAnswers(index, source);
    expect(await index.status()).toMatchObject({ count: 310, rebuildReason: null });
    await index.save();
    await index.close();
    const again = start(folder, source);
    await expectRightAnswers(again, source);
    expect(await again.status()).toMatchObject({ count: 310, rebuildReason: null });
  });

  it.each<[string, RegExp, (file: string) => void]>([
    ['is missing', /^missing/, (file) => rmSync(file)],
    ['is empty', /^damaged/, (file) => truncateSync(file, 0)],
    ['was cut', /^damaged/, (file) => truncateSync(file, readFileSync(file).length - 100)],
    ['was cut in its header', /^damaged/, (file) => truncateSync(file, 50)],
    ['grew', /^damaged/, (file) => writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(8)]))],
    ['is something else', /^damaged/, (file) => writeFileSync(file, 'not an index at all '.repeat(50))],
    [
      'has one wrong bit',
      /^damaged/,
      (file) => {
        const bytes = readFileSync(file);
        const at = Math.floor(bytes.length / 2);
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        writeFileSync(file, bytes);
      },
    ],
  ])('is built anew when the file %s', async (_, reason, spoil) => {
    const { source, folder, file } = await savedLibrary();
    spoil(file);
    const index = start(folder, source);
    await expectRightAnswers(index, source);
    expect((await index.status()).rebuildReason).toMatch(reason);
    await index.save();
    await index.close();
    const again = start(folder, source);
    await expectRightAnswers(again, source);
    expect((await again.status()).rebuildReason).toBeNull();
  });

  it('is built anew when it is of a program that reads words in another way', async () => {
    const { source, folder, file } = await savedLibrary();
    const bytes = readFileSync(file);
    const words = termsFingerprint();
    const at = bytes.indexOf(words);
    expect(at).toBeGreaterThan(0);
    bytes.write('0'.repeat(words.length), at);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
    writeFileSync(file, bytes);
    const index = start(folder, source);
    await expectRightAnswers(index, source);
    expect((await index.status()).rebuildReason).toMatch(/^other words/);
  });

  it('is built anew for another library, and for one that went back', async () => {
    const { folder } = await savedLibrary();
    const other = library(200, { libraryId: 'another' });
    const foreign = start(folder, other);
    await expectRightAnswers(foreign, other);
    expect((await foreign.status()).rebuildReason).toMatch(/^foreign library/);
    await foreign.save();
    await foreign.close();
    const older = library(150, { libraryId: 'another' });
    const stale = start(folder, older);
    await expectRightAnswers(stale, older);
    expect((await stale.status()).rebuildReason).toMatch(/^stale: .* 200, .* 150/);
  });

  it('is left alone by a process that never looked at it, and old leftovers go with the next save', async () => {
    const { source, folder, file } = await savedLibrary();
    const before = readFileSync(file);
    await start(folder, source).save();
    expect(readFileSync(file).equals(before)).toBe(true);
    const [old, young] = ['0123456789abcdef', 'fedcba9876543210'].map((name) =>
      join(folder, `lexical-${name}.tmp`),
    );
    for (const path of [old, young]) writeFileSync(path as string, 'half');
    utimesSync(old as string, 1, 1);
    const index = start(folder, source);
    fill(source, 301, 301);
    await index.refresh();
    await index.save();
    expect([old, young].map((path) => existsSync(path as string))).toEqual([false, true]);
  });
});

describe('a running index', () => {
  it('reads a library anew that was replaced by an older one, and goes on from there', async () => {
    const older = library(200);
    let current = library(300);
    const source: TextSource = {
      libraryId: () => current.libraryId(),
      latestRevision: () => current.latestRevision(),
      latestMoment: () => current.latestMoment(),
      hadMoment: (moment) => current.hadMoment(moment),
      textChanges: (after, limit) => current.textChanges(after, limit),
      matchingKeys: (filter) => current.matchingKeys(filter),
    };
    const index = start(temporaryFolder(), source);
    await index.refresh();
    current = older;
    await index.refresh();
    expect(await index.status()).toMatchObject({ count: 200, revision: 200 });
    expect((await index.status()).rebuildReason).toMatch(/^stale/);
    await expectRightAnswers(index, older);
    fill(older, 201, 210);
    await index.refresh();
    await expectRightAnswers(index, older);
  });

  it('is built anew when much of it is dead, while it answers and follows changes', async () => {
    const { source, folder } = await savedLibrary();
    const index = start(folder, source);
    await index.open();
    fill(source, 1, 900, 1);
    for (let round = 0; round < 3; round++) {
      fill(source, 1, 300, 2 + round);
      await index.refresh();
      await expectRightAnswers(index, source);
    }
    source.remove(5);
    await index.refresh();
    await index.whenSettled();
    expect((await index.status()).rebuildReason).toMatch(/^worn: \d+ %/);
    await expectRightAnswers(index, source);
    fill(source, 901, 905);
    await index.refresh();
    await expectRightAnswers(index, source);
    await index.save();
    await index.close();
    const again = start(folder, source);
    await again.whenSettled();
    expect(await again.status()).toMatchObject({ count: 904, rebuildReason: null });
    await expectRightAnswers(again, source);
  });

  it('has nothing to do for papers that changed in other ways', async () => {
    const { source, folder } = await savedLibrary();
    const index = start(folder, source);
    await index.open();
    const { bytes } = await index.status();
    for (let round = 0; round < 5; round++) {
      for (let key = 1; key <= 300; key++) source.touch(key);
      await index.refresh();
    }
    await index.whenSettled();
    expect(await index.status()).toMatchObject({ count: 300, revision: 1_800, bytes, rebuildReason: null });
    await expectRightAnswers(index, source);
  });

  it('answers other work while it is built', async () => {
    const index = start(temporaryFolder(), library(3_000));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    await index.open();
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
  });

  it('answers other work between long texts as well', async () => {
    const source = createMemoryTextSource();
    for (let key = 1; key <= 40; key++) source.put(key, { abstract: 'graph network '.repeat(3_500) });
    let turns = 0;
    let isOpen = false;
    const textChanges: TextSource['textChanges'] = async (after, limit) => {
      const changes = await source.textChanges(after, limit);
      turns = 0;
      return changes;
    };
    const index = start(temporaryFolder(), { ...source, textChanges });
    const count = () => {
      turns++;
      if (!isOpen) setImmediate(count);
    };
    setImmediate(count);
    await index.open();
    isOpen = true;
    expect(turns).toBeGreaterThan(10);
    expect((await index.search('graph', { limit: 1 })).total).toBe(40);
  });

  it('ends by closing, in the middle of building as well', async () => {
    const index = start(temporaryFolder(), library(3_000));
    const opening = index.open();
    opening.catch(() => {});
    await index.close();
    await expect(opening).rejects.toMatchObject({ code: 'unavailable' });
    await expect(index.search('graph', { limit: 1 })).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses searches while a library is read for the first time, where nobody wants to wait', async () => {
    const source = library(600);
    const index = createLocalLexicalIndex({ folder: temporaryFolder(), source, whileReading: 'refuse' });
    onTestFinished(() => index.close());
    const refused = { code: 'unavailable', message: expect.stringContaining('being read') };
    await expect(index.search('graph', { limit: 1 })).rejects.toMatchObject(refused);
    await expect(index.score('graph', [1])).rejects.toMatchObject(refused);
    await expect(index.suggest('graph')).rejects.toMatchObject(refused);
    await index.refresh();
    await expectRightAnswers(index, source);
    const small = library(500);
    const quick = createLocalLexicalIndex({
      folder: temporaryFolder(),
      source: small,
      whileReading: 'refuse',
    });
    onTestFinished(() => quick.close());
    await expectRightAnswers(quick, small);
  });

  it('tries again after a source that failed', async () => {
    const good = library(50);
    let fails = true;
    const source: TextSource = {
      ...good,
      textChanges: async (after, limit) => {
        if (fails) throw new Error('disk on fire');
        return good.textChanges(after, limit);
      },
    };
    const index = start(temporaryFolder(), source);
    await expect(index.refresh()).rejects.toThrow('disk on fire');
    await index.save();
    fails = false;
    await index.refresh();
    await expectRightAnswers(index, good);
  });

  it('fails the save, not the search, when the folder cannot be written', async () => {
    const source = library(50);
    const folder = join(temporaryFolder(), 'file');
    writeFileSync(folder, 'a file where the folder should be');
    const index = start(folder, source);
    await expectRightAnswers(index, source);
    await expect(index.save()).rejects.toMatchObject({
      code: 'index_failed',
      message: expect.stringMatching(/[^.]\. Check that/),
    });
    await expectRightAnswers(index, source);
    rmSync(folder);
    mkdirSync(folder);
    await index.save();
    expect(readdirSync(folder)).toEqual(['lexical.bin']);
  });
});
