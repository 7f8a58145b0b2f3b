import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { AppError } from '../errors.ts';
import { type NativeGate, throughGate } from './native-gate.ts';

/** What became of the sessions that the library made. */
export interface SessionLog {
  made: number;
  /** Why onnxruntime refused a model; undefined while none was refused. */
  failure: unknown;
}

/** The part of onnxruntime-node's session class that is replaced. */
interface SessionClass {
  create(modelFile: string, options: object): Promise<unknown>;
}

interface Runtime {
  InferenceSession: SessionClass;
}

const SESSION_OPTIONS = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  // Errors only: they are thrown as well, but warnings about a model's contents help nobody here.
  logSeverityLevel: 3,
};

/**
 * Makes every session that @xenova/transformers opens in this thread use one core. Its default, a thread per core
 * in each worker, makes two workers on two cores a third slower, and the library passes no such options on.
 *
 * @param modelFile gives the path of the ONNX file that the library has just read: onnxruntime-node 1.14 ignores all
 * options when it is handed a file's content.
 */
export async function useOneThreadPerSession(modelFile: () => string, gate: NativeGate): Promise<SessionLog> {
  const log: SessionLog = { made: 0, failure: undefined };
  // The very instance that the library has: found from the library's place, and imported as the library does
  // (through `require`, the loader that translates the worker's files would give another one).
  const fromHere = createRequire(import.meta.url);
  const fromLibrary = createRequire(fromHere.resolve('@xenova/transformers'));
  const runtime: Runtime & { default?: Runtime } = await import(
    pathToFileURL(fromLibrary.resolve('onnxruntime-node')).href
  );
  // Loaders differ in whether they unpack a CommonJS module's default.
  const { InferenceSession } = runtime.default ?? runtime;
  const create = InferenceSession.create.bind(InferenceSession);
  InferenceSession.create = async () => {
    // The library tries again with WebAssembly, many times slower; the first failure is the one to report.
    if (log.failure !== undefined) throw log.failure;
    const file = modelFile();
    try {
      const session = await throughGate(gate, () => create(file, SESSION_OPTIONS));
      log.made++;
      return session;
    } catch (error) {
      log.failure = error;
      throw error;
    }
  };
  return log;
}

/** Throws `model_failed` unless the library's session was made with the options above. */
export function assertOneThreadPerSession(log: SessionLog): void {
  if (log.made > 0) return;
  throw new AppError(
    'model_failed',
    'The library made its session past the replaced constructor: is there a second copy of onnxruntime-node? ' +
      'Run `npm ci`.',
  );
}
