import type { z } from 'zod';
import { AppError, messageOf } from '../errors.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { reasonOf, shortened } from './source.ts';

/**
 * The JSON of an answer with status 200. Throws `source_failed` for any other status, for what is no JSON, and for JSON
 * that is not as `schema` says; `what` names the place in the message, without keys that its address may hold.
 */
export function jsonAnswer<T extends z.ZodType>(answer: HttpAnswer, schema: T, what: string): z.output<T> {
  const { status, body } = answer;
  if (status !== 200) throw unexpected(what, `status ${status}: ${shortened(body.trim())}`);
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw unexpected(what, `text that is not JSON (${messageOf(error)}): ${shortened(body.trim())}`, error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw unexpected(what, `JSON of another shape: ${reasonOf(parsed.error)}`);
  return parsed.data;
}

const unexpected = (what: string, got: string, cause?: unknown) =>
  new AppError('source_failed', `Expected JSON from ${what}, got ${got}.`, { cause });
