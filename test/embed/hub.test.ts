import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { testEmbedder } from '../fixtures/embedders.ts';
import { preparedFolder } from '../fixtures/prepared-model.ts';
import { temporaryFolder } from '../fixtures/temporary-folder.ts';

const ID = 'someone/some-model';
const MODEL = { name: ID, dimensions: 384, maxTokens: 256 };

/** A server that gives the default model's files under a hub's addresses, except those named. */
async function startHub(absent: readonly string[] = []) {
  const folder = await preparedFolder();
  const requests: string[] = [];
  const cutShort = new Set<string>();
  const server = createServer(async (request, response) => {
    const name = request.url?.replace(`/${ID}/resolve/main/`, '') ?? '';
    requests.push(name);
    const content = absent.includes(name)
      ? undefined
      : await readFile(path.join(folder, name)).catch(() => undefined);
    if (!content) return response.writeHead(404).end();
    response.writeHead(200, { 'content-length': content.length });
    if (!cutShort.has(name)) return response.end(content);
    response.write(content.subarray(0, 1_000), () => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { hubHost: `http://127.0.0.1:${port}/`, requests, cutShort, stop: () => server.close() };
}

it('downloads a model once, and then runs without the hub', async () => {
  const hub = await startHub();
  const cacheFolder = temporaryFolder();
  const options = { cacheFolder, hubHost: hub.hubHost };
  const vector = await (await testEmbedder(MODEL, options)).embedQuery('bees');
  expect(vector).toEqual(await (await testEmbedder()).embedQuery('bees'));
  expect(hub.requests).toContain('onnx/model_quantized.onnx');
  hub.stop();
  const count = hub.requests.length;
  expect(await (await testEmbedder(MODEL, options)).embedQuery('bees')).toEqual(vector);
  expect(hub.requests).toHaveLength(count);
});

it('names the file that the hub does not have', async () => {
  const { hubHost } = await startHub(['onnx/model_quantized.onnx']);
  const embedder = await testEmbedder(MODEL, { cacheFolder: temporaryFolder(), hubHost });
  await expect(embedder.ready()).rejects.toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining(`${hubHost}${ID}/resolve/main/onnx/model_quantized.onnx`),
  });
});

it('keeps nothing of a download that was cut short', async () => {
  const hub = await startHub();
  const cacheFolder = temporaryFolder();
  hub.cutShort.add('onnx/model_quantized.onnx');
  const options = { cacheFolder, hubHost: hub.hubHost };
  const cut = await testEmbedder(MODEL, options);
  await expect(cut.ready()).rejects.toMatchObject({ code: 'model_missing' });
  const kept = readdirSync(cacheFolder, { recursive: true, encoding: 'utf8' });
  expect(kept.filter((name) => /\.(onnx|tmp)$/.test(name))).toEqual([]);
  hub.cutShort.clear();
  await (await testEmbedder(MODEL, options)).ready();
});

it('says so when the hub cannot be reached', async () => {
  const hub = await startHub();
  hub.stop();
  const embedder = await testEmbedder(MODEL, { cacheFolder: temporaryFolder(), hubHost: hub.hubHost });
  await expect(embedder.ready()).rejects.toMatchObject({
    code: 'model_missing',
    message: expect.stringMatching(/^Cannot get the model someone\/some-model from the hub/),
  });
});
