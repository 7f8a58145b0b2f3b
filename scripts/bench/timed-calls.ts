/** Milliseconds of each call, by the name of what was called. */
export type CallTimes = Map<string, number[]>;

/** Writes down how long each call of the named methods takes, promises included. */
export function timedCalls<T extends object>(name: string, target: T, times: CallTimes): T {
  return new Proxy(target, {
    get(inner, property) {
      const value: unknown = Reflect.get(inner, property);
      if (typeof value !== 'function' || typeof property !== 'string') return value;
      return async (...parameters: unknown[]) => {
        const begin = performance.now();
        try {
          return await Reflect.apply(value, inner, parameters);
        } finally {
          noteTime(times, `${name}.${property}`, performance.now() - begin);
        }
      };
    },
  });
}

export function noteTime(times: CallTimes, name: string, ms: number): void {
  const values = times.get(name);
  if (values) values.push(ms);
  else times.set(name, [ms]);
}

/** Runs some work and writes down how long it took. */
export async function timedWork<T>(times: CallTimes, name: string, work: () => T | Promise<T>): Promise<T> {
  const begin = performance.now();
  const result = await work();
  noteTime(times, name, performance.now() - begin);
  return result;
}
