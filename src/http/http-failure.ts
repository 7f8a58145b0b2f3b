import { AppError } from '../errors.ts';

/** A read that failed for good: what passes did not pass in time, or trying again would not help. */
export class HttpFailure extends AppError {
  /** The earliest time at which the host wants to be asked again, when it said so (`Retry-After`). */
  readonly retryAt?: Date;

  constructor(message: string, options: { cause?: unknown; retryAt?: Date } = {}) {
    super('source_failed', message, options);
    if (options.retryAt !== undefined) this.retryAt = options.retryAt;
  }
}
