import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from './errors.ts';
import type { PaperKey } from './paper.ts';

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

interface Ranked {
  key: PaperKey;
  alternates: readonly { key: PaperKey }[];
}

/** The papers shown by the pages before a cursor of `unshownHits`, at most `depth`; none without a cursor. */
export function shownOf(
  cursor: string | null | undefined,
  scope: unknown,
  depth: number,
): ReadonlySet<PaperKey> {
  if (cursor === null || cursor === undefined) return new Set();
  const shape = z
    .base64url()
    .transform((text) => unpacked(Buffer.from(text, 'base64url')))
    .refine((keys) => keys !== null && keys.size <= depth);
  return decodeCursor(cursor, scope, shape) ?? new Set();
}

/**
 * The next page of a ranking, and the cursor of the one behind it. A ranking is made anew for each page, so papers
 * may have come, gone and changed places meanwhile. The cursor therefore holds what was shown, not how many: the page
 * is the best of the rest, so that nothing is shown twice or left out. At most `depth` hits are shown in all.
 */
export function unshownHits<Hit extends Ranked>(
  ranked: readonly Hit[],
  shown: ReadonlySet<PaperKey>,
  limit: number,
  { scope, depth }: { scope: unknown; depth: number },
): { page: Hit[]; nextCursor: string | null } {
  const rest = ranked.filter(
    ({ key, alternates }) => !shown.has(key) && !alternates.some((other) => shown.has(other.key)),
  );
  const page = rest.slice(0, Math.min(limit, depth - shown.size));
  const after = new Set([...shown, ...page.map(({ key }) => key)]);
  const isMore = rest.length > page.length && after.size < depth;
  const nextCursor = isMore ? encodeCursor(packed(after).toString('base64url'), scope) : null;
  return { page, nextCursor };
}

/** Keys in few bytes: ascending, the steps between them in groups of seven bits, the lowest first (LEB128). */
function packed(keys: ReadonlySet<PaperKey>): Buffer {
  const bytes: number[] = [];
  let before = 0;
  for (const key of [...keys].sort((a, b) => a - b)) {
    let step = key - before;
    before = key;
    for (; step >= 0x80; step = Math.floor(step / 0x80)) bytes.push((step % 0x80) | 0x80);
    bytes.push(step);
  }
  return Buffer.from(bytes);
}

/** The keys of `packed`, or null for other bytes. */
function unpacked(bytes: Buffer): Set<PaperKey> | null {
  const keys = new Set<PaperKey>();
  let [key, step, weight] = [0, 0, 1];
  for (const byte of bytes) {
    step += (byte & 0x7f) * weight;
    weight *= 0x80;
    if (!Number.isSafeInteger(key + step) || weight > Number.MAX_SAFE_INTEGER) return null;
    if (byte >= 0x80) continue;
    key += step;
    keys.add(key);
    [step, weight] = [0, 1];
  }
  return weight === 1 ? keys : null;
}
