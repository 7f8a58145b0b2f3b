import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AutoTokenizer, env } from '@xenova/transformers';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { prepareMiniLm } from '../../src/embed/minilm-package.ts';
import { createTokenIds, type TokenIds, type Tokenizer } from '../../src/embed/token-ids.ts';
import { TEST_MODELS } from '../fixtures/model-cache.ts';
import { sharedData } from '../fixtures/shared-data.ts';

const NO_LIMIT = 1_000_000;

let tokenizer: Tokenizer;
let tokenIds: TokenIds;
beforeAll(async () => {
  const folder = await prepareMiniLm({ cacheFolder: TEST_MODELS, quantization: 'int8' });
  env.localModelPath = dirname(folder);
  tokenizer = await AutoTokenizer.from_pretrained(basename(folder), { local_files_only: true });
  tokenIds = createTokenIds(tokenizer);
});

/** What the library makes of the whole text. */
const whole = (text: string) => tokenizer(text, { return_tensor: false, truncation: false }).input_ids;

const data = sharedData('papers/hf-daily-2024-2026.jsonl.gz');
it.skipIf(data === null)('gives published abstracts the tokens that the library gives them', () => {
  const lines = gunzipSync(readFileSync(data ?? ''))
    .toString()
    .split('\n', 2_000);
  for (const line of lines) {
    const { title, abstract } = JSON.parse(line) as { title: string; abstract: string };
    const text = `${title}\n${abstract}`;
    expect(tokenIds(text, NO_LIMIT)).toEqual(whole(text));
  }
});

it('gives any text the tokens that the library gives it, again and again', () => {
  const odd = fc.constantFrom(
    // Blanks of all kinds, and what is removed rather than split at.
    ...[' ', '\t', '\n', '\r', '\u00a0', '\u2003', '\u3000', '\u2028', '\u0085', '\v', '\f', '\0', '\u0007'],
    ...['\u200b', '\u00ad', '\ufffd', '\ufeff', '\u200d', '\ud800', '\udc00'],
    // What is taken apart, put together, or written small by what stands around it.
    ...[
      '\u0301',
      'e\u0301',
      'É',
      'ǅ',
      'İ',
      'ß',
      'Σ',
      'ΑΣ',
      'ΑΣ.',
      '中',
      '文',
      '한국',
      'ﬁ',
      '𝔸',
      '👩‍🔬',
      '²',
      "'",
      '--',
    ],
    // What the tokenizer knows as a whole, and what is too long for it.
    ...['[SEP]', '[CLS] ', ' [MASK]', '[UNK]', '[PAD', '##ing', 'x'.repeat(120), 'unaffable', 'GPT-4o'],
  );
  const text = fc
    .array(fc.oneof(odd, odd, fc.string({ unit: 'binary', maxLength: 6 }), fc.lorem()), { maxLength: 12 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, (drawn) => {
      const expected = whole(drawn);
      expect(tokenIds(drawn, NO_LIMIT)).toEqual(expected);
      expect(tokenIds(drawn, NO_LIMIT)).toEqual(expected);
    }),
    { numRuns: 3_000 },
  );
});

it('cuts a text to its first tokens, with the closing one behind them', () => {
  const all = whole('deep learning of proteins');
  const closing = all.slice(-1);
  expect(tokenIds('deep learning of proteins', all.length)).toEqual(all);
  expect(tokenIds('deep learning of proteins', 4)).toEqual([...all.slice(0, 3), ...closing]);
});

it('asks a tokenizer for whole texts where a word alone may have other tokens', () => {
  const asked: string[] = [];
  const other: Tokenizer = Object.assign(
    (text: string) => {
      asked.push(text);
      return { input_ids: [1, ...Buffer.from(text), 2] };
    },
    { normalizer: null, pre_tokenizer: null, added_tokens: [] },
  );
  const ids = createTokenIds(other)('a b', 10);
  expect(ids).toEqual([1, 97, 32, 98, 2]);
  expect(asked.at(-1)).toBe('a b');
});
