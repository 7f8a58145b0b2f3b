/**
 * Every error that Paperwise throws on purpose. The code is the stable part: callers branch on it, never on the
 * message. `src/api/problem.ts` maps each code to an HTTP status, `scripts/` maps it to an exit code.
 */
export const ERROR_CODES = [
  'invalid_input',
  'unauthorized',
  'forbidden',
  'not_found',
  'conflict',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
  'timeout',
  'unavailable',
  'config_invalid',
  'model_missing',
  'model_damaged',
  'model_failed',
  'store_failed',
  'index_failed',
  'source_failed',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** One thing wrong with an input: where (a dotted path or parameter name) and what was expected. */
export interface FieldError {
  path: string;
  message: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly errors: readonly FieldError[];

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; errors?: FieldError[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
  }
}

/** The message of anything that was thrown, as a sentence that another may follow. */
export function sentenceOf(error: unknown): string {
  const message = messageOf(error).trimEnd();
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
