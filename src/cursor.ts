import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from './errors.ts';

/** A cursor holds a position and a hash of its request, so that it is not used with another request. */
const scopeHash = (scope: unknown) =>
  createHash('sha256').update(JSON.stringify(scope)).digest('base64url').slice(0, 12);

/** An opaque cursor for a position (any JSON value) in the answer to the request that `scope` describes. */
export function encodeCursor(position: unknown, scope: unknown): string {
  return Buffer.from(JSON.stringify([scopeHash(scope), position])).toString('base64url');
}

/** The position in a cursor. Throws `invalid_input` unless it is one of `shape`, made for this request. */
export function decodeCursor<Shape extends z.ZodType>(
  cursor: string,
  scope: unknown,
  shape: Shape,
): z.output<Shape> {
  try {
    const [hash, position] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    const parsed = shape.safeParse(position);
    if (hash === scopeHash(scope) && parsed.success) return parsed.data;
  } catch {
    // Not one of ours: told below, as a cursor of another request is.
  }
  throw new AppError('invalid_input', 'The cursor does not belong to this request.', {
    errors: [{ path: 'cursor', message: 'expected the nextCursor of an answer to the same request' }],
  });
}

/** The cursor of the page that begins at `offset`, or null when nothing is there. */
export function nextCursor(offset: number, available: number, scope: unknown): string | null {
  return offset < available ? encodeCursor(offset, scope) : null;
}

/** Where the page of a cursor made by `nextCursor` begins, below `depth`; 0 without a cursor. */
export function offsetOf(cursor: string | null | undefined, scope: unknown, depth: number): number {
  if (cursor === null || cursor === undefined) return 0;
  return decodeCursor(cursor, scope, z.int().min(0).max(depth));
}
