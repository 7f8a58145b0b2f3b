import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  from: string;
  to: string;
  typeOnly: boolean;
}

const sources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

/** Every import of a file, static or dynamic; relative ones as a path from the root. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const statements = text.matchAll(
    /^(?:import|export)\s+(type\s)?[^'";]*?from\s+'([^']+)'|import\s*\(?\s*'([^']+)'/gm,
  );
  return [...statements].map(([, type, named, plain]) => {
    const target = named ?? plain ?? '';
    const to = target.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(file), target)) : target;
    return { from: file, to, typeOnly: type !== undefined };
  });
}

const files = sources('src');
const imports = files.flatMap(importsOf);

const ADAPTERS = ['src/embed', 'src/http', 'src/index', 'src/lexical', 'src/store'];
const PORTS = [
  'src/embed/embedder.ts',
  'src/http/http-client.ts',
  'src/index/vector-index.ts',
  'src/lexical/lexical-index.ts',
  'src/store/paper-store.ts',
  'src/store/people-store.ts',
  'src/store/sync-store.ts',
];
const SHARED = [
  'src/paper.ts',
  'src/identity.ts',
  'src/same-record.ts',
  'src/merging.ts',
  'src/history.ts',
  'src/words.ts',
  'src/quotes.ts',
  'src/word-fingerprints.ts',
  'src/vector.ts',
  'src/token-bits.ts',
  'src/term-set.ts',
  'src/trend.ts',
  'src/days.ts',
  'src/vector-kernel.ts',
  'src/wasm-module.ts',
  'src/low-priority.ts',
  'src/errors.ts',
  'src/shared-runs.ts',
  'src/flush-folder.ts',
];
const OUTER = ['src/main.ts', 'src/server.ts', 'src/config.ts', 'src/log.ts'];
const TECHNOLOGIES = /^(?:hono|@hono\/|better-sqlite3|hnswlib-node|@xenova\/|onnxruntime|onnx-proto)/;

const adapterOf = (file: string) => ADAPTERS.find((folder) => file.startsWith(`${folder}/`));
/** They choose implementations: of the process, and of the threads that read beside its main one. */
const isWiring = (file: string) => file === 'src/services.ts' || file.startsWith('src/readers/');
const isApi = (file: string) => file.startsWith('src/api/');
const isCore = (file: string) => !adapterOf(file) && !isApi(file) && !isWiring(file) && !OUTER.includes(file);
const shown = (bad: Import[]) => bad.map(({ from, to }) => `${from} -> ${to}`);

describe('imports point inward', () => {
  it('reads the imports of every file', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(imports.some(({ from, to }) => from === 'src/services.ts' && to === 'src/index/local.ts')).toBe(
      true,
    );
  });

  it('keeps technologies out of the core', () => {
    expect(shown(imports.filter(({ from, to }) => isCore(from) && TECHNOLOGIES.test(to)))).toEqual([]);
  });

  it('lets the core know only the ports of adapters', () => {
    const bad = imports.filter(
      ({ from, to }) =>
        isCore(from) &&
        (isApi(to) || isWiring(to) || OUTER.includes(to) || (adapterOf(to) && !PORTS.includes(to))),
    );
    expect(shown(bad)).toEqual([]);
  });

  it('lets an adapter know itself, what all share, and other ports by type only', () => {
    const bad = imports.filter(({ from, to, typeOnly }) => {
      const own = adapterOf(from);
      if (!own || !to.startsWith('src/')) return false;
      return !(adapterOf(to) === own || SHARED.includes(to) || (PORTS.includes(to) && typeOnly));
    });
    expect(shown(bad)).toEqual([]);
  });

  it('keeps each technology in its own folder', () => {
    const homes: Record<string, string> = {
      'better-sqlite3': 'src/store/',
      'hnswlib-node': 'src/index/',
      '@xenova/transformers': 'src/embed/',
      'onnxruntime-node': 'src/embed/',
      'onnx-proto': 'src/embed/',
      '@hono/zod-openapi': 'src/api/',
      hono: 'src/api/',
      undici: 'src/http/',
    };
    const bad = imports.filter(({ from, to }) => homes[to] !== undefined && !from.startsWith(homes[to]));
    expect(shown(bad)).toEqual([]);
  });

  it('lets the API know the core and ports, never an adapter', () => {
    const bad = imports.filter(
      ({ from, to }) =>
        isApi(from) && (OUTER.includes(to) || isWiring(to) || (adapterOf(to) && !PORTS.includes(to))),
    );
    expect(shown(bad)).toEqual([]);
  });

  it('names implementations where processes and threads are put together', () => {
    const bad = imports.filter(
      ({ from, to }) => !adapterOf(from) && !isWiring(from) && adapterOf(to) && !PORTS.includes(to),
    );
    expect(shown(bad)).toEqual([]);
  });

  it('has no barrels, no utils, and no file too long to read', () => {
    const bad = files.filter((file) => /(?:^|\/)(?:index|utils|helpers)\.ts$/.test(file));
    const long = files.filter((file) => readFileSync(join(ROOT, file), 'utf8').split('\n').length > 320);
    expect([...bad, ...long]).toEqual([]);
    expect(files.every((file) => statSync(join(ROOT, file)).isFile())).toBe(true);
  });

  it('reads the environment in one place', () => {
    const readers = files.filter((file) => /process\.env/.test(readFileSync(join(ROOT, file), 'utf8')));
    // main.ts hands the environment to config.ts.
    expect(readers).toEqual(['src/main.ts']);
  });
});
