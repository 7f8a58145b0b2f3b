import { cpSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/embed/fingerprint.ts';
import { describeModel, KNOWN_MODELS } from '../../src/embed/models.ts';
import { preparedFolder } from '../fixtures/prepared-model.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'config_invalid', message: expect.stringMatching(message) });
const thrownBy = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return error;
  }
};

describe('describeModel', () => {
  it('takes the default model from the package, by name or id', () => {
    const expected = {
      source: { kind: 'package' },
      model: {
        id: 'sentence-transformers/all-MiniLM-L6-v2',
        dimensions: 384,
        pooling: 'mean',
        maxTokens: 256,
        queryPrefix: '',
        passagePrefix: '',
        quantization: 'int8',
      },
    };
    expect(describeModel()).toEqual(expected);
    expect(describeModel({ name: 'all-MiniLM-L6-v2' })).toEqual(expected);
    expect(describeModel({ name: 'sentence-transformers/all-MiniLM-L6-v2' })).toEqual(expected);
  });

  it('knows the other models by name and by hub id', () => {
    for (const [name, { id }] of Object.entries(KNOWN_MODELS)) {
      expect(describeModel({ name })).toEqual(describeModel({ name: id }));
    }
    const { model, source } = describeModel({ name: 'e5-small-v2' });
    expect(source).toEqual({ kind: 'hub', id: 'Xenova/e5-small-v2' });
    expect(model).toMatchObject({ queryPrefix: 'query: ', passagePrefix: 'passage: ', dimensions: 384 });
    expect(describeModel({ name: 'bge-small-en-v1.5' }).model.pooling).toBe('cls');
    expect(describeModel({ name: 'Xenova/all-MiniLM-L6-v2' }).source.kind).toBe('hub');
  });

  it('lets every property be set', () => {
    const options = {
      id: 'mine',
      dimensions: 768,
      pooling: 'cls',
      maxTokens: 128,
      queryPrefix: 'q ',
      passagePrefix: 'p ',
      quantization: 'fp32',
    } as const;
    expect(describeModel({ name: 'someone/something', ...options })).toEqual({
      model: options,
      source: { kind: 'hub', id: 'someone/something' },
    });
  });

  it('takes a path for a folder, and the folder of a known model for that model', () => {
    expect(describeModel({ name: '/models/mine', dimensions: 10 })).toMatchObject({
      model: { id: 'mine', dimensions: 10 },
      source: { kind: 'folder', folder: path.resolve('/models/mine') },
    });
    expect(describeModel({ name: './models/gte-small' }).model).toMatchObject({ dimensions: 384 });
  });

  it('asks for the dimensions of an unknown model, and refuses a name that is none', () => {
    const act = (name: string) => thrownBy(() => describeModel({ name }));
    expect(act('someone/something')).toEqual(invalid(/number of dimensions must be set/));
    expect(act('/models/mine')).toEqual(invalid(/number of dimensions must be set/));
    expect(act('no-such-model')).toEqual(invalid(/Expected a model's name .* got "no-such-model"/));
  });
});

describe('fingerprintOf', () => {
  it('is readable', async () => {
    expect(await fingerprintOf(describeModel())).toBe(
      'sentence-transformers/all-MiniLM-L6-v2 (package 0.1.0, graph 1) int8 mean 384d 256t',
    );
    expect(await fingerprintOf(describeModel({ name: 'e5-small-v2' }))).toBe(
      'Xenova/e5-small-v2 (hub Xenova/e5-small-v2) int8 mean 384d 512t query "query: " passage "passage: "',
    );
  });

  it('differs with everything that decides a vector', async () => {
    const variants = [
      {},
      { id: 'x' },
      { quantization: 'fp32' },
      { pooling: 'cls' },
      { maxTokens: 128 },
      { dimensions: 10 },
      { queryPrefix: 'a' },
      { passagePrefix: 'a' },
    ] as const;
    const fingerprints = await Promise.all(variants.map((options) => fingerprintOf(describeModel(options))));
    expect(new Set(fingerprints).size).toBe(variants.length);
  });

  it('follows the content of a folder, not its path', async () => {
    const original = await preparedFolder();
    const copy = path.join(temporaryFolder(), path.basename(original));
    cpSync(original, copy, { recursive: true });
    const of = (folder: string) => fingerprintOf(describeModel({ name: folder, dimensions: 384 }));
    const before = await of(copy);
    expect(before).toBe(await of(original));
    await appendFile(path.join(copy, 'onnx/model_quantized.onnx'), 'x');
    expect(await of(copy)).not.toBe(before);
  });
});
