import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from './errors.ts';

/** Addresses that only this machine can reach. */
export const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

const onOff = z
  .enum(['on', 'off'], 'expected "on" or "off"')
  .default('on')
  .transform((value) => value === 'on');
const whole = (min: number, max: number) =>
  z.coerce.number(`expected a whole number from ${min} to ${max}`).int().min(min).max(max);

/** Every setting, by its environment variable. An empty variable counts as not set. */
const environment = z.object({
  PAPERWISE_DATA: z.string().default('./data'),
  PAPERWISE_HOST: z.string().default('127.0.0.1'),
  PAPERWISE_PORT: whole(0, 65_535).default(8080),
  PAPERWISE_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,500}$/, 'expected 16 to 500 characters, visible ASCII without spaces')
    .optional(),
  PAPERWISE_SAMPLE: onOff,
  PAPERWISE_WORKERS: whole(1, 64).optional(),
  PAPERWISE_READERS: whole(0, 64).optional(),
  PAPERWISE_RATE_LIMIT: whole(1, 10_000_000).optional(),
  PAPERWISE_LOG: z.enum(['silent', 'error', 'warn', 'info', 'debug']).default('info'),
  PAPERWISE_SOURCES: z.string().optional(),
  PAPERWISE_CONTACT: z
    .string()
    .regex(
      /^[\x21-\x7e]{3,200}$/,
      'expected an e-mail address or a web address, visible ASCII without spaces',
    )
    .optional(),
  PAPERWISE_MODEL: z.string().default('all-MiniLM-L6-v2'),
  PAPERWISE_MODEL_DIMENSIONS: whole(1, 8_192).optional(),
  PAPERWISE_MODEL_POOLING: z.enum(['mean', 'cls']).optional(),
  PAPERWISE_MODEL_MAX_TOKENS: whole(8, 8_192).optional(),
  PAPERWISE_MODEL_QUERY_PREFIX: z.string().optional(),
  PAPERWISE_MODEL_PASSAGE_PREFIX: z.string().optional(),
  PAPERWISE_MODEL_QUANTIZATION: z.enum(['int8', 'fp32']).optional(),
  PAPERWISE_MODEL_HUB: z.url('expected an address').optional(),
  PAPERWISE_ZOTERO_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{8,100}$/, 'expected the letters and digits of a key of zotero.org')
    .optional(),
});

export interface Config {
  /** Absolute path of the folder that holds everything: library, index, prepared models. */
  dataFolder: string;
  host: string;
  port: number;
  apiKey: string | null;
  /** Fill an empty library with the embedded sample. */
  sample: boolean;
  /** Embedding threads. */
  workers: number;
  /** Threads that answer beside the main thread when many ask; 0 for none. */
  readers: number;
  /** Requests a minute and client; null for the defaults. */
  rateLimit: number | null;
  logLevel: 'silent' | 'error' | 'warn' | 'info' | 'debug';
  /** Absolute path of the file that names the sources to follow. */
  sourcesFile: string;
  /** Whom a source may write to when our requests are in its way; null: nobody is named. */
  contact: string | null;
  /** The usual variables of the environment that name a proxy, as they are. */
  proxy: { http: string | null; https: string | null; except: string | null };
  model: {
    name: string;
    dimensions?: number;
    pooling?: 'mean' | 'cls';
    maxTokens?: number;
    queryPrefix?: string;
    passagePrefix?: string;
    quantization?: 'int8' | 'fp32';
    /** Where models named by a hub id are fetched from, when it is not the usual hub. */
    hubHost?: string;
  };
  /** For libraries at zotero.org that are not public. */
  zoteroKey: string | null;
}

/**
 * Reads the settings from environment variables, the only place that does. Throws `config_invalid`, naming each
 * variable that is wrong and what was expected.
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(
    Object.entries(env).filter(([name, value]) => name.startsWith('PAPERWISE_') && value !== ''),
  );
  const unknown = Object.keys(set).filter((name) => !(name in environment.shape));
  if (unknown.length > 0) {
    throw new AppError(
      'config_invalid',
      `Unknown setting ${unknown.join(', ')}. Known are: ${Object.keys(environment.shape).join(', ')}.`,
    );
  }
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new AppError('config_invalid', `Invalid settings. ${faults.join('. ')}.`);
  }
  const values = parsed.data;
  const config: Config = {
    dataFolder: resolve(values.PAPERWISE_DATA),
    host: values.PAPERWISE_HOST,
    port: values.PAPERWISE_PORT,
    apiKey: values.PAPERWISE_API_KEY ?? null,
    sample: values.PAPERWISE_SAMPLE,
    workers: values.PAPERWISE_WORKERS ?? availableParallelism(),
    readers: values.PAPERWISE_READERS ?? availableParallelism() - 1,
    rateLimit: values.PAPERWISE_RATE_LIMIT ?? null,
    logLevel: values.PAPERWISE_LOG,
    sourcesFile: resolve(values.PAPERWISE_SOURCES ?? join(values.PAPERWISE_DATA, 'sources.json')),
    contact: values.PAPERWISE_CONTACT ?? null,
    proxy: {
      http: env.http_proxy || env.HTTP_PROXY || null,
      https: env.https_proxy || env.HTTPS_PROXY || null,
      except: env.no_proxy || env.NO_PROXY || null,
    },
    model: {
      name: values.PAPERWISE_MODEL,
      ...(values.PAPERWISE_MODEL_DIMENSIONS !== undefined && {
        dimensions: values.PAPERWISE_MODEL_DIMENSIONS,
      }),
      ...(values.PAPERWISE_MODEL_POOLING !== undefined && { pooling: values.PAPERWISE_MODEL_POOLING }),
      ...(values.PAPERWISE_MODEL_MAX_TOKENS !== undefined && {
        maxTokens: values.PAPERWISE_MODEL_MAX_TOKENS,
      }),
      ...(values.PAPERWISE_MODEL_QUERY_PREFIX !== undefined && {
        queryPrefix: values.PAPERWISE_MODEL_QUERY_PREFIX,
      }),
      ...(values.PAPERWISE_MODEL_PASSAGE_PREFIX !== undefined && {
        passagePrefix: values.PAPERWISE_MODEL_PASSAGE_PREFIX,
      }),
      ...(values.PAPERWISE_MODEL_QUANTIZATION !== undefined && {
        quantization: values.PAPERWISE_MODEL_QUANTIZATION,
      }),
      ...(values.PAPERWISE_MODEL_HUB !== undefined && { hubHost: values.PAPERWISE_MODEL_HUB }),
    },
    zoteroKey: values.PAPERWISE_ZOTERO_KEY ?? null,
  };
  return config;
}

/** Throws `config_invalid` when the server would be reachable from outside without a key. */
export function assertSafeToServe(config: Config): void {
  if (config.apiKey !== null || LOOPBACK_HOSTS.has(config.host)) return;
  throw new AppError(
    'config_invalid',
    `Refusing to listen on ${config.host} without a key: anybody who reaches this machine could read and change ` +
      'the library. Set PAPERWISE_API_KEY (16 characters or more), or leave PAPERWISE_HOST at 127.0.0.1.',
  );
}

/** Where the parts of a library live in its data folder. */
export function dataPaths(dataFolder: string) {
  return {
    database: join(dataFolder, 'library.sqlite'),
    index: join(dataFolder, 'index'),
    lexical: join(dataFolder, 'lexical'),
    models: join(dataFolder, 'models'),
  };
}
