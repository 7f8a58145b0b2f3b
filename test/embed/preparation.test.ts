import { cpSync, existsSync } from 'node:fs';
import { open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MODEL_PACKAGE, prepareMiniLm } from '../../src/embed/minilm-package.ts';
import { testEmbedder } from '../fixtures/embedders.ts';
import { preparedFolder } from '../fixtures/prepared-model.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const PACKAGE = path.join(
  createRequire(import.meta.url)
    .resolve.paths('x')
    ?.find((folder) => existsSync(path.join(folder, MODEL_PACKAGE.name))) ?? '',
  MODEL_PACKAGE.name,
);
const ONNX = 'onnx/model_quantized.onnx';

function copyOfPackage(): string {
  const folder = path.join(temporaryFolder(), 'package');
  cpSync(PACKAGE, folder, { recursive: true });
  return folder;
}

async function copyOfPrepared(cacheFolder: string): Promise<string> {
  const original = await preparedFolder();
  const copy = path.join(cacheFolder, path.basename(original));
  cpSync(original, copy, { recursive: true });
  return copy;
}

async function flipByte(file: string, at: number): Promise<void> {
  const handle = await open(file, 'r+');
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
  await handle.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, at);
  await handle.close();
}

/** An error of that code whose message has the parts in this order. */
const failsWith = (code: string, ...parts: string[]) => {
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(escaped.join('.*'), 's')),
  });
};

describe('the package of the default model', () => {
  it('with a damaged file is refused, naming the file and the remedy', async () => {
    const packageFolder = copyOfPackage();
    await flipByte(path.join(packageFolder, MODEL_PACKAGE.weights.path), 20_000_000);
    const embedder = await testEmbedder({}, { packageFolder, cacheFolder: temporaryFolder() });
    const damaged = failsWith('model_damaged', 'model.fp16.safetensors', 'SHA-256', 'npm ci');
    await expect(embedder.ready()).rejects.toEqual(damaged);
    await expect(embedder.embedQuery('bees')).rejects.toEqual(damaged);
  });

  it('without a file is refused, naming the file and the remedy', async () => {
    const packageFolder = copyOfPackage();
    await rm(path.join(packageFolder, MODEL_PACKAGE.tokenizer.path));
    const prepared = prepareMiniLm({ packageFolder, cacheFolder: temporaryFolder(), quantization: 'int8' });
    await expect(prepared).rejects.toEqual(failsWith('model_missing', 'tokenizer.json', 'npm ci'));
  });

  it('is not needed once the model is prepared', async () => {
    const cacheFolder = temporaryFolder();
    const folder = await copyOfPrepared(cacheFolder);
    const packageFolder = '/nowhere';
    expect(await prepareMiniLm({ packageFolder, cacheFolder, quantization: 'int8' })).toBe(folder);
  });
});

describe('the prepared model', () => {
  it('is in the layout of the hub, without the padding and truncation of the package', async () => {
    const folder = await preparedFolder();
    const read = async (name: string) => JSON.parse(await readFile(path.join(folder, name), 'utf8'));
    expect(await read('tokenizer.json')).toMatchObject({ padding: null, truncation: null });
    expect(await read('tokenizer_config.json')).toMatchObject({ model_max_length: 256 });
    expect(await read('config.json')).toMatchObject({ hidden_size: 384 });
    expect((await stat(path.join(folder, ONNX))).size).toBeLessThan(24e6);
  });

  it('is written by several at once, and leaves nothing else behind', async () => {
    const cacheFolder = temporaryFolder();
    const options = { cacheFolder, quantization: 'int8' } as const;
    const folders = await Promise.all([1, 2, 3].map(() => prepareMiniLm(options)));
    expect(await readdir(cacheFolder)).toEqual([path.basename(folders[0] ?? '')]);
    const bytes = await readFile(path.join(folders[0] ?? '', ONNX));
    expect(bytes.equals(await readFile(path.join(await preparedFolder(), ONNX)))).toBe(true);
  });

  it.each([
    ['flipped byte', (folder: string) => flipByte(path.join(folder, ONNX), 5_000_000)],
    ['cut file', (folder: string) => truncate(path.join(folder, ONNX), 1_000)],
    ['missing tokenizer', (folder: string) => rm(path.join(folder, 'tokenizer.json'))],
    ['empty manifest', (folder: string) => writeFile(path.join(folder, 'manifest.json'), '{}')],
  ])('with a %s is written anew', async (_, damage) => {
    const cacheFolder = temporaryFolder();
    const folder = await copyOfPrepared(cacheFolder);
    await damage(folder);
    expect(await prepareMiniLm({ cacheFolder, quantization: 'int8' })).toBe(folder);
    const bytes = await readFile(path.join(folder, ONNX));
    expect(bytes.equals(await readFile(path.join(await preparedFolder(), ONNX)))).toBe(true);
    expect(await readdir(cacheFolder)).toEqual([path.basename(folder)]);
  });

  it('that cannot be kept is reported', async () => {
    const file = path.join(temporaryFolder(), 'file');
    await writeFile(file, '');
    const prepared = prepareMiniLm({ cacheFolder: path.join(file, 'cache'), quantization: 'int8' });
    await expect(prepared).rejects.toEqual(failsWith('store_failed', file));
  });
});

describe('a model in a folder', () => {
  it('gives the vectors of its files, with its own prefixes', async () => {
    const own = await testEmbedder({ name: await preparedFolder(), dimensions: 384, queryPrefix: 'query: ' });
    const usual = await testEmbedder();
    const [ours, whole] = await Promise.all([own.embedQuery('bees'), usual.embedQuery('query: bees')]);
    expect(ours.embedding).toEqual(whole.embedding);
    expect(own.fingerprint).not.toBe(usual.fingerprint);
  });

  it('with other dimensions than configured is refused, naming both', async () => {
    const embedder = await testEmbedder({ name: await preparedFolder(), dimensions: 768 });
    const refused = failsWith('config_invalid', '384 dimensions', '768 are configured');
    await expect(embedder.ready()).rejects.toEqual(refused);
  });

  it('that reads fewer tokens than configured is refused, naming both', async () => {
    const embedder = await testEmbedder({ name: await preparedFolder(), dimensions: 384, maxTokens: 1_024 });
    await expect(embedder.ready()).rejects.toEqual(failsWith('config_invalid', '512 tokens', '1024'));
  });

  it('without a file is refused at once, naming it', async () => {
    const folder = await copyOfPrepared(temporaryFolder());
    await rm(path.join(folder, 'config.json'));
    await expect(testEmbedder({ name: folder, dimensions: 384 })).rejects.toEqual(
      failsWith('model_missing', path.join(folder, 'config.json')),
    );
  });

  it('with a damaged file is refused, naming it', async () => {
    const folder = await copyOfPrepared(temporaryFolder());
    await truncate(path.join(folder, ONNX), 1_000_000);
    const cut = await testEmbedder({ name: folder, dimensions: 384 });
    await expect(cut.ready()).rejects.toEqual(failsWith('model_damaged', path.join(folder, ONNX)));
    await writeFile(path.join(folder, 'tokenizer.json'), '{');
    const unreadable = await testEmbedder({ name: folder, dimensions: 384 });
    await expect(unreadable.ready()).rejects.toEqual(failsWith('model_damaged', folder));
  });
});
