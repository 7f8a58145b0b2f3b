import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { FAST_LIBRARY, missingFeatures } from '../src/index/hnsw-library.ts';

/*
 * Compiles hnswlib for processors with AVX2, beside the one that is installed: graphs are built in less time
 * (docs/performance.md). Needs a C++ compiler and Node's headers, which come with Node's own archives. Nothing else changes; delete the
 * file to go back.
 */

const require = createRequire(import.meta.url);
const packageOf = (path: string) =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, 'utf8')));

async function compile(): Promise<void> {
  const missing = missingFeatures();
  if (missing.length > 0) throw new Error(`This processor lacks ${missing.join(' and ')}, or does not tell.`);
  const source = dirname(require.resolve('hnswlib-node/package.json'));
  const { version } = packageOf(join(source, 'package.json'));
  if (!FAST_LIBRARY.includes(`-${version}-`)) {
    throw new Error(`hnswlib-node is ${version}: src/index/hnsw-library.ts is of another version.`);
  }
  const headers = join(dirname(dirname(process.execPath)), 'include', 'node');
  if (!existsSync(join(headers, 'node_api.h'))) throw new Error(`Node's headers are not in ${headers}.`);
  const addonApi = dirname(createRequire(join(source, 'package.json')).resolve('node-addon-api'));
  const compiler = process.env.CXX ?? 'g++';
  const temporary = `${FAST_LIBRARY}.tmp`;
  mkdirSync(dirname(FAST_LIBRARY), { recursive: true });
  const optimised = ['-O3', '-mavx2', '-mfma', '-std=c++17', '-fPIC', '-shared', '-pthread'];
  const defined = [
    '-DNODE_GYP_MODULE_NAME=addon',
    '-DBUILDING_NODE_EXTENSION',
    '-DNAPI_DISABLE_CPP_EXCEPTIONS',
  ];
  const included = [`-I${headers}`, `-I${addonApi}`];
  const files = [join(source, 'src', 'addon.cc'), '-o', temporary];
  await promisify(execFile)(compiler, [...optimised, ...defined, ...included, ...files]);
  renameSync(temporary, FAST_LIBRARY);
  console.log('Graphs will be built by a library compiled for AVX2. A running server needs a restart.');
}

await compile().catch((error: unknown) => {
  console.error(`Nothing was compiled: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});
