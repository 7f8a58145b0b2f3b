import type { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { AppError, type FieldError, messageOf } from '../errors.ts';
import { shortened } from '../sources/source.ts';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json$/;
export const JSON_LINES_TYPE = /^application\/(?:x-ndjson|x-jsonlines|jsonl|ndjson)$/;

export const mediaTypeOf = (c: Context) =>
  (c.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** The body as JSON. Throws `unsupported_media_type`, or `invalid_input` for text that is not JSON. */
export async function readJson(c: Context): Promise<unknown> {
  const type = mediaTypeOf(c);
  if (!JSON_TYPE.test(type)) {
    throw new AppError(
      'unsupported_media_type',
      `Expected a body of type application/json, got ${type === '' ? 'none' : `"${type}"`}.`,
    );
  }
  const text = await c.req.text();
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new AppError('invalid_input', `The body is not JSON: ${messageOf(error)}.`, { cause: error });
  }
}

/** The body as JSON of the given shape. Throws as `readJson`, and `invalid_input` naming every fault. */
export async function readBody<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = schema.safeParse(await readJson(c));
  if (parsed.success) return parsed.data;
  throw invalid(parsed.error, 'The body is invalid');
}

/** The faults that zod found, as an error of ours. */
export function invalid(error: z.core.$ZodError, what: string): AppError {
  const errors: FieldError[] = error.issues.slice(0, 20).map(({ path, message }) => ({
    path: shortened(path.join('.')),
    message: shortened(message),
  }));
  const first = errors[0];
  const detail = first ? `: ${first.path === '' ? '' : `${first.path}: `}${first.message}` : '';
  return new AppError('invalid_input', `${what}${detail}.`, { errors });
}
