/** A feed that failed is tried again after so long at the least, and at the most, whatever its schedule says. */
const RETRY = { firstMs: 60_000, mostMs: 6 * 3_600_000 } as const;

/**
 * When a feed is tried again that has failed `failures` times in a row: after twice as long each time, and by chance up
 * to a half sooner, so that many libraries do not come back at once; never before the place itself said (`Retry-After`).
 */
export function retryAfterFailure(
  error: unknown,
  { failures, now, random = Math.random }: { failures: number; now: Date; random?: () => number },
): Date {
  const waitMs = Math.min(RETRY.mostMs, RETRY.firstMs * 2 ** (failures - 1)) * (1 - random() / 2);
  const soonest = error instanceof Error ? Reflect.get(error, 'retryAt') : undefined;
  const asked = soonest instanceof Date ? soonest.getTime() : 0;
  return new Date(Math.max(now.getTime() + waitMs, asked));
}
